package mapping

import (
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/vm"
)

// Draft is what a row makes of one request of the mapping: a record, or the reason why
// there is none.
type Draft struct {
	Request int        // position among the mapping's requests
	Record  Record     // valid until the evaluator's next row
	Err     *CellError // not nil: invalid
}

// Evaluator applies a binding to rows. It is not safe for concurrent use: each
// goroutine has its own.
type Evaluator struct {
	binding *Binding
	chosen  []int
	env     exprEnv
	machine vm.VM
	values  [][]Value // by position in chosen
	drafts  []Draft
	joined  []byte
}

// Evaluator makes an evaluator for some of the mapping's requests, by their positions;
// none named: for all.
func (b *Binding) Evaluator(requests ...int) *Evaluator {
	if len(requests) == 0 {
		for i := range b.requests {
			requests = append(requests, i)
		}
	}
	e := &Evaluator{binding: b, chosen: requests, env: exprEnv{rowView: rowView{null: b.null}}}
	for _, i := range requests {
		e.values = append(e.values, make([]Value, len(b.requests[i].Schema.Fields)))
	}
	e.drafts = make([]Draft, 0, len(requests))
	return e
}

// Records gives one Draft for each request whose `when` holds, in the mapping's order;
// none for a row with a Fault. A `when` that cannot be worked out is an invalid Draft.
// The drafts and what they hold are overwritten by the next call. It never panics.
func (e *Evaluator) Records(row Row) []Draft {
	e.drafts = e.drafts[:0]
	if row.Fault != nil {
		return e.drafts
	}
	e.env.cells = row.Cells
	for i, request := range e.chosen {
		if d, ok := e.draft(i, request, row.Line); ok {
			e.drafts = append(e.drafts, d)
		}
	}
	e.env.cells = nil
	return e.drafts
}

// draft makes one request of the row in e.env; false: its `when` does not hold.
func (e *Evaluator) draft(i, request, line int) (d Draft, wanted bool) {
	r := e.binding.requests[request]
	d = Draft{Request: request, Record: Record{Schema: r.Schema, Values: e.values[i]}}
	defer func() {
		if recover() != nil {
			d.Err = &CellError{Line: line, Code: CodeBadValue, Msg: "the row cannot be mapped: an error of this program; please report it"}
			wanted = true
		}
	}()
	clear(d.Record.Values)
	if r.when != nil {
		holds, bad := e.condition(r.when)
		if bad != nil || !holds {
			d.Err = bad.in(line, e.onlyColumn(r.when.columns), "when")
			return d, bad != nil
		}
	}
	d.Err = e.fill(r, &d.Record, line)
	return d, true
}

func (e *Evaluator) condition(p *program) (bool, *refusal) {
	out, bad := p.run(&e.machine, &e.env)
	if bad != nil {
		return false, bad
	}
	holds, ok := out.(bool)
	if !ok {
		return false, refuse("the expression is neither true nor false for this row", "")
	}
	return holds, nil
}

func (e *Evaluator) onlyColumn(columns []int) string {
	if len(columns) == 1 {
		return e.binding.header[columns[0]]
	}
	return ""
}

// fill works out the values of a record and its key. The first problem is the record's.
func (e *Evaluator) fill(r *boundRequest, rec *Record, line int) *CellError {
	for _, s := range r.steps {
		if s.value != nil {
			rec.Values[s.field] = *s.value
			continue
		}
		raw, bad := e.raw(s)
		if bad == nil {
			rec.Values[s.field], bad = s.finish(raw)
		}
		if bad != nil {
			return bad.in(line, s.column, s.target.Name)
		}
	}
	for _, g := range r.groups {
		if bad := g.refuse(rec.Values); bad != nil {
			return bad.in(line, "", "")
		}
	}
	if r.key == nil {
		rec.Key = r.schemaKey(rec.Values)
		return nil
	}
	key, bad := e.raw(r.key)
	if bad == nil {
		key, _, bad = r.key.derive(key)
	}
	if key != "" {
		rec.Key = "key\x00" + key
	}
	return bad.in(line, r.key.column, "key")
}

// schemaKey is the first of the schema's key fields that the record has.
func (r *boundRequest) schemaKey(values []Value) string {
	for _, k := range r.keys {
		if v := values[k.field]; v.Is == Present && v.Text != "" {
			return k.of + "\x00" + strings.TrimPrefix(v.Text, k.prefix)
		}
	}
	return ""
}

// refuse says why a record breaks the rule of a group.
func (g *groupAt) refuse(values []Value) *refusal {
	present, cleared := 0, 0
	for _, i := range g.fields {
		switch values[i].Is {
		case Absent:
		case Present:
			present++
		case Cleared:
			cleared++
		}
	}
	switch {
	case g.Kind == ExactlyOne && present > 1:
		return &refusal{CodeConflict, "only one of " + listed(g.Fields) + " can be sent, and the row has more", "empty the others, or map one only"}
	case g.Kind == ExactlyOne && present == 0:
		return &refusal{CodeMissingGroup, "one of " + listed(g.Fields) + " is needed, and the row has none", ""}
	case g.Kind == AtLeastOne && present+cleared == 0:
		return &refusal{CodeMissingGroup, "at least one of " + listed(g.Fields) + " is needed, and the row has none", ""}
	}
	return nil
}

// in places a refusal; nil stays nil.
func (r *refusal) in(line int, column, field string) *CellError {
	if r == nil {
		return nil
	}
	return &CellError{Line: line, Column: column, Field: field, Code: r.code, Msg: r.msg, Hint: r.hint}
}

// raw is what a source gives before anything is done to it.
func (e *Evaluator) raw(s *step) (string, *refusal) {
	switch s.source.kind {
	case fromColumn:
		return e.env.cell(s.columns[0]), nil
	case fromJoin:
		return e.join(s), nil
	case fromExpr:
		out, bad := s.program.run(&e.machine, &e.env)
		if bad != nil {
			return "", bad
		}
		text, ok := textOf(out)
		if !ok {
			return "", refuse("the expression makes no text for this row", "")
		}
		if !utf8.ValidString(text) {
			return "", refuse("the expression makes bytes that are no text for this row", "")
		}
		return text, nil
	case fromConstant:
		return s.source.constant.s, nil
	}
	return "", nil
}

// join puts cells together and leaves out empty ones.
func (e *Evaluator) join(s *step) string {
	only, count := "", 0
	e.joined = e.joined[:0]
	for _, c := range s.columns {
		cell := e.env.cell(c)
		if cell == "" {
			continue
		}
		if count++; count > 1 {
			e.joined = append(e.joined, s.source.with...)
		}
		only = cell
		e.joined = append(e.joined, cell...)
	}
	if count < 2 {
		return only
	}
	return string(e.joined)
}
