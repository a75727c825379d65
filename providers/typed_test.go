package providers_test

import (
	"errors"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

func typedSchema() *mapping.Schema {
	return &mapping.Schema{Fields: []mapping.Field{
		{Name: "n", Format: mapping.FormatNumber},
		{Name: "o.b", Format: mapping.FormatBoolean},
		{Name: "l", Separator: ";"},
		{Name: "i", Separator: ",", Format: mapping.FormatInteger},
		{Name: "z", ClearNull: true},
	}}
}

func typed(values ...string) mapping.Record {
	r := mapping.Record{Schema: typedSchema()}
	for _, text := range values {
		v := mapping.Value{Text: text, Is: mapping.Present}
		switch text {
		case "-":
			v = mapping.Value{}
		case "clear":
			v = mapping.Value{Is: mapping.Cleared}
		}
		r.Values = append(r.Values, v)
	}
	return r
}

func TestTypedBodies(t *testing.T) {
	jsonBody, form := providers.NewJSONBody(typedSchema()), providers.NewFormBody(typedSchema())
	for _, c := range []struct {
		name       string
		record     mapping.Record
		json, form string // empty: refused
		field      string // of the refusal
	}{
		{"as they are written", typed("12345678901234567890.10", "true", "-", "-", "-"), `{"n":12345678901234567890.10,"o":{"b":true}}`, "n=12345678901234567890.10&o.b=true", ""},
		{"lists", typed("-", "-", `a; "b" ;`, "1, 2", "-"), `{"l":["a","\"b\""],"i":[1,2]}`, "l=a&l=%22b%22&i=1&i=2", ""},
		{"a list without items", typed("-", "-", ";", "-", "-"), `{"l":[]}`, "", ""},
		{"null is no text", typed("-", "-", "-", "-", "null"), `{"z":"null"}`, "z=null", ""},
		{"leading zeros", typed("00123", "-", "-", "-", "-"), "", "", "n"},
		{"an empty number", typed("", "-", "-", "-", "-"), "", "", "n"},
		{"what would break out of the value", typed(`1,"admin":true`, "-", "-", "-", "-"), "", "", "n"},
		{"an item that is no integer", typed("-", "-", "-", "1,x", "-"), "", "", "i"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := jsonBody.Encode(c.record)
			checkTyped(t, "JSON", string(got), err, c.json, c.field)
			got, err = form.Encode(c.record)
			checkTyped(t, "form", string(got), err, c.form, c.field)
		})
	}
	got, err := jsonBody.Encode(typed("-", "-", "-", "-", "clear"))
	checkTyped(t, "JSON", string(got), err, `{"z":null}`, "")
}

func checkTyped(t *testing.T, what, got string, err error, want, field string) {
	t.Helper()
	cell, refused := errors.AsType[*mapping.CellError](err)
	switch {
	case field == "" && (err != nil || got != want):
		t.Errorf("%s: %s, %v; want %s", what, got, err, want)
	case field != "" && (!refused || cell.Field != field || cell.Code != mapping.CodeBadFormat):
		t.Errorf("%s: %s, %v; want a refusal of %s", what, got, err, field)
	}
}

func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		encoding  providers.Encoding
		bytes, as string
		bad       string
	}{
		{providers.Hex, "\x00\xff", "00ff", "0g"},
		{providers.Base64, "\x00\xff", "AP8=", "A"},
		{providers.PlainText, "ä", "ä", ""},
	} {
		if got := c.encoding.Encode([]byte(c.bytes)); got != c.as {
			t.Errorf("%s: %q", c.encoding, got)
		}
		if got, err := c.encoding.Decode(c.as); err != nil || string(got) != c.bytes {
			t.Errorf("%s: %q, %v", c.encoding, got, err)
		}
		if _, err := c.encoding.Decode(c.bad); err == nil && c.bad != "" {
			t.Errorf("%s: %q is taken", c.encoding, c.bad)
		}
	}
}
