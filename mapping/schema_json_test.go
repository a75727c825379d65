package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	check "github.com/santhosh-tekuri/jsonschema/v6"
	yaml "go.yaml.in/yaml/v4"
)

// schema.json is generated from the types that the loader decodes into:
// go generate ./mapping writes it anew.
func TestSchemaIsCurrent(t *testing.T) {
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(documentSchema()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("schema.json", want.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), string(SchemaJSON())); diff != "" {
		t.Errorf("schema.json is stale; go generate ./mapping writes it anew:\n%s", diff)
	}
}

// The types behind a plain text are reflected as objects under names of their own.
type (
	fieldObject fieldDoc
	keyObject   keyDoc
)

func reflector() *jsonschema.Reflector {
	return &jsonschema.Reflector{
		FieldNameTag: "yaml", Anonymous: true, DoNotReference: true, ExpandedStruct: true,
		RequiredFromJSONSchemaTags: true, Mapper: special,
	}
}

func documentSchema() *jsonschema.Schema {
	s := reflector().Reflect(fileDoc{})
	s.Title = "rowpost mapping"
	s.Definitions = jsonschema.Definitions{
		"text":       anyOf("string", "number", "boolean"), // 0123 and NO are texts like any other
		"transforms": {Type: "array", Items: transformSchema()},
	}
	s.Description = "Which columns of a table become which fields of which provider's requests."
	version, _ := s.Properties.Get("version")
	version.Const = formatVersion
	source, _ := s.Properties.Get("source")
	null, _ := source.Properties.Get("null")
	null.Items = anyOf("string", "number", "boolean", "null") // NULL without quotes
	return s
}

// special describes the types that decode themselves.
func special(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[text]():
		return scalar()
	case reflect.TypeFor[number]():
		return &jsonschema.Schema{Type: "integer", Minimum: "0"}
	case reflect.TypeFor[countryForm]():
		return words(countryForms())
	case reflect.TypeFor[oneOrMore](), reflect.TypeFor[wordSet]():
		one := uint64(1)
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{scalar(), {Type: "array", Items: scalar(), MinItems: &one}}}
	case reflect.TypeFor[fieldsDoc]():
		one := uint64(1)
		return &jsonschema.Schema{Type: "object", MinProperties: &one, AdditionalProperties: special(reflect.TypeFor[fieldDoc]())}
	case reflect.TypeFor[fieldDoc]():
		o := reflector().Reflect(fieldObject{})
		o.OneOf = oneForm("column", "value", "expr", "join")
		o.DependentRequired = map[string][]string{"with": {"join"}, "otherwise": {"lookup"}}
		empty, _ := o.Properties.Get("on_empty")
		*empty = *words(onEmptyWords(), empty.Description)
		return orColumn(o)
	case reflect.TypeFor[keyDoc]():
		o := reflector().Reflect(keyObject{})
		o.OneOf = oneForm("column", "expr", "join")
		o.DependentRequired = map[string][]string{"with": {"join"}}
		return orColumn(o)
	case reflect.TypeFor[transformsDoc]():
		return &jsonschema.Schema{Ref: "#/$defs/transforms"}
	case reflect.TypeFor[lookupDoc]():
		return lookupSchema()
	}
	return nil
}

func scalar() *jsonschema.Schema { return &jsonschema.Schema{Ref: "#/$defs/text"} }

func anyOf(types ...string) *jsonschema.Schema {
	s := new(jsonschema.Schema)
	for _, t := range types {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Type: t})
	}
	return s
}

func words(list []string, description ...string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Description: strings.Join(description, "")}
	for _, w := range list {
		s.Enum = append(s.Enum, w)
	}
	return s
}

func oneForm(keys ...string) []*jsonschema.Schema {
	var out []*jsonschema.Schema
	for _, k := range keys {
		out = append(out, &jsonschema.Schema{Required: []string{k}})
	}
	return out
}

// orColumn is an object, or a plain text that names a column.
func orColumn(o *jsonschema.Schema) *jsonschema.Schema {
	o.Version = ""
	column := scalar()
	column.Description = "The cell's text in the column of this name."
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{column, o}}
}

// transformSchema reads the register of transforms.
func transformSchema() *jsonschema.Schema {
	s := new(jsonschema.Schema)
	for _, def := range transforms() {
		if def.arg == nil {
			s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Const: def.name, Description: def.help})
			continue
		}
		arg := reflector().ReflectFromType(def.arg)
		arg.Version, arg.Description = "", def.help
		for key, list := range argWords()[def.name] {
			p, _ := arg.Properties.Get(key)
			*p = *words(list, p.Description)
		}
		o := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), Required: []string{def.name}, AdditionalProperties: jsonschema.FalseSchema}
		o.Properties.Set(def.name, arg)
		if def.bare {
			s.AnyOf = append(s.AnyOf, &jsonschema.Schema{Const: def.name, Description: def.help})
		}
		s.AnyOf = append(s.AnyOf, o)
	}
	return s
}

// argWords are the keys of transforms of which the loader takes some words only.
func argWords() map[string]map[string][]string {
	return map[string]map[string][]string{
		"number": {"decimal": points(), "group": groups(), "round": roundings()},
		"phone":  {"check": phoneChecks()},
	}
}

func lookupSchema() *jsonschema.Schema {
	file := reflector().Reflect(lookupFileDoc{})
	file.Version = ""
	one := uint64(1)
	table := func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", MinProperties: &one, AdditionalProperties: scalar()}
	}
	words := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), Required: []string{"table"}, AdditionalProperties: jsonschema.FalseSchema}
	words.Properties.Set("table", table())
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{table(), file, words}}
}

// The loader and the schema take and refuse the same files, as far as a schema can say it.
func TestSchemaAndLoaderAgree(t *testing.T) {
	schema := compiledSchema(t)
	request := func(s string) string { return "version: 1\nrequests:\n- provider: p\n  fields:\n    f: " + s + "\n" }
	for _, c := range []struct {
		name, src string
		good      bool
	}{
		{"the shortest", request("A"), true},
		{"a column named by a number", request("2024"), true},
		{"all options of the source", "version: 1\nname: x\nsource: {delimiter: tab, encoding: utf-8, header: 3, sheet: 1, null: ['', NULL], columns: [A, 2]}\n" + request("A")[11:], true},
		{"id, operation, when and key", request("A") + "  id: 1\n  operation: o\n  when: 'A == \"\"'\n  key: {join: [A, B], with: '-', transform: [trim]}\n", true},
		{"key as a column", request("A") + "  key: A\n", true},
		{"every transform", request(`{column: A, transform: [trim, collapse_spaces, upper, lower, title, digits, {pad_left: {width: 5, with: "0"}}, {truncate: 3}, {replace: {pattern: a, with: b}}, email, {country: alpha2}, language]}`), true},
		{"every transform with options", request(`{column: A, transform: [bool, number, phone, {bool: {true: [1], false: nein}}, {number: {decimal: ",", group: ".", scale: 2, round: half_even}}, {phone: {region: DE, check: possible}}, {date: {from: [DD.MM.YY, excel], to: YYYYMMDD, years_from: 1950}}, {date: {from: D/M/YYYY}}]}`), true},
		{"date without a layout", request("{column: A, transform: [date]}"), false},
		{"date with a target only", request("{column: A, transform: [{date: {to: DD.MM.YYYY}}]}"), false},
		{"date by an empty list", request("{column: A, transform: [{date: {from: []}}]}"), false},
		{"number with another point", request("{column: A, transform: [{number: {decimal: ';'}}]}"), false},
		{"number with too many places", request("{column: A, transform: [{number: {scale: 31}}]}"), false},
		{"number with another rounding", request("{column: A, transform: [{number: {scale: 1, round: up}}]}"), false},
		{"number with another group", request("{column: A, transform: [{number: {group: _}}]}"), false},
		{"phone with another check", request("{column: A, transform: [{phone: {check: maybe}}]}"), false},
		{"bool without words", request("{column: A, transform: [{bool: {true: []}}]}"), false},
		{"lookup in the file", request("{column: A, lookup: {a: 1, b: true}, otherwise: keep, default: x, on_empty: clear}"), true},
		{"lookup in another file", request("{column: A, lookup: {file: codes.csv, key: Code, value: Name}}"), true},
		{"lookup of these words", request("{column: A, lookup: {table: {file: a, key: b, value: c}}}"), true},
		{"no version", request("A")[11:], false},
		{"another version", strings.Replace(request("A"), "1", "2", 1), false},
		{"unknown key on top", request("A") + "foo: 1\n", false},
		{"unknown key of a request", request("A") + "  foo: 1\n", false},
		{"unknown key of a field", request("{column: A, foo: 1}"), false},
		{"two forms", request("{column: A, value: x}"), false},
		{"no form", request("{transform: [trim]}"), false},
		{"a value as a key", request("A") + "  key: {value: x}\n", false},
		{"with without join", request("{column: A, with: x}"), false},
		{"otherwise without lookup", request("{column: A, otherwise: keep}"), false},
		{"unknown transform", request("{column: A, transform: [tirm]}"), false},
		{"transform that is no list", request("{column: A, transform: trim}"), false},
		{"transform with too much", request("{column: A, transform: [{trim: 1}]}"), false},
		{"transform with too little", request("{column: A, transform: [pad_left]}"), false},
		{"pad_left without width", request("{column: A, transform: [{pad_left: {with: x}}]}"), false},
		{"pad_left beyond its width", request("{column: A, transform: [{pad_left: {width: 1001}}]}"), false},
		{"truncate by a word", request("{column: A, transform: [{truncate: x}]}"), false},
		{"unknown form of a country", request("{column: A, transform: [{country: alpha4}]}"), false},
		{"on_empty with another word", request("{column: A, on_empty: drop}"), false},
		{"a list as a text", request("{column: [A]}"), false},
		{"nothing", request(""), false},
		{"no fields", "version: 1\nrequests:\n- provider: p\n  fields: {}\n", false},
		{"no provider", "version: 1\nrequests:\n- fields: {f: A}\n", false},
		{"no requests", "version: 1\nrequests: []\n", false},
		{"header in line 0", "version: 1\nsource: {header: 0}\n" + request("A")[11:], false},
		{"empty join", request("{join: []}"), false},
		{"empty lookup", request("{column: A, lookup: {}}"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("m.yaml", []byte(c.src), testFolder())
			if (err == nil) != c.good {
				t.Errorf("the loader: %v", err)
			}
			var doc any
			if err = yaml.Unmarshal([]byte(c.src), &doc); err != nil {
				t.Fatal(err)
			}
			if err = schema.Validate(asJSON(doc)); (err == nil) != c.good {
				t.Errorf("the schema: %v", err)
			}
		})
	}
}

// asJSON gives every key the text that it has in the file; YAML reads null as no text.
func asJSON(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for k, item := range v {
			name := fmt.Sprint(k)
			if k == nil {
				name = "null"
			}
			out[name] = asJSON(item)
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
