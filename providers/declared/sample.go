package declared

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rowpost/mapping"
	"rowpost/providers"
)

// Sample is a record that an operation can send, an answer that confirms it, and what an
// examiner of requests and answers must know beside it.
type Sample struct {
	Operation providers.Operation
	Record    mapping.Record
	Answer    providers.Response
	// Confirming are the statuses that confirm.
	Confirming []int
	// Statuses are those that mean something else than by convention, whatever the code.
	Statuses map[int]providers.Kind
	// Constants are what each request has beside its fields, by the API's names; Names are
	// the API's names of fields that have others in mappings; Headers those of fields that
	// travel in a header.
	Constants, Names, Headers map[string]string
}

// Samples has one for each operation, made from what the file says of it.
func (p *Provider) Samples() []Sample {
	var out []Sample
	for i := range p.operations {
		out = append(out, p.operations[i].(*operation).sample())
	}
	return out
}

func (o *operation) sample() Sample {
	s := Sample{
		Operation: o, Record: o.sampleRecord(), Confirming: o.file.Success.Statuses,
		Statuses: map[int]providers.Kind{}, Constants: map[string]string{}, Names: map[string]string{}, Headers: map[string]string{},
	}
	for _, a := range slices.Backward(o.answers) {
		for _, status := range a.Statuses {
			if len(a.Codes) == 0 {
				s.Statuses[status] = kindOf(a.Means)
			}
		}
	}
	for name, value := range o.file.Query {
		s.Constants[name] = value
	}
	for _, c := range o.file.Constants {
		s.Constants[c.Name] = c.Value
	}
	for i := range o.file.Fields {
		f := &o.file.Fields[i]
		switch {
		case o.places[i] == inHeader:
			s.Headers[f.Name] = f.wireName()
		case f.As != "":
			s.Names[f.Name] = f.As
		}
	}
	s.Answer = o.sampleAnswer(s.Record)
	return s
}

// sampleRecord has all fields but those that rule each other out.
func (o *operation) sampleRecord() mapping.Record {
	s := o.description.Schema
	r := mapping.Record{Schema: s, Values: make([]mapping.Value, len(s.Fields))}
	for i := range s.Fields {
		r.Values[i] = mapping.Value{Text: sampleText(&s.Fields[i]), Is: mapping.Present}
	}
	for _, g := range s.Groups {
		if g.Kind != mapping.ExactlyOne {
			continue
		}
		for _, name := range g.Fields[1:] {
			r.Values[s.Index(name)] = mapping.Value{}
		}
	}
	for i := range o.file.Fields {
		for _, w := range o.file.Fields[i].FormatWhen {
			if v := r.Values[s.Index(w.Field)]; v.Is == mapping.Present && v.Text == w.Equals {
				r.Values[i].Text = sampleText(&mapping.Field{Format: mapping.Format(w.Format)})
			}
		}
	}
	return r
}

// sampleText is a text that the field takes.
func sampleText(f *mapping.Field) string {
	if len(f.Enum) > 0 {
		return f.Enum[0]
	}
	text := map[mapping.Format]string{
		mapping.FormatEmail: "anna@example.com", mapping.FormatE164: "+49301234567", mapping.FormatCountry2: "DE",
		mapping.FormatCountry: "DE", mapping.FormatLanguage: "de", mapping.FormatDigits: "1020304050",
		mapping.FormatNumber: "10.50", mapping.FormatInteger: "42", mapping.FormatBoolean: "true",
	}[f.Format]
	if text == "" {
		text = "sample"
	}
	if f.MaxLen > 0 && len(text) > f.MaxLen {
		text = text[:f.MaxLen]
	}
	if f.Separator != "" {
		text += f.Separator + text
	}
	return text
}

// sampleAnswer is the least that the rule of success asks for.
func (o *operation) sampleAnswer(r mapping.Record) providers.Response {
	s := &o.file.Success
	out := providers.Response{Status: s.Statuses[0], Header: http.Header{}}
	doc := &node{}
	if id := o.file.ID; id != nil {
		if id.Header != "" {
			out.Header.Set(id.Header, "1042")
		} else {
			doc.put(parts(id.Pointer), `"1042"`)
		}
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if value := o.sampleValue(c, r); value != "" {
			doc.put(parts(c.Pointer), value)
		}
	}
	if s.Body == bodyEmptyWord || s.Body == bodyAnyWord {
		return out
	}
	out.Header.Set("Content-Type", "application/json")
	out.Body = []byte(doc.text())
	return out
}

// sampleValue is one that a condition holds of, as JSON; empty: none has to be there.
func (o *operation) sampleValue(c *Condition, r mapping.Record) string {
	switch {
	case c.Absent:
		return ""
	case c.Present:
		return `"sample"`
	case c.SameAs != "":
		return quote(r.Values[r.Schema.Index(c.SameAs)].Text)
	}
	want := c.Equals
	if len(c.OneOf) > 0 {
		want = c.OneOf[0]
	}
	if typeFormat(c.Type) != "" {
		return want
	}
	return quote(want)
}

// quote writes a text as JSON.
func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("declared: a text that is no JSON: " + err.Error()) // no text is
	}
	return string(quoted)
}

// node is a piece of a JSON document in the making.
type node struct {
	value string // as JSON; empty: it has members
	names []string
	under []*node
}

func (n *node) put(path []string, value string) {
	if len(path) == 0 {
		n.value = value
		return
	}
	at := slices.Index(n.names, path[0])
	if at < 0 {
		at = len(n.names)
		n.names, n.under = append(n.names, path[0]), append(n.under, &node{})
	}
	n.under[at].put(path[1:], value)
}

// text writes the document. Members that are called 0, 1 and so on make an array.
func (n *node) text() string {
	if n.value != "" {
		return n.value
	}
	isArray := len(n.names) > 0
	for i, name := range n.names {
		isArray = isArray && name == strconv.Itoa(i)
	}
	texts := make([]string, len(n.names))
	for i, name := range n.names {
		if texts[i] = n.under[i].text(); !isArray {
			texts[i] = quote(name) + ":" + texts[i]
		}
	}
	if isArray {
		return "[" + strings.Join(texts, ",") + "]"
	}
	return "{" + strings.Join(texts, ",") + "}"
}
