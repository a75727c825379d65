package declared

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	check "github.com/santhosh-tekuri/jsonschema/v6"
	yaml "go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write schema.json and the golden files anew")

// schema.json is generated from the types that Parse decodes into: go generate
// ./providers/declared writes it anew.
func TestSchemaIsCurrent(t *testing.T) {
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(fileSchema()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.json", want.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), string(SchemaJSON())); diff != "" {
		t.Errorf("schema.json is stale; go generate ./providers/declared writes it anew:\n%s", diff)
	}
}

func fileSchema() *jsonschema.Schema {
	r := &jsonschema.Reflector{
		FieldNameTag: "yaml", Anonymous: true, DoNotReference: true, ExpandedStruct: true,
		RequiredFromJSONSchemaTags: true, Mapper: scalars,
	}
	s := r.Reflect(File{})
	loosen(s)
	s.Title = "rowpost provider"
	s.Description = "An HTTP API, described so that rowpost can import tables through it."
	s.Definitions = jsonschema.Definitions{"text": {AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}}
	return s
}

// loosen lets texts stand without quotes, whatever YAML takes them for: 0123 and no. What
// has an enum or a pattern has no need of that.
func loosen(s *jsonschema.Schema) {
	if s == nil || s.Ref != "" {
		return
	}
	if s.Type == "string" && len(s.Enum) == 0 && s.Pattern == "" {
		s.Type, s.Ref = "", "#/$defs/text"
	}
	loosen(s.Items)
	for pair := s.Properties.Oldest(); pair != nil; pair = pair.Next() {
		loosen(pair.Value)
	}
}

// scalars are the lists and tables of texts.
func scalars(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[[]string]() {
		return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Ref: "#/$defs/text"}}
	}
	if t == reflect.TypeFor[map[string]string]() {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/text"}}
	}
	return nil
}

// The schema takes whatever Parse takes, and refuses what a schema can refuse.
func TestSchemaAndParseAgree(t *testing.T) {
	schema := compiledSchema(t)
	for _, c := range []struct {
		name, from, to string
		good           bool
	}{
		{"as it is", "", "", true},
		{"unknown key on top", "title:", "titel: x\ntitle:", false},
		{"unknown key of an operation", "    method:", "    methd: x\n    method:", false},
		{"unknown key of a field", "{name: id}", "{name: id, typ: x}", false},
		{"no limit", "limit: {windows: [2/s]}\n", "", false},
		{"another version", "version: 1", "version: 2", false},
		{"a body of another sort", "body: json", "body: xml", false},
		{"a type of another sort", "{name: id}", "{name: id, type: date}", false},
		{"a method in small letters", "method: PUT", "method: put", false},
		{"no fields", "      - {name: id}\n      - {name: email, required: true}\n", "", false},
		{"a name with capitals", "name: acme", "name: Acme", false},
		{"a path without a slash", "path: /c", "path: c", false},
		{"no statuses", "{statuses: [200]}", "{statuses: []}", false},
		{"a list as a text", "title: Acme", "title: [Acme]", false},
		{"in flight below 1", "[2/s]}", "[2/s], in_flight: 0}", false},
		{"texts that YAML takes for something else", "title: Acme", "title: 0123", true},
		{"enum of numbers", "{name: id}", "{name: id, enum: [1, 2, yes]}", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := minimal
			if c.from != "" && !strings.Contains(src, c.from) {
				t.Fatalf("the file has no %q", c.from)
			}
			src = strings.Replace(src, c.from, c.to, 1)
			_, err := Parse("acme.yaml", []byte(src))
			if (err == nil) != c.good {
				t.Errorf("Parse: %v", err)
			}
			if err = schema.Validate(document(t, src)); (err == nil) != c.good {
				t.Errorf("the schema: %v", err)
			}
		})
	}
}

func TestSchemaTakesTheSamples(t *testing.T) {
	schema := compiledSchema(t)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document(t, string(data))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func document(t *testing.T, src string) any {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatal(err)
	}
	return asJSON(doc)
}

func asJSON(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for k, item := range v {
			out[fmt.Sprint(k)] = asJSON(item)
		}
		return out
	case map[string]any:
		for k := range v {
			v[k] = asJSON(v[k])
		}
	case []any:
		for i := range v {
			v[i] = asJSON(v[i])
		}
	}
	return v
}

func compiledSchema(t *testing.T) *check.Schema {
	t.Helper()
	doc, err := check.UnmarshalJSON(bytes.NewReader(SchemaJSON()))
	if err != nil {
		t.Fatal(err)
	}
	c := check.NewCompiler()
	if err = c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
