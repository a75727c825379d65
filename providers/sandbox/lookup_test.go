package sandbox

import (
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

// TestLookupsSettle lets the importer's lookups meet the simulation: what was applied is
// found, what was not is not.
func TestLookupsSettle(t *testing.T) {
	tried := 0
	for _, p := range described() {
		for _, op := range p.Operations() {
			l, is := op.(providers.Lookup)
			if !is {
				continue
			}
			tried++
			t.Run(p.Describe().Name+"/"+op.Describe().Name, func(t *testing.T) {
				s := start(t, Options{})
				asked, other := buildAll(t, op, "a"), buildAll(t, op, "b")
				if got := settleBy(t, s, p.Describe().Name, l, asked); got.Kind != providers.Unknown {
					t.Errorf("before it was sent: %v, %s", got.Kind, got.Message)
				}
				made := op.Interpret(asked, sendBuilt(t, s, p.Describe().Name, asked))
				if made.Kind != providers.Succeeded {
					t.Fatalf("%+v", made)
				}
				if got := settleBy(t, s, p.Describe().Name, l, asked); got.Kind != providers.Succeeded || got.ID != made.ID {
					t.Errorf("after it was applied: %+v, want the id %s", got, made.ID)
				}
				if got := settleBy(t, s, p.Describe().Name, l, other); got.Kind != providers.Unknown {
					t.Errorf("another request: %v, %s", got.Kind, got.Message)
				}
			})
		}
	}
	if tried == 0 {
		t.Error("no operation can be looked up")
	}
}

func settleBy(t *testing.T, s *Sandbox, provider string, l providers.Lookup, asked providers.Request) providers.Outcome {
	t.Helper()
	q, ok := l.Lookup(asked)
	if !ok {
		t.Fatal("the request cannot be looked up")
	}
	return l.Settle(asked, q, sendBuilt(t, s, provider, q))
}

// buildAll makes a request of which every field is sent but an id that would be changed;
// the texts of two differ.
func buildAll(t *testing.T, op providers.Operation, mark string) providers.Request {
	t.Helper()
	schema := op.Describe().Schema
	record := mapping.Record{Schema: schema, Values: make([]mapping.Value, len(schema.Fields))}
	for i := range schema.Fields {
		if schema.Fields[i].Name == "externalId" && schema.Index("id") >= 0 {
			continue
		}
		text := sample(t, &schema.Fields[i])
		if f := schema.Fields[i]; len(f.Enum) == 0 && f.Format == "" {
			text = mark + " ü&+/ " + text
		}
		record.Values[i] = mapping.Value{Text: text, Is: mapping.Present}
	}
	request, err := op.Build(record)
	if err != nil {
		t.Fatal(err)
	}
	return request
}
