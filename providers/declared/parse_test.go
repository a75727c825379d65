package declared

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	yaml "go.yaml.in/yaml/v4"

	"rowpost/mapping"
)

// Each file in testdata/problems has one problem or several; the text beside it is what
// is said about them, hints behind arrows.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), data)
			got := problemText(t, err)
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err = os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func problemText(t *testing.T, err error) string {
	t.Helper()
	bind, ok := errors.AsType[*mapping.BindError](err)
	if !ok {
		t.Fatalf("the error is %v", err)
	}
	var b strings.Builder
	for _, p := range bind.Problems {
		b.WriteString(p.String() + "\n")
		if p.Hint != "" {
			b.WriteString("    -> " + p.Hint + "\n")
		}
	}
	return b.String()
}

// What a mistake makes is said once, and at the place of the mistake.
func TestOneMistakeIsOneProblem(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"a misspelt key", "    method: PUT", "    methd: PUT", `acme.yaml:9:5: unknown key "methd"; did you mean "method"?`},
		{"a misspelt word", "body: json", "body: jsn", `acme.yaml:11:11: unknown body "jsn"; did you mean "json"?`},
		{"a field that is not there", "{field: id, of", "{field: ID, of", `acme.yaml:15:19: operation put_contact has no field "ID"; did you mean "id"?`},
		{"a path with an unknown field", "{id}", "{ident}", `acme.yaml:10:11: the path names the field "ident", which is not among the fields`},
		{"something left out", "    repeat_note: nothing is documented\n", "", `acme.yaml:7:5: key "repeat_note" is missing`},
		{"a variable that is not declared", "limit:", "auth: {bearer: ACME_TOKEN}\nlimit:", `acme.yaml:5:16: no variable ACME_TOKEN is declared`},
		{"a secret in place of a variable", "limit:", "auth: {bearer: tok-s3cret}\nlimit:", `acme.yaml:5:16: this is no name of a variable: capitals, digits and underscores, beginning with ACME_`},
		{"a secret in capitals in place of a variable", "limit:", "auth: {headers: {X-Key: 'Token {S3CRET}'}}\nlimit:", `acme.yaml:5:25: this is no name of a variable: capitals, digits and underscores, beginning with ACME_`},
		{"a signature where the token travels", "limit:", "variables: [{name: ACME_T, help: h}]\nauth: {bearer: ACME_T, signature: {secret: ACME_T, header: authorization, hash: sha256, encoding: hex, signed: [body]}}\nlimit:", `acme.yaml:6:60: a signature cannot travel in a header of this name`},
		{"a signature where a key travels", "limit:", "variables: [{name: ACME_T, help: h}]\nauth: {headers: {X-Key: ACME_T}, signature: {secret: ACME_T, header: x-key, hash: sha256, encoding: hex, signed: [body]}}\nlimit:", `acme.yaml:6:70: a signature cannot travel in a header of this name`},
		{"a time in a header of the sender", "limit:", "variables: [{name: ACME_T, help: h}]\nauth: {signature: {secret: ACME_T, header: X-S, timestamp_header: content-type, hash: sha256, encoding: hex, signed: [body]}}\nlimit:", `acme.yaml:6:67: a time cannot travel in a header of this name`},
		{"a key where the body's type stands", "    body:", "    idempotency_header: content-type\n    body:", `acme.yaml:11:25: something else travels in the header Content-Type`},
		{"a key where a header stands", "    body:", "    headers: {x-version: '1'}\n    idempotency_header: X-Version\n    body:", `acme.yaml:12:25: something else travels in the header X-Version`},
		{"a title of two lines", "title: Acme", `title: "Acme\nInc"`, `acme.yaml:3:8: here must be a single line`},
		{"a key a second time", "title: Acme", "title: Acme\ntitle: Acme", `acme.yaml:4:1: key "title" stands here a second time; the first is in line 3`},
		{"an anchor", "title: Acme", "title: &a Acme", `acme.yaml:3:8: an anchor (&name) cannot be used in a provider's file`},
		{"a later version", "version: 1", "version: 2\nnews: 1", `acme.yaml:1:10: this program is too old for the file: it reads version 1, and this is 2`},
		{"an address without TLS", "limit:", "base_url: http://api.example.com\nlimit:", `acme.yaml:5:11: base_url must begin with https://`},
		{"a header of the sender", "    body:", "    headers: {authorization: x}\n    body:", `acme.yaml:11:30: header Authorization is the sender's to set`},
		{"two fields under one name", "{name: email, required: true}", "{name: email}\n      - {name: mail, as: email}", `acme.yaml:15:9: field mail: something else travels as email in the body`},
		{"a value and an object", "{name: email, required: true}", "{name: a}\n      - {name: a.b}", `acme.yaml:13:7: field a.b: it is there twice, or a value and an object at once`},
		{"success without a condition that any JSON meets", "{statuses: [200]}", "{statuses: [200], body: json}", `acme.yaml:16:38: any JSON would confirm it, null too: give a condition`},
		{"a secret in the address", "{name: email, required: true}", "{name: email, in: query, secret: true}", `acme.yaml:14:42: a secret cannot travel in the address`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("acme.yaml", []byte(edited(t, c.from, c.to)))
			if err == nil {
				t.Fatal("it is taken")
			}
			lines := strings.Split(err.Error(), "\n")
			if lines[0] != c.want || len(lines) > 2 {
				t.Errorf("got:\n%v\nwant:\n%s", err, c.want)
			}
		})
	}
}

func TestEmptyFile(t *testing.T) {
	_, err := Parse("acme.yaml", nil)
	if got := problemText(t, err); !strings.Contains(got, "acme.yaml: the file is empty") {
		t.Errorf("got %s", got)
	}
}

// What is read can be written, and says the same again.
func TestMarshalledAgain(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		one, err := Parse(file, data)
		if err != nil {
			t.Fatal(err)
		}
		written, err := yaml.Marshal(one.File())
		if err != nil {
			t.Fatal(err)
		}
		other, err := Parse(file, written)
		if err != nil {
			t.Fatalf("%s: %v\n%s", file, err, written)
		}
		if diff := cmp.Diff(one.File(), other.File(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-read +read again):\n%s", file, diff)
		}
	}
}

// No file makes Parse panic; what it takes can be used; and a second reading says the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	for _, pattern := range []string{"testdata/*.yaml", "testdata/problems/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("f.yaml", data)
		if err != nil {
			if text := problemText(t, err); text == "" {
				t.Error("an error without a problem")
			}
			return
		}
		for _, s := range p.Samples() {
			q, err := s.Operation.Build(s.Record)
			if err != nil {
				continue // a reserved word, or one that fits no format_when
			}
			_ = s.Operation.Interpret(q, s.Answer)
		}
		p.Meaning(p.Operations()[0].Describe().Name)
	})
}
