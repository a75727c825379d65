package mapping

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

type strictDoc struct {
	Name  string            `yaml:"name,omitempty"`
	Count int               `yaml:"count"`
	On    *bool             `yaml:"on"`
	Items []strictItem      `yaml:"items"`
	Table map[string]string `yaml:"table"`
}

type strictItem struct {
	ID string `yaml:"id"`
}

func TestReadStrict(t *testing.T) {
	var doc strictDoc
	s := ReadStrict("f.yaml", FileKind{Name: "a file"}, []byte("name: 0123\ncount: 7\non: true\nitems:\n- id: no\n- {id: 2}\ntable: {a: 1e5}\n"), &doc)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	on := true
	want := strictDoc{Name: "0123", Count: 7, On: &on, Items: []strictItem{{"no"}, {"2"}}, Table: map[string]string{"a": "1e5"}}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, has := range map[string]bool{"": true, "name": true, "items[1].id": true, "table.a": true, "items[2]": false, "table.b": false} {
		if s.Has(path) != has {
			t.Errorf("%q is there: %v", path, !has)
		}
	}
}

func TestStrictPlaces(t *testing.T) {
	var doc strictDoc
	s := ReadStrict("f.yaml", FileKind{Name: "a file"}, []byte("name: x\nitems:\n- id: a\n- {id: b}\n"), &doc)
	for path, want := range map[string]string{
		"name":            "f.yaml:1:7: here",
		"items[1].id":     "f.yaml:4:8: here",
		"items[1].absent": "f.yaml:4:3: here", // the nearest thing around it
		"table.b":         "f.yaml:1:1: here",
	} {
		one := ReadStrict("f.yaml", FileKind{Name: "a file"}, []byte("name: x\nitems:\n- id: a\n- {id: b}\n"), &doc)
		one.Add(path, "", "here")
		if got := one.Err().Error(); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
		if one.Said("name") != (path == "name") {
			t.Errorf("%s: what was said is mistaken for what was said of name", path)
		}
	}
	if s.Err() != nil || s.Problems() != 0 {
		t.Errorf("problems of another reading: %v", s.Err())
	}
}

func TestStrictProblems(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"an unknown key", "naem: x\n", `f.yaml:1:1: unknown key "naem"; did you mean "name"?`},
		{"a word for a number", "count: x\n", `f.yaml:1:8: here must be a whole number, written in digits`},
		{"yes for true", "on: yes\n", `f.yaml:1:5: here must be true or false`},
		{"a text for a table", "table: x\n", `f.yaml:1:8: here must be keys with values, not a single text`},
		{"a key twice in a table", "table: {a: 1, a: 2}\n", `f.yaml:1:15: key "a" stands here a second time; the first is in line 1`},
		{"nothing", "name:\n", `f.yaml:1:6: nothing is written here`},
		{"an alias", "name: &x a\nitems: [*x]\n", "f.yaml:1:7: an anchor (&name) cannot be used in a file\nf.yaml:2:9: an alias (*name) cannot be used in a file"},
		{"two documents", "name: a\n---\nname: b\n", `f.yaml:2:1: a second document starts here; a file is a single one`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var doc strictDoc
			err := ReadStrict("f.yaml", FileKind{Name: "a file"}, []byte(c.src), &doc).Err()
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
