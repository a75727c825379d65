package sandbox

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
	cleverbridgedesc "rowpost/providers/cleverbridge"
	invisiblecollectordesc "rowpost/providers/invisiblecollector"
	paysafedesc "rowpost/providers/paysafe"
	trackfinitydesc "rowpost/providers/trackfinity"
)

func described() []providers.Provider {
	return []providers.Provider{cleverbridgedesc.New(), trackfinitydesc.New(), invisiblecollectordesc.New(), paysafedesc.New()}
}

// TestDescriptionsHold lets the importer's descriptions meet the simulation, which
// does not know them: every field that they offer must be one that is taken.
func TestDescriptionsHold(t *testing.T) {
	s := start(t, Options{})
	values := map[string]string{}
	for _, v := range s.Environment() {
		values[v.Name] = v.Value
	}
	for _, p := range described() {
		d := p.Describe()
		for _, v := range d.Variables {
			if values[v.Name] == "" {
				t.Errorf("%s: the sandbox has no value for %s", d.Name, v.Name)
			}
		}
		for _, op := range p.Operations() {
			for i, field := range op.Describe().Schema.Fields {
				t.Run(d.Name+"/"+op.Describe().Name+"/"+field.Name, func(t *testing.T) {
					tryField(t, s, d.Name, op, i)
				})
			}
		}
		if d.Check != nil && d.Check.Request.Method != "" { // without one, fetching a token is the check
			t.Run(d.Name+"/check", func(t *testing.T) { tryCheck(t, s, d) })
		}
	}
}

func tryCheck(t *testing.T, s *Sandbox, d providers.Description) {
	got := sendBuilt(t, s, d.Name, d.Check.Request)
	for _, status := range d.Check.Accepted {
		if got.Status == status {
			return
		}
	}
	t.Errorf("the check is answered %d, and accepts %v", got.Status, d.Check.Accepted)
}

// tryField sends what is required, and one field more.
func tryField(t *testing.T, s *Sandbox, provider string, op providers.Operation, field int) {
	schema := op.Describe().Schema
	record := mapping.Record{Schema: schema, Values: make([]mapping.Value, len(schema.Fields))}
	set := func(i int) {
		record.Values[i] = mapping.Value{Text: sample(t, &schema.Fields[i]), Is: mapping.Present}
	}
	for i := range schema.Fields {
		if schema.Fields[i].Required || i == field {
			set(i)
		}
	}
	for _, g := range schema.Groups {
		if !fulfilled(&record, g) {
			set(schema.Index(g.Fields[len(g.Fields)-1]))
		}
	}
	request, err := op.Build(record)
	if err != nil {
		t.Fatal(err)
	}
	response := sendBuilt(t, s, provider, request)
	if got := op.Interpret(request, response); got.Kind != providers.Succeeded {
		t.Errorf("%s: %+v, answer %s", got.Kind, got, response.Body)
	}
}

func fulfilled(r *mapping.Record, g mapping.Group) bool {
	for _, name := range g.Fields {
		if r.Values[r.Schema.Index(name)].Is == mapping.Present {
			return true
		}
	}
	return false
}

// sample gives a value that a field takes. Paysafe's value depends on the type,
// which is EMAIL here; what is unique differs from test to test.
func sample(t *testing.T, f *mapping.Field) string {
	switch {
	case len(f.Enum) > 0:
		return f.Enum[0]
	case f.Format == mapping.FormatCountry2, f.Format == mapping.FormatCountry:
		return "PT"
	case f.Format == mapping.FormatLanguage:
		return "pt"
	case f.Format == mapping.FormatEmail, f.Name == "value":
		return strings.ReplaceAll(t.Name(), "/", ".") + "@example.org"
	case strings.HasSuffix(strings.ToLower(f.Name), "id") && f.Name != "externalId":
		return "17"
	}
	return "of " + t.Name()
}

func sendBuilt(t *testing.T, s *Sandbox, provider string, r providers.Request) providers.Response {
	t.Helper()
	c := newClient(t, s)
	if provider == "paysafe" {
		c.login()
	}
	url := s.URL(provider) + r.Path
	if r.Query != "" {
		url += "?" + r.Query
	}
	req, err := http.NewRequestWithContext(t.Context(), r.Method, url, strings.NewReader(string(r.Body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.defaults(provider) {
		if name != "Content-Type" {
			req.Header.Set(name, value)
		}
	}
	for name, list := range r.Header {
		req.Header[name] = list
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return providers.Response{Status: res.StatusCode, Header: res.Header, Body: body}
}
