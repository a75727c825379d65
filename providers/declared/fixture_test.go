package declared

import (
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

// minimal is the least that a file has to say.
const minimal = `version: 1
name: acme
title: Acme
docs: its page
limit: {windows: [2/s]}
operations:
  - name: put_contact
    help: put a contact
    method: PUT
    path: /c/{id}
    body: json
    fields:
      - {name: id}
      - {name: email, required: true}
    key: [{field: id, of: contact}]
    success: {statuses: [200]}
    repeat_note: nothing is documented
`

// edited is the minimal file with pairs of texts exchanged.
func edited(t *testing.T, pairs ...string) string {
	t.Helper()
	src := minimal
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(src, pairs[i]) {
			t.Fatalf("the file has no %q", pairs[i])
		}
		src = strings.Replace(src, pairs[i], pairs[i+1], 1)
	}
	return src
}

func parsed(t *testing.T, src string) *Provider {
	t.Helper()
	p, err := Parse("acme.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// first gives the first operation of the minimal file with texts exchanged.
func first(t *testing.T, pairs ...string) providers.Operation {
	t.Helper()
	return parsed(t, edited(t, pairs...)).Operations()[0]
}

// record is one of an operation; a text of nil clears the field.
func record(t *testing.T, op providers.Operation, fields map[string]any) mapping.Record {
	t.Helper()
	s := op.Describe().Schema
	r := mapping.Record{Schema: s, Values: make([]mapping.Value, len(s.Fields))}
	for name, text := range fields {
		i := s.Index(name)
		if i < 0 {
			t.Fatalf("there is no field %s", name)
		}
		r.Values[i] = mapping.Value{Is: mapping.Cleared}
		if text, ok := text.(string); ok {
			r.Values[i] = mapping.Value{Text: text, Is: mapping.Present}
		}
	}
	return r
}
