package draft

import (
	"cmp"
	"slices"
	"strings"

	"rowpost/mapping"
)

// choice is what a field is made of.
type choice struct {
	field   *field
	columns []*column
	source  string
	score   float64
	why     string
	checks  []string
	notes   []string
}

// plan is a request in the making.
type plan struct {
	table   *table
	target  mapping.Target
	id      string
	when    []string
	fields  []*field
	choices map[int]*choice // by the field's position in the schema
}

// requests proposes the requests for one operation: one, or for an operation that takes
// one attribute by each call, one for each attribute that the table has.
func (t *table) requests(target mapping.Target) []Request {
	var out []Request
	for _, p := range t.plans(target) {
		if r := p.request(); len(r.Fields) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func (t *table) plans(target mapping.Target) []*plan {
	if plans := t.attributes(target); len(plans) > 0 {
		return plans
	}
	p := t.newPlan(target)
	p.work()
	return []*plan{p}
}

func (t *table) newPlan(target mapping.Target) *plan {
	p := &plan{table: t, target: target, id: target.Operation, choices: map[int]*choice{}}
	for i := range target.Schema.Fields {
		f := newField(target.Schema, i)
		f.region, f.provider = t.region(), key(tokens(target.Provider))
		p.fields = append(p.fields, f)
	}
	for _, f := range p.fields {
		for _, o := range p.fields {
			for what := range o.terms {
				if !f.is(what) {
					f.others = append(f.others, what)
				}
			}
		}
	}
	return p
}

// work matches fields and columns, one to one, and then what is made of several columns.
func (p *plan) work() {
	p.match()
	p.names()
	p.streets()
	p.exclusive()
}

// match chooses the columns for all fields together.
func (p *plan) match() {
	var open []*field
	for _, f := range p.fields {
		if p.choices[f.at] == nil && !f.Secret {
			open = append(open, f)
		}
	}
	columns := p.free()
	type cell struct {
		score float64
		why   string
	}
	scores := make([][]cell, len(open))
	for i, f := range open {
		scores[i] = make([]cell, len(columns))
		for j, c := range columns {
			if s, why := score(f, c); s >= enough {
				scores[i][j] = cell{s, why}
			}
		}
	}
	chosen := assign(len(open), len(columns), func(i, j int) float64 { return scores[i][j].score * open[i].weight(columns[j]) })
	for i, j := range chosen {
		if j < 0 {
			continue
		}
		ch := choose(open[i], columns[j], scores[i][j].score, scores[i][j].why)
		for k, rival := range columns {
			if k != j && scores[i][k].score >= ch.score-0.05 && !slices.Contains(chosen, k) {
				ch.checks = append(ch.checks, "column "+Visible(rival.name)+" fits as well")
				ch.score = min(ch.score, Sure-0.01)
			}
		}
		p.choices[open[i].at] = ch
	}
	p.dropSecondBest()
}

// dropSecondBest takes back a doubtful column for a thing that another field has already:
// the other address's street is no second line.
func (p *plan) dropSecondBest() {
	for _, f := range p.fields {
		ch := p.choices[f.at]
		if ch == nil || f.Required || ch.score >= doubtful {
			continue
		}
		for _, o := range p.fields {
			first := p.choices[o.at]
			if o != f && first != nil && first.score > ch.score && o.sharesTerm(f) {
				delete(p.choices, f.at)
				break
			}
		}
	}
}

// doubtful is the score below which a column is none of its kind's first choice.
const doubtful = 0.78

// choose makes a choice of one column.
func choose(f *field, c *column, sure float64, why string) *choice {
	r := f.recipe(c)
	ch := &choice{field: f, columns: []*column{c}, source: r.over(c), score: sure, why: why, checks: r.checks}
	if sure < Sure {
		ch.checks = append([]string{"a guess by its " + why + "; is this the right column?"}, ch.checks...)
	}
	if c.filled == 0 && c.rows > 0 {
		ch.checks = append(ch.checks, "the column is empty in the rows that were looked at")
	}
	return ch
}

// free are the usable columns that no field has yet.
func (p *plan) free() []*column {
	var out []*column
	for _, c := range p.table.columns {
		if c.usable && !p.uses(c) {
			out = append(out, c)
		}
	}
	return out
}

func (p *plan) uses(c *column) bool {
	for _, ch := range p.choices {
		if slices.Contains(ch.columns, c) {
			return true
		}
	}
	return false
}

// find gives the free column that is most about a term, if one is so surely.
func (p *plan) find(t term) *column {
	var best *column
	for _, c := range p.free() {
		if c.terms[t] >= 0.7 && (best == nil || c.terms[t] > best.terms[t]) {
			best = c
		}
	}
	return best
}

// about gives the field that is about a term, if there is one.
func (p *plan) about(t term) *field {
	for _, f := range p.fields {
		if f.is(t) {
			return f
		}
	}
	return nil
}

// request is the finished proposal.
func (p *plan) request() Request {
	r := Request{ID: p.id, Provider: cmp.Or(p.target.File, p.target.Provider), Operation: p.target.Operation, When: strings.Join(p.when, " and ")}
	for _, f := range p.fields {
		ch := p.choices[f.at]
		switch {
		case ch != nil:
			out := Field{Name: f.Name, Source: ch.source, Score: ch.score, Why: ch.why, Checks: ch.checks, Notes: ch.notes}
			for _, c := range ch.columns {
				out.Columns = append(out.Columns, c.name)
			}
			r.Fields = append(r.Fields, out)
		case f.Secret && !f.Required:
			r.Secret = append(r.Secret, f.Name)
		case f.Required:
			r.Missing = append(r.Missing, f.Field)
		default:
			r.Left = append(r.Left, f.Name)
		}
	}
	for _, g := range p.target.Schema.Groups {
		if p.chosenOf(g) == nil {
			r.MissingGroups = append(r.MissingGroups, g)
			r.Left = slices.DeleteFunc(r.Left, func(name string) bool { return slices.Contains(g.Fields, name) })
		}
	}
	r.key = p.keyColumns()
	return r
}

// chosenOf are the choices for a group's fields, the best first.
func (p *plan) chosenOf(g mapping.Group) []*choice {
	var out []*choice
	for _, name := range g.Fields {
		if ch := p.choices[p.target.Schema.Index(name)]; ch != nil {
			out = append(out, ch)
		}
	}
	slices.SortStableFunc(out, func(a, b *choice) int { return cmp.Compare(b.score, a.score) })
	return out
}

// keyColumns are those without which the request names no object.
func (p *plan) keyColumns() []*column {
	var out []*column
	for _, f := range p.fields {
		if ch := p.choices[f.at]; ch != nil && f.key && f.Required && len(ch.columns) == 1 {
			out = append(out, ch.columns[0])
		}
	}
	return out
}

// region is the country of all the table's rows, for phone numbers; empty: unknown.
func (t *table) region() string {
	if t.regionKnown {
		return t.regionCode
	}
	t.regionKnown = true
	for _, c := range t.columns {
		if max(c.terms[country], c.terms[countryCode]) < Sure || c.filled == 0 {
			continue
		}
		code := ""
		for _, word := range c.words() {
			two, ok := t.known.country.take(word)
			if !ok || code != "" && two != code {
				return ""
			}
			code = two
		}
		t.regionCode = code
		return code
	}
	return ""
}

// guard lets each of several requests take only the rows that name its object: the
// others are meant for another request, not mistakes.
func (t *table) guard(requests []Request) {
	for i := range requests {
		r := &requests[i]
		for _, c := range r.key {
			if condition := filled(c); c.fill() < 1 && !strings.Contains(r.When, condition) {
				r.When = strings.TrimSuffix(condition+" and "+r.When, " and ")
			}
		}
	}
}

// numberIDs gives requests of the same name numbers: update, update-2.
func numberIDs(requests []Request) {
	seen := map[string]int{}
	for i := range requests {
		id := requests[i].ID
		if seen[id]++; seen[id] > 1 {
			requests[i].ID = id + "-" + itoa(seen[id])
		}
	}
}
