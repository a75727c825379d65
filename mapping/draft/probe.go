package draft

import (
	"strings"
	"unicode"

	"rowpost/mapping"
)

// probe is a mapping of one column to one field, bound: what a run would do with the cells.
type probe struct{ evaluator *mapping.Evaluator }

// newProbe binds a source, as [Field.Source] has it, to the columns that it reads. It is
// false if the mapping refuses it: the draft must not propose it then.
func newProbe(f mapping.Field, source string, header []string) (*probe, bool) {
	f.Required = false // empty cells are another matter
	text := "version: 1\nrequests:\n- provider: p\n  fields:\n    " + quote(f.Name) + ": " + source + "\n"
	m, err := mapping.Parse("draft", []byte(text), nil)
	if err != nil {
		return nil, false
	}
	schema := &mapping.Schema{Fields: []mapping.Field{f}}
	b, err := m.Bind(header, []mapping.Target{{Provider: "p", Operation: "o", Schema: schema}})
	if err != nil {
		return nil, false
	}
	return &probe{b.Evaluator()}, true
}

// take gives what the source makes of a row's cells; false: the row would be invalid.
func (p *probe) take(cells ...string) (string, bool) {
	drafts := p.evaluator.Records(mapping.Row{Num: 1, Cells: cells})
	if len(drafts) == 0 || drafts[0].Err != nil {
		return "", false
	}
	text, _ := drafts[0].Record.Get(0)
	return text, true
}

// accepts is the share of a column's filled cells that the field would take by this
// source; -1 if the mapping does not know what is in it.
func (c *column) accepts(f mapping.Field, source string) float64 {
	id := f.Name + "\x00" + string(f.Format) + "\x00" + strings.Join(f.Enum, "\x00") + "\x00\x00" + source
	if share, ok := c.tried[id]; ok {
		return share
	}
	share := -1.0
	if p, ok := newProbe(f, source, []string{c.name}); ok {
		share = c.shareAsIs(func(s string) bool { _, taken := p.take(s); return taken })
	}
	c.tried[id] = share
	return share
}

// places knows countries and languages by the transforms that read them in a run. It is
// one draft's own: evaluators serve one goroutine.
type places struct{ country, language *probe }

func newPlaces() *places {
	reader := func(steps string) *probe {
		p, _ := newProbe(mapping.Field{Name: "f"}, "{column: c, transform: "+steps+"}", []string{"c"})
		return p
	}
	return &places{reader("[{country: alpha2}]"), reader("[language]")}
}

func (p *probe) knows(s string) bool {
	if p == nil || !strings.ContainsFunc(s, unicode.IsLetter) {
		return false
	}
	_, ok := p.take(s)
	return ok
}

// isCountry leaves two small letters out: they are rather a language.
func (p *places) isCountry(s string) bool {
	return (len(s) != 2 || strings.ToLower(s) != s) && p.country.knows(s)
}

// isLanguage leaves two capitals out: they are rather a country.
func (p *places) isLanguage(s string) bool {
	return (len(s) != 2 || strings.ToUpper(s) != s) && p.language.knows(s)
}
