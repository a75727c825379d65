package providers_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"rowpost/providers"
)

func TestParseObject(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       bool
	}{
		{"an object", `{"a":1}`, true},
		{"empty, in white space, after a byte order mark", "\ufeff \r\n{ }\t", true},
		{"nothing", "", false},
		{"null", "null", false},
		{"a list", `[{}]`, false},
		{"broken off", `{"a":1`, false},
		{"followed by something", `{"a":1} x`, false},
		{"a comma too many", `{"a":1,}`, false},
		{"too deep for the parser", `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := providers.ParseObject([]byte(c.body)); ok != c.want {
				t.Errorf("got %v, want %v", ok, c.want)
			}
		})
	}
}

func TestObjectText(t *testing.T) {
	o, ok := providers.ParseObject([]byte(`{
		"plain" : "text", "escaped":"a\"}\u00e9\n", "number":-12.50e3, "bare":7,"null":null, "yes":true,
		"object":{"plain":"inner","}":"]"}, "list":["plain",{"plain":1}], "twice":1, "twice":2,
		"na\u006de":"found", "":"empty", "bad":"` + "\xff" + `", "last":"}"}`))
	if !ok {
		t.Fatal("no object")
	}
	for _, c := range []struct {
		name, want string
		ok         bool
	}{
		{"plain", "text", true},
		{"escaped", "a\"}é\n", true},
		{"number", "-12.50e3", true},
		{"bare", "7", true},
		{"null", "", false},
		{"yes", "", false},
		{"object", "", false},
		{"list", "", false},
		{"twice", "", false},
		{"name", "found", true},
		{"", "empty", true},
		{"bad", "\ufffd", true},
		{"last", "}", true},
		{"Plain", "", false},
	} {
		if got, ok := o.Text(c.name); got != c.want || ok != c.ok {
			t.Errorf("member %q: got %q, %v, want %q, %v", c.name, got, ok, c.want, c.ok)
		}
	}
	if !o.Has("twice") || o.Has("inner") {
		t.Error("Has finds what is twice, and nothing inside another member")
	}
	if !o.IsNumber("bare", "7") || o.IsNumber("plain", "text") || o.Is("bare", "7") || !o.Is("plain", "text") {
		t.Error("a number is no string of its digits")
	}
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":"b","c":[1,{"a":2}]}`), "a")
	f.Add([]byte(`{"\u0061":{"a":"}"},"b":1e5}`), "b")
	f.Add([]byte("{\"\xe3\":[]}"), "\xe3")
	f.Fuzz(func(t *testing.T, body []byte, name string) {
		if !utf8.ValidString(name) {
			return // no API has such a name, and the standard reader alters it
		}
		o, ok := providers.ParseObject(body)
		if !ok {
			return
		}
		raw, once := o.Raw(name)
		if !once {
			return
		}
		var read map[string]json.RawMessage
		if err := json.Unmarshal([]byte(strings.TrimPrefix(string(body), "\ufeff")), &read); err != nil {
			t.Fatal(err)
		}
		if string(read[name]) != string(raw) {
			t.Errorf("member %q is %q, want %q", name, raw, read[name])
		}
	})
}
