package mapping

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is taken for a number is what JSON takes for one.
func TestIsNumberAgreesWithJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[-+0-9.eE ]{0,8}`).Draw(t, "text")
		want := json.Valid([]byte(s)) && strings.TrimSpace(s) == s
		if got := IsNumber(s); got != want {
			t.Errorf("%q: %v, JSON says %v", s, got, want)
		}
	})
}

func TestTypedFields(t *testing.T) {
	for _, c := range []struct {
		name  string
		field Field
		text  string
		says  string // in message or hint; empty: it is taken
	}{
		{"decimals", Field{Format: FormatNumber}, "-12.50", ""},
		{"an exponent", Field{Format: FormatNumber}, "1e5", ""},
		{"more digits than a float has", Field{Format: FormatInteger}, "12345678901234567890", ""},
		{"leading zeros", Field{Format: FormatNumber}, "00123", "leading zeros"},
		{"a decimal comma", Field{Format: FormatNumber}, "1,5", "a point before decimals"},
		{"a plus sign", Field{Format: FormatInteger}, "+5", "no whole number"},
		{"decimals of an integer", Field{Format: FormatInteger}, "5.0", "no whole number"},
		{"an exponent of an integer", Field{Format: FormatInteger}, "1e5", "no whole number"},
		{"true", Field{Format: FormatBoolean}, "true", ""},
		{"a word for true", Field{Format: FormatBoolean}, "yes", "neither true nor false"},
		{"True", Field{Format: FormatBoolean}, "True", "neither true nor false"},
		{"a list of allowed words", Field{Separator: ";", Enum: []string{"a", "b"}}, "a; b;", ""},
		{"a list with another word", Field{Separator: ";", Enum: []string{"a", "b"}}, "a;c", "an item of the list"},
		{"items that are short enough", Field{Separator: ",", MaxLen: 3}, "abc,def", ""},
		{"an item that is too long", Field{Separator: ",", MaxLen: 3}, "abcd", "longer than 3"},
		{"a list's clearing text", Field{Separator: ",", Clear: "none"}, "none", "clears this field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.field.Name = "f"
			got := c.field.Refuse(c.text)
			switch {
			case c.says == "" && got != nil:
				t.Errorf("refused: %v", got)
			case c.says != "" && (got == nil || !strings.Contains(got.Msg+got.Hint, c.says)):
				t.Errorf("got %v, want it to say %q", got, c.says)
			case got != nil && (got.Field != "f" || got.Code == ""):
				t.Errorf("field %q, code %q", got.Field, got.Code)
			}
		})
	}
}

// A provider that a file describes is named by the file, and has its own name in all else.
func TestBindFindsProvidersOfFiles(t *testing.T) {
	const src = "version: 1\nrequests:\n- provider: ./acme.yaml\n  fields: {f: A, n: {column: B, on_empty: clear}}\n"
	m, err := Parse("m.yaml", []byte(src), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &Schema{Fields: []Field{{Name: "f"}, {Name: "n", ClearNull: true}}}
	b, err := m.Bind([]string{"A", "B"}, []Target{{Provider: "p", Operation: "o", Schema: s}, {Provider: "acme", Operation: "put", Schema: s, File: "./acme.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Requests()[0]; got.Provider != "acme" || got.Operation != "put" {
		t.Errorf("got %s %s", got.Provider, got.Operation)
	}
	records := b.Evaluator().Records(Row{Num: 1, Cells: []string{"x", ""}})
	if v := records[0].Record.Values[1]; v.Is != Cleared {
		t.Errorf("the empty cell of a field that null clears is %v", v.Is)
	}
	_, err = m.Bind([]string{"A", "B"}, []Target{{Provider: "p", Operation: "o", Schema: s}})
	if err == nil || !strings.Contains(err.Error(), `unknown provider "./acme.yaml"`) {
		t.Errorf("without the file: %v", err)
	}
}
