package openapi

import (
	"flag"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"rowpost/providers/declared"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestDraft keeps the draft of a document that has one of each thing to decide about.
func TestDraft(t *testing.T) {
	draft, err := Make(os.DirFS("testdata"), "crm.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/crm.golden.yaml", draft.YAML, 0o644); err != nil { //nolint:gosec // a file of the project, readable like its others
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/crm.golden.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(draft.YAML), "\n")); diff != "" {
		t.Errorf("the draft differs from testdata/crm.golden.yaml (-want +got):\n%s", diff)
	}
	if _, err := declared.Parse("crm.golden.yaml", draft.YAML); err != nil {
		t.Error(err)
	}
}

// document is one of version 3.1, with one operation whose body has the one member x.
func document(member string) string {
	return `{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/things": {"post": {"operationId": "addThing",
		"requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties":
		{"name": {"type": "string"}, "x": ` + member + `}}}}},
		"responses": {"201": {"description": "made", "content": {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}}}}}}},
		"components": {"schemas": {"Word": {"type": "string", "maxLength": 9}}}}`
}

func TestShapes(t *testing.T) {
	tests := []struct{ name, member, want string }{
		{"a text or null", `{"type": ["string", "null"]}`, "{name: x, clear_null: true}"},
		{"a whole number", `{"type": "integer"}`, "{name: x, type: integer}"},
		{"a reference", `{"$ref": "#/components/schemas/Word"}`, "{name: x, max_len: 9}"},
		{"parts that are merged", `{"allOf": [{"$ref": "#/components/schemas/Word"}], "enum": ["a", "b"]}`, "{name: x, enum: [a, b]}"},
		{"one of null and something", `{"oneOf": [{"type": "null"}, {"type": "boolean"}]}`, "{name: x, type: boolean"},
		{"one of several", `{"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "number"}]}`, "{name: x, type: number} # the document allows another shape"},
		{"a text that is secret", `{"type": "string", "format": "password"}`, "{name: x, secret: true}"},
		{"nested members", `{"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}}`, "{name: x.a.b}"},
		{"a list of texts", `{"type": "array", "items": {"type": "string"}}`, "{name: x, separator: ;}"},
		{"a list of objects", `{"type": "array", "items": {"type": "object"}}`, "# left out: x: a list of objects"},
		{"anything", `{}`, "# left out: x: it is no text"},
		{"a name for later", `{"type": "string", "readOnly": true}`, "- {name: name}\n  key:"},
		{"a description of several lines", `{"type": "string", "description": "The word. It\nhas: # more"}`, "{name: x, help: The word}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			draft, err := Make(fstest.MapFS{"d.json": {Data: []byte(document(tt.member))}}, "d.json", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(draft.YAML), tt.want) {
				t.Errorf("the draft has no %q:\n%s", tt.want, draft.YAML)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	ref := func(to string) string { return document(`{"$ref": "` + to + `"}`) }
	tests := []struct {
		name, data, part string
		operations       []string
	}{
		{"no OpenAPI", `{"a": 1}`, "no OpenAPI 3 document", nil},
		{"version 2", `{"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": {}}`, "no OpenAPI 3 document", nil},
		{"nothing that can be read", `{`, "no OpenAPI document that can be read", nil},
		{"nothing that writes", `{"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {}}`, "none of them writes", nil},
		{"a file outside of the folder", ref("../secret.json#/x"), "leads out of the document's folder", nil},
		{"a file by its whole name", ref("/etc/passwd#/x"), "leads out of the document's folder", nil},
		{"a file by a URL", ref("file:///etc/passwd#/x"), "leads out of the document's folder", nil},
		{"the network", ref("http://127.0.0.1:1/a.json#/x"), "leads out of the document's folder", nil},
		{"another host", ref("//127.0.0.1:1/a.json#/x"), "leads out of the document's folder", nil},
		{"a file that is not there", ref("other.json#/x"), "other.json", nil},
		{"an operation that is not there", document(`{"type": "string"}`), `did you mean "addThing"`, []string{"addThings"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Make(fstest.MapFS{"api/d.json": {Data: []byte(tt.data)}, "secret.json": {Data: []byte(`{"x": {"type": "string"}}`)}}, "api/d.json", Options{Operations: tt.operations})
			if tt.name == "a file outside of the folder" { // seen from the folder itself
				_, err = Make(fstest.MapFS{"d.json": {Data: []byte(tt.data)}}, "d.json", Options{})
			}
			if err == nil || !strings.Contains(err.Error(), tt.part) {
				t.Errorf("error %v, want one with %q", err, tt.part)
			}
		})
	}
}

func TestFollowsReferencesInTheFolder(t *testing.T) {
	folder := fstest.MapFS{
		"d.json":          {Data: []byte(document(`{"$ref": "parts/word.yaml#/Word"}`))},
		"parts/word.yaml": {Data: []byte("Word: {type: string, maxLength: 7}\n")},
	}
	draft, err := Make(folder, "d.json", Options{Operations: []string{"post /things"}})
	if err != nil || !strings.Contains(string(draft.YAML), "{name: x, max_len: 7}") {
		t.Errorf("%v\n%+v", err, draft)
	}
}

func TestCredentials(t *testing.T) {
	tests := []struct{ name, scheme, want string }{
		{"basic", `{type: http, scheme: basic}`, "username: T_USERNAME"},
		{"bearer", `{type: http, scheme: Bearer}`, "bearer: T_TOKEN"},
		{"a key in a header", `{type: apiKey, in: header, name: x-api-key}`, "X-Api-Key: T_API_KEY"},
		{"a key in the query", `{type: apiKey, in: query, name: key}`, "# - auth: left out"},
		{"tokens at the same address", `{type: oauth2, flows: {clientCredentials: {tokenUrl: /v1/token, scopes: {}}}}`, "token_path: /token"},
		{"tokens elsewhere", `{type: oauth2, flows: {clientCredentials: {tokenUrl: https://id.example.com/token, scopes: {}}}}`, "obtained beforehand'}"},
		{"a person's consent", `{type: oauth2, flows: {authorizationCode: {authorizationUrl: https://t.example.com/a, tokenUrl: https://t.example.com/v1/t, scopes: {}}}}`, "obtained beforehand'}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := `openapi: 3.0.0
info: {title: T, version: "1"}
servers: [{url: https://t.example.com/v1}]
security: [{s: []}]
components: {securitySchemes: {s: ` + tt.scheme + `}}
paths: {"/things/{id}": {delete: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {"204": {description: gone}}}}}
`
			draft, err := Make(fstest.MapFS{"d.yaml": {Data: []byte(doc)}}, "d.yaml", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(draft.YAML), tt.want) {
				t.Errorf("the draft has no %q:\n%s", tt.want, draft.YAML)
			}
		})
	}
}

// FuzzMake drafts any document: what comes out can be read as a provider's file.
func FuzzMake(f *testing.F) {
	crm, err := os.ReadFile("testdata/crm.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(crm))
	f.Add(document(`{"allOf": [{"allOf": []}], "type": ["string", "integer"]}`))
	f.Add(document(`{"enum": ["", null, "a: b # c"], "description": "\u2028\u0000"}`))
	f.Add(document(`{"properties": {"": {"type": "string"}, "a.b": {"type": "string"}, "{": {"type": "string"}}}`))
	f.Fuzz(func(t *testing.T, text string) {
		draft, err := Make(fstest.MapFS{"d.yaml": {Data: []byte(text)}}, "d.yaml", Options{})
		if err != nil {
			return
		}
		if _, err := declared.Parse("d.yaml", draft.YAML); err != nil {
			t.Errorf("%v\n%s", err, draft.YAML)
		}
	})
}
