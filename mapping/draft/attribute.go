package draft

import (
	"strings"

	"rowpost/mapping"
)

// attributes proposes the requests for an operation that changes one attribute by each
// call: it has a required enum that names attributes (EMAIL, MOBILE), and a required
// field for the value of whichever it is. None if the operation is not so.
func (t *table) attributes(target mapping.Target) []*plan {
	kind, value := attributeFields(target.Schema)
	if kind < 0 || value < 0 {
		return nil
	}
	var out []*plan
	for _, name := range target.Schema.Fields[kind].Enum {
		p := t.newPlan(target)
		p.id = strings.ToLower(name)
		p.choices[kind] = &choice{field: p.fields[kind], source: "{value: " + quote(name) + "}", score: 1, why: "constant"}
		f := p.fields[value]
		f.guarded = true
		f.terms = reading{term(meaningOf(name)): 1}
		f.Format = formatOf(meaningOf(name), f.Help)
		p.beside(term(meaningOf(name)))
		p.work()
		ch := p.choices[value]
		if ch == nil {
			continue
		}
		for _, c := range ch.columns {
			if c.fill() < 1 || c.rows == 0 {
				p.when = append(p.when, filled(c))
			}
		}
		out = append(out, p)
	}
	return out
}

// beside lets other fields take the columns that name this attribute, and no other one:
// the e-mail's verification is for the request of the e-mail.
func (p *plan) beside(t term) {
	for _, f := range p.fields {
		if f.is(verificationID) {
			f.attribute = t
		}
	}
}

func attributeFields(s *mapping.Schema) (kind, value int) {
	kind, value = -1, -1
	for i, f := range s.Fields {
		switch {
		case f.Required && len(f.Enum) > 0 && allAttributes(f.Enum):
			kind = i
		case f.Required && len(f.Enum) == 0 && strings.EqualFold(f.Name[strings.LastIndexByte(f.Name, '.')+1:], "value"):
			value = i
		}
	}
	return kind, value
}

func allAttributes(enum []string) bool {
	for _, v := range enum {
		switch term(meaningOf(v)) {
		case email, mobile, phone:
		default:
			return false
		}
	}
	return true
}

func formatOf(meaning, help string) mapping.Format {
	switch {
	case term(meaning) == email:
		return mapping.FormatEmail
	case strings.Contains(help, "E.164"):
		return mapping.FormatE164
	}
	return ""
}
