package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

func TestParseObject(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		want       error
	}{
		{"object", `{"a":"b","c":{"a":1},"d":[{"x":null}]}`, nil},
		{"escapes and a surrogate pair", `{"a":"\u00e4\ud83d\ude00"}`, nil},
		{"a replacement character that was sent", `{"a":"` + "\ufffd" + `"}`, nil},
		{"white space and all kinds of values", " {\"a\" :\t[ ] , \"b\\\"\":\r\n[1e5,true , null,\"\\\\\"],\"c\": { } }\n", nil},
		{"nothing", ``, errNotJSON},
		{"second value", `{} {}`, errNotJSON},
		{"trailing comma", `{"a":1,}`, errNotJSON},
		{"comment", `{} // x`, errNotJSON},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", errNotJSON},
		{"half of a surrogate pair", `{"a":"\ud83d"}`, errNotJSON},
		{"half of a pair in an array", `{"a":["\ude00"]}`, errNotJSON},
		{"name twice", `{"a":1,"a":1}`, errDuplicate},
		{"name twice inside", `{"x":{"a":1,"\u0061":1}}`, errDuplicate},
		{"name twice in an array", `{"x":[{"a":1,"a":1}]}`, errDuplicate},
		{"array", `[]`, errNotObject},
		{"null", `null`, errNotObject},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := parseObject([]byte(tc.body)); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

// FuzzParseObject holds the strict reader against the standard one: what it takes
// has the names and the texts that the other finds.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":"b","c":{"a":1}}`, `{"a":"\ud83d\ude00"}`, `{"a":1,"a":2}`, `[`, `{"a":[[{}]]}`, "{\"\xff\":1}", `{"":2E1222}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseObject(body)
		if err != nil {
			return
		}
		var loose map[string]any
		reader := json.NewDecoder(bytes.NewReader(body))
		reader.UseNumber() // some numbers are no float64
		if looseErr := reader.Decode(&loose); looseErr != nil || len(o) != len(loose) {
			t.Fatalf("took %d names, want %d, %v", len(o), len(loose), looseErr)
		}
		for _, m := range o {
			if text, ok := loose[m.name].(string); ok && m.value != text {
				t.Fatalf("%q is read as %q, want %q", m.name, m.value, text)
			}
		}
	})
}

func TestParseForm(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		want       error
	}{
		{"form", "a=1&b=%C3%A4+x", nil},
		{"empty value", "a=", nil},
		{"no name", "=1", errNotForm},
		{"semicolon", "a=1;b=2", errNotForm},
		{"broken escape", "a=%4", errNotForm},
		{"invalid UTF-8", "a=%ff", errNotForm},
		{"name twice", "a=1&a=1", errTwice},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := parseForm([]byte(tc.body)); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		})
	}
}

func TestCodesAreComplete(t *testing.T) {
	c := newCodes()
	if n := len(c.countries); n != 2*249 {
		t.Errorf("%d country codes, ISO 3166-1 has 249 of each kind", n)
	}
	if n := len(c.languages); n != 183 {
		t.Errorf("%d language codes, ISO 639-1 has 183", n)
	}
	for _, code := range []string{"DE", "DEU", "GB", "GBR", "TW", "ZWE"} {
		if !c.countries[code] {
			t.Errorf("%s is missing", code)
		}
	}
	for _, code := range []string{"UK", "XX", "EU", "AN", "de", "DEUT"} {
		if c.countries[code] {
			t.Errorf("%s is no country's code", code)
		}
	}
}
