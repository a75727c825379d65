package draft

import (
	"cmp"
	"slices"
	"strings"

	"rowpost/mapping"
)

// names settles fields for the name of somebody who may be a person or a company, and
// takes a full name apart where first and last name are wanted.
func (p *plan) names() {
	first, last, whole := p.about(firstName), p.about(lastName), p.about(fullName)
	if whole != nil && first == nil && last == nil {
		p.wholeName(whole)
	}
	if first != nil && last != nil && p.choices[first.at] == nil && p.choices[last.at] == nil {
		p.splitName(first, last)
	}
}

// wholeName makes a name of company, first and last name, as far as there is no column
// for it.
func (p *plan) wholeName(f *field) {
	ch := p.choices[f.at]
	if ch != nil && (ch.columns[0].terms[fullName] >= Sure || ch.columns[0].rows > 0 && ch.columns[0].fill() == 1) {
		return
	}
	firstCol, lastCol := p.find(firstName), p.find(lastName)
	if lastCol == nil {
		return
	}
	delete(p.choices, f.at)
	var firm *column
	if p.about(company) == nil {
		firm = p.find(company)
	}
	person := &choice{field: f, columns: []*column{lastCol}, source: quote(lastCol.name), score: 0.9, why: "name"}
	expr := reference(lastCol)
	if firstCol != nil {
		person.columns = []*column{firstCol, lastCol}
		person.source = "{join: [" + quote(firstCol.name) + ", " + quote(lastCol.name) + "]}"
		expr = "trim(" + reference(firstCol) + ` + " " + ` + reference(lastCol) + ")"
	}
	if firm != nil {
		person.columns = append([]*column{firm}, person.columns...)
		person.source = "{expr: " + single(reference(firm)+` != "" ? `+reference(firm)+" : "+expr) + "}"
		person.notes = append(person.notes, "a company by its name, a person by first and last name")
	}
	p.choices[f.at] = person
}

// splitName takes a full name apart at its first blank, or at its comma if most have one.
func (p *plan) splitName(first, last *field) {
	c := p.find(fullName)
	if c == nil {
		return
	}
	name := reference(c)
	firstExpr := `split(trim(` + name + `), " ")[0]`
	note := "the name is taken apart at its first blank"
	lastExpr := `join(split(trim(` + name + `), " ")[1:], " ")`
	if c.share(func(s string) bool { return strings.Count(s, ",") == 1 }) > 0.5 {
		firstExpr = `trim(join(split(` + name + `, ",")[1:], " "))`
		lastExpr = `trim(split(` + name + `, ",")[0])`
		note = "the name is taken apart at its comma"
	}
	for f, expr := range map[*field]string{first: firstExpr, last: lastExpr} {
		ch := &choice{field: f, columns: []*column{c}, source: "{expr: " + single(expr) + "}", score: 0.6, why: "name", checks: []string{note + "; names of three parts and of companies need a look"}}
		if c.accepts(f.Field, ch.source) >= 0 {
			p.choices[f.at] = ch
		}
	}
}

// streets adds to a street what the table has in columns of its own and the API has no
// field for: the house number, and to an address of one line its second one.
func (p *plan) streets() {
	f := p.about(street)
	if f == nil {
		f = p.about(address)
	}
	if f == nil || p.choices[f.at] == nil {
		return
	}
	ch := p.choices[f.at]
	if c := p.find(houseNumber); c != nil && p.about(houseNumber) == nil {
		ch.columns = append(ch.columns, c)
	}
	second, with := (*column)(nil), ""
	if p.about(street2) == nil && f.is(address) {
		second = p.find(street2)
	}
	if second != nil {
		with = quote(", ")
		if len(ch.columns) > 1 {
			with = ""
		}
		ch.columns = append(ch.columns, second)
	}
	if len(ch.columns) == 1 {
		return
	}
	names := make([]string, len(ch.columns))
	for i, c := range ch.columns {
		names[i] = quote(c.name)
	}
	ch.source = "{join: [" + strings.Join(names, ", ") + "]"
	if with != "" {
		ch.source += ", with: " + with
	}
	ch.source += "}"
}

// exclusive keeps one of the fields of which only one may be sent: the one that is
// filled most. Another one stands in where that is empty.
func (p *plan) exclusive() {
	for _, g := range p.target.Schema.Groups {
		chosen := p.chosenOf(g)
		if g.Kind != mapping.ExactlyOne || len(chosen) < 2 {
			continue
		}
		slices.SortStableFunc(chosen, func(a, b *choice) int { return cmp.Compare(b.columns[0].filled, a.columns[0].filled) })
		first := chosen[0]
		for i, ch := range chosen[1:] {
			if i > 0 || first.columns[0].fill() == 1 && first.columns[0].rows > 0 {
				delete(p.choices, ch.field.at)
				continue
			}
			ch.source = "{expr: " + single(reference(first.columns[0])+` == "" ? `+reference(ch.columns[0])+` : ""`) + "}"
			ch.notes = append(ch.notes, "only one of "+strings.Join(g.Fields, ", ")+" may be sent: this one where "+first.field.Name+" is empty")
		}
	}
}
