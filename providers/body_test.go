package providers_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"rowpost/mapping"
	"rowpost/providers"
)

// nested has a member of an object before and after another field.
var nested = &mapping.Schema{Fields: []mapping.Field{
	{Name: "id"}, {Name: "a.x", Clear: "NONE"}, {Name: "b"}, {Name: "a.deep.y"}, {Name: `q"uote`},
}}

func texts(s *mapping.Schema, values ...string) mapping.Record {
	r := mapping.Record{Schema: s, Values: make([]mapping.Value, len(s.Fields))}
	for i, v := range values {
		switch v {
		case "-":
		case "cleared":
			r.Values[i].Is = mapping.Cleared
		default:
			r.Values[i] = mapping.Value{Text: v, Is: mapping.Present}
		}
	}
	return r
}

func TestJSONBody(t *testing.T) {
	body := providers.NewJSONBody(nested, "id")
	for _, c := range []struct {
		name   string
		record mapping.Record
		want   string
	}{
		{"nothing", texts(nested), `{}`},
		{"fields of one object come together", texts(nested, "1", "X", "B", "Y", "Q"), `{"a":{"x":"X","deep":{"y":"Y"}},"b":"B","q\"uote":"Q"}`},
		{"objects without fields are left out", texts(nested, "1", "-", "B"), `{"b":"B"}`},
		{"an inner object alone", texts(nested, "1", "-", "-", "Y"), `{"a":{"deep":{"y":"Y"}}}`},
		{"an empty text is sent", texts(nested, "1", "", "-"), `{"a":{"x":""}}`},
		{"a cleared field", texts(nested, "1", "cleared"), `{"a":{"x":"NONE"}}`},
		{"no escapes for HTML's sake", texts(nested, "1", "-", "<a href='x'>&\u2028ü/"), `{"b":"<a href='x'>&` + "\u2028" + `ü/"}`},
		{"what JSON wants escaped", texts(nested, "1", "-", "\"\\\n\r\t\x00\x1f\x7f"), `{"b":"\"\\\n\r\t\u0000\u001F` + "\x7f" + `"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := body.Encode(c.record)
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestFormBody(t *testing.T) {
	body := providers.NewFormBody(nested, "id")
	for _, c := range []struct {
		name   string
		record mapping.Record
		want   string
	}{
		{"nothing", texts(nested), ""},
		{"in the schema's order", texts(nested, "1", "X", "B"), "a.x=X&b=B"},
		{"empty and cleared", texts(nested, "1", "cleared", ""), "a.x=NONE&b="},
		{"escapes", texts(nested, "1", "-", "a b&c=d+%é\n", "-", "q"), "b=a+b%26c%3Dd%2B%25%C3%A9%0A&q%22uote=q"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := body.Encode(c.record)
			if err != nil || string(got) != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestBodiesRefuse(t *testing.T) {
	for _, c := range []struct {
		name        string
		record      mapping.Record
		code, field string
	}{
		{"bytes that are not UTF-8", texts(nested, "1", "-", "-", "K\xf6ln"), mapping.CodeBadEncoding, "a.deep.y"},
		{"clearing what cannot be cleared", texts(nested, "1", "-", "cleared"), mapping.CodeBadValue, "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, jsonErr := providers.NewJSONBody(nested).Encode(c.record)
			_, formErr := providers.NewFormBody(nested).Encode(c.record)
			for _, err := range []error{jsonErr, formErr} {
				var cell *mapping.CellError
				if !errors.As(err, &cell) || cell.Code != c.code || cell.Field != c.field {
					t.Errorf("got %v, want code %s for field %s", err, c.code, c.field)
				}
			}
		})
	}
}

func TestJSONBodyOfAnImpossibleSchema(t *testing.T) {
	for _, fields := range [][]mapping.Field{{{Name: "a"}, {Name: "a.b"}}, {{Name: "a.b"}, {Name: "a"}}, {{Name: "a"}, {Name: "a"}}} {
		s := &mapping.Schema{Fields: fields}
		if providers.CheckSchema(s) == nil {
			t.Errorf("%v passes the check", fields)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is compiled", fields)
				}
			}()
			providers.NewJSONBody(s)
		}()
	}
}

func FuzzJSONBody(f *testing.F) {
	f.Add("a", "b", "c", "d")
	f.Add("\x00\u2028", "\"\\", "<&>", "\xff")
	body := providers.NewJSONBody(nested, "id")
	f.Fuzz(func(t *testing.T, x, b, y, q string) {
		r := mapping.Record{Schema: nested, Values: []mapping.Value{
			{}, {Text: x, Is: mapping.Present}, {Text: b, Is: mapping.Present}, {Text: y, Is: mapping.Present}, {Text: q, Is: mapping.Present},
		}}
		got, err := body.Encode(r)
		if valid := utf8.ValidString(x + "\x00" + b + "\x00" + y + "\x00" + q); valid != (err == nil) {
			t.Fatalf("valid text: %v, but the error is %v", valid, err)
		}
		if err != nil {
			return
		}
		type object struct {
			A struct {
				X    string `json:"x"`
				Deep struct {
					Y string `json:"y"`
				} `json:"deep"`
			} `json:"a"`
			B string `json:"b"`
		}
		want := object{B: b}
		want.A.X, want.A.Deep.Y = x, y
		var read object
		var all map[string]any
		if err := errors.Join(json.Unmarshal(got, &read), json.Unmarshal(got, &all)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read); diff != "" || all[`q"uote`] != q || len(all) != 3 {
			t.Errorf("%s does not carry the record:\n%s", got, diff)
		}
	})
}

func FuzzFormBody(f *testing.F) {
	f.Add("a b", "&=%+", "\x00é")
	body := providers.NewFormBody(nested)
	f.Fuzz(func(t *testing.T, id, x, q string) {
		r := mapping.Record{Schema: nested, Values: []mapping.Value{
			{Text: id, Is: mapping.Present}, {Text: x, Is: mapping.Present}, {}, {}, {Text: q, Is: mapping.Present},
		}}
		got, err := body.Encode(r)
		if valid := utf8.ValidString(id + "\x00" + x + "\x00" + q); valid != (err == nil) {
			t.Fatalf("valid text: %v, but the error is %v", valid, err)
		}
		if err != nil {
			return
		}
		read, err := url.ParseQuery(string(got))
		if diff := cmp.Diff(url.Values{"id": {id}, "a.x": {x}, `q"uote`: {q}}, read); err != nil || diff != "" {
			t.Errorf("%s does not carry the record: %v\n%s", got, err, diff)
		}
	})
}
