package providers_test

import (
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

func TestCheckSchema(t *testing.T) {
	fields := []mapping.Field{{Name: "id"}, {Name: "a.b"}, {Name: "a.c", Enum: []string{"X", "Y"}}, {Name: "pw", Secret: true}}
	for _, c := range []struct {
		name   string
		schema *mapping.Schema
		says   string // empty: it is fine
	}{
		{"a good one", &mapping.Schema{
			Fields: fields, Key: []mapping.KeyField{{Field: "id", Of: "customer"}},
			Groups: []mapping.Group{{Kind: mapping.AtLeastOne, Fields: []string{"a.b", "a.c"}}},
		}, ""},
		{"none", nil, "no fields"},
		{"no fields", &mapping.Schema{}, "no fields"},
		{"an empty name", &mapping.Schema{Fields: []mapping.Field{{}}}, "empty part"},
		{"a dot at the end", &mapping.Schema{Fields: []mapping.Field{{Name: "a."}}}, "empty part"},
		{"a name twice", &mapping.Schema{Fields: []mapping.Field{{Name: "a"}, {Name: "a"}}}, "there twice"},
		{"a value and an object", &mapping.Schema{Fields: []mapping.Field{{Name: "a.b"}, {Name: "a"}}}, "a value and an object at once"},
		{"a value of an enum twice", &mapping.Schema{Fields: []mapping.Field{{Name: "a", Enum: []string{"X", "X"}}}}, "enum"},
		{"a negative length", &mapping.Schema{Fields: []mapping.Field{{Name: "a", MaxLen: -1}}}, "negative"},
		{"a secret that is cleared", &mapping.Schema{Fields: []mapping.Field{{Name: "a", Secret: true, Clear: "X"}}}, "cannot be cleared"},
		{"a group of unknown kind", &mapping.Schema{Fields: fields, Groups: []mapping.Group{{Fields: []string{"id", "a.b"}}}}, "unknown kind"},
		{"a group of one", &mapping.Schema{Fields: fields, Groups: []mapping.Group{{Kind: mapping.ExactlyOne, Fields: []string{"id"}}}}, "two fields or more"},
		{"a group over nothing", &mapping.Schema{Fields: fields, Groups: []mapping.Group{{Kind: mapping.ExactlyOne, Fields: []string{"id", "x"}}}}, "does not exist"},
		{"a key that does not exist", &mapping.Schema{Fields: fields, Key: []mapping.KeyField{{Field: "x", Of: "x"}}}, "there is no field x"},
		{"a secret key", &mapping.Schema{Fields: fields, Key: []mapping.KeyField{{Field: "pw", Of: "customer"}}}, "no secret"},
		{"a key of nothing", &mapping.Schema{Fields: fields, Key: []mapping.KeyField{{Field: "id"}}}, "what it is an id of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := providers.CheckSchema(c.schema)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
}
