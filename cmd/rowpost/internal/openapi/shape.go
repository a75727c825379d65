package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"rowpost/providers/declared"
)

// listSeparator parts the items of a list in a cell.
const listSeparator = ";"

// shape says of a field what a schema says of a value. It is false, with the reason, for
// what no cell can hold.
func (b *operationDrafter) shape(f *declared.Field, s *openapi3.Schema, lists bool) (reason string, ok bool) {
	kind, isScalar := scalarType(s)
	switch {
	case kind == "array":
		if !lists || s.Items == nil || s.Items.Value == nil {
			return "a list cannot be sent there", false
		}
		item, _ := simplify(s.Items.Value)
		if itemKind, is := scalarType(item); !is || itemKind == "array" {
			return "a list of objects or of lists; a row has one value for a field", false
		}
		f.Separator = listSeparator
		nullable := permitsNull(s)
		if reason, ok = b.shape(f, item, false); ok {
			f.ClearNull = nullable
		}
		return reason, ok
	case !isScalar:
		return "it is no text, number or boolean, nor an object with named members", false
	}
	if kind != "string" {
		f.Type = kind
	}
	f.Enum = enumTexts(s)
	if kind == "string" {
		b.textShape(f, s)
	}
	f.ClearNull = permitsNull(s) && !f.Secret
	return "", true
}

// textShape is what only texts have.
func (b *operationDrafter) textShape(f *declared.Field, s *openapi3.Schema) {
	if s.MaxLength != nil && *s.MaxLength > 0 && *s.MaxLength <= 1<<20 && len(f.Enum) == 0 {
		f.MaxLen = int(*s.MaxLength) //nolint:gosec // bounded just now
	}
	switch s.Format {
	case "email", "idn-email":
		f.Format = "email"
	case "phone", "e164", "phone-e164":
		f.Format = "e164"
	case "password":
		f.Secret = f.In != "query" && f.In != "path"
	case "":
	default:
		f.Help = join(f.Help, "format "+text(s.Format))
	}
	if s.WriteOnly && f.In == "" {
		f.Secret = true
	}
	if s.Pattern != "" && f.Help == "" {
		f.Help = "pattern " + text(s.Pattern)
	}
}

func enumTexts(s *openapi3.Schema) []string {
	var out []string
	for _, value := range s.Enum {
		t := fmt.Sprint(value)
		if value != nil && t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// scalarType is string, number, integer, boolean or array; of a schema without a type what
// its other words say. It is false for objects and for what has several types.
func scalarType(s *openapi3.Schema) (string, bool) {
	var types []string
	if s.Type != nil {
		types = slices.DeleteFunc(slices.Clone(s.Type.Slice()), func(t string) bool { return t == "null" })
	}
	switch {
	case len(types) > 1 && slices.Contains(types, "string") && !slices.Contains(types, "object"):
		return "string", true
	case len(types) > 1 || len(types) == 1 && types[0] == "object":
		return "", false
	case len(types) == 1:
		return types[0], true
	case s.Items != nil:
		return "array", true
	case s.Format != "" || s.MaxLength != nil || s.Pattern != "" || len(s.Enum) > 0 && allTexts(s.Enum):
		return "string", true
	}
	if text, ok := s.Const.(string); ok && text != "" {
		return "string", true
	}
	return "", false
}

func allTexts(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, is := v.(string); return v != nil && !is })
}

// simplify merges allOf, and takes of several alternatives the first that fits into a
// cell, or the first object; the note says so. The schema itself is left as it is.
func simplify(s *openapi3.Schema) (*openapi3.Schema, string) { return simplifyTo(s, 0) }

func simplifyTo(s *openapi3.Schema, depth int) (*openapi3.Schema, string) {
	if depth > maxDepth || len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) == 0 {
		return s, ""
	}
	out := *s
	out.AllOf, out.OneOf, out.AnyOf = nil, nil, nil
	out.Properties, out.Required = maps.Clone(s.Properties), slices.Clone(s.Required)
	note := ""
	for _, part := range s.AllOf {
		if part.Value != nil {
			inner, innerNote := simplifyTo(part.Value, depth+1)
			merge(&out, inner)
			note = join(note, innerNote)
		}
	}
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		chosen, others := alternative(list, depth)
		if chosen == nil {
			continue
		}
		inner, innerNote := simplifyTo(chosen, depth+1)
		merge(&out, inner)
		if others > 0 {
			innerNote = join(innerNote, fmt.Sprintf("the document allows %d other shapes", others))
		}
		note = join(note, strings.Replace(innerNote, "allows 1 other shapes", "allows another shape", 1))
	}
	return &out, note
}

// alternative chooses one of several, and says how many others there are. One that is null,
// or the empty text by which some APIs clear, is none.
func alternative(list openapi3.SchemaRefs, depth int) (chosen *openapi3.Schema, others int) {
	var fitting *openapi3.Schema
	for _, ref := range list {
		s := ref.Value
		if s == nil || s.Type.Is("null") || len(s.Enum) > 0 && len(enumTexts(s)) == 0 {
			continue
		}
		others++
		if chosen == nil {
			chosen = s
		}
		simple, _ := simplifyTo(s, depth+1)
		if _, ok := scalarType(simple); ok && fitting == nil {
			fitting = s
		}
	}
	if fitting != nil {
		chosen = fitting
	}
	return chosen, max(0, others-1)
}

// merge adds what a part of a schema says: what is said already stays.
func merge(into, part *openapi3.Schema) {
	if into.Type == nil {
		into.Type = part.Type
	}
	if into.Properties == nil && len(part.Properties) > 0 {
		into.Properties = openapi3.Schemas{}
	}
	for name, p := range part.Properties {
		if into.Properties[name] == nil {
			into.Properties[name] = p
		}
	}
	for _, name := range part.Required {
		if !slices.Contains(into.Required, name) {
			into.Required = append(into.Required, name)
		}
	}
	if into.Items == nil {
		into.Items = part.Items
	}
	if len(into.Enum) == 0 {
		into.Enum = part.Enum
	}
	if into.MaxLength == nil || part.MaxLength != nil && *part.MaxLength < *into.MaxLength {
		into.MaxLength = part.MaxLength
	}
	if into.Const == nil {
		into.Const = part.Const
	}
	for _, t := range []struct{ to, from *string }{
		{&into.Format, &part.Format}, {&into.Description, &part.Description}, {&into.Title, &part.Title}, {&into.Pattern, &part.Pattern},
	} {
		if *t.to == "" {
			*t.to = *t.from
		}
	}
	into.ReadOnly, into.WriteOnly = into.ReadOnly || part.ReadOnly, into.WriteOnly || part.WriteOnly
	into.Nullable = into.Nullable || part.Nullable
}

// permitsNull says so in the words of both versions, 3.0 and 3.1.
func permitsNull(s *openapi3.Schema) bool { return s.Nullable || s.Type.IncludesNull() }
