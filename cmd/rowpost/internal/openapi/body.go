package openapi

import (
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"rowpost/providers/declared"
)

const (
	typeJSON = "application/json"
	typeForm = "application/x-www-form-urlencoded"
	// maxDepth bounds schemas that contain themselves; people nest four deep at most.
	maxDepth = 6
	// maxFields keeps the largest schemas readable.
	maxFields = 200
)

// body drafts the fields of the request's body. Why says that it cannot be made.
func (b *operationDrafter) body() (why string) {
	ref := b.c.of.RequestBody
	if ref == nil || ref.Value == nil || len(ref.Value.Content) == 0 {
		return ""
	}
	kind, media := chooseMedia(ref.Value.Content)
	if media == nil {
		types := text(strings.Join(slices.Sorted(maps.Keys(ref.Value.Content)), ", "))
		if ref.Value.Required {
			return "its body is neither JSON nor a form: " + types
		}
		b.note("left out: the body, which is optional and neither JSON nor a form: %s", types)
		return ""
	}
	if media.Schema == nil || media.Schema.Value == nil {
		return "its body has no schema"
	}
	root, note := simplify(media.Schema.Value)
	if note != "" {
		b.note("body: %s", note)
	}
	if len(root.Properties) == 0 {
		return "its body is no object with named members"
	}
	b.op.Body = "json"
	if kind == typeForm {
		b.op.Body = "form"
	} else if kind != typeJSON {
		b.op.Headers = map[string]string{"Content-Type": kind}
	}
	f := &flattener{b: b, media: media, within: parts(media.Schema.Value)}
	f.members(root, nil, ref.Value.Required || len(root.Required) > 0, 0)
	if f.bracketed {
		b.note("nested names are written with brackets, as address[city]: the document does not forbid it, and most forms do so")
	}
	return ""
}

// chooseMedia prefers JSON, and of its kinds the plain one.
func chooseMedia(content openapi3.Content) (string, *openapi3.MediaType) {
	best, rank := "", 100
	for _, full := range slices.Sorted(maps.Keys(content)) {
		kind, _, err := mime.ParseMediaType(full)
		if err != nil {
			continue
		}
		r := 100
		switch {
		case kind == typeJSON || kind == "*/*":
			r = 0
		case strings.HasSuffix(kind, "+json"):
			r = 1
		case kind == typeForm:
			r = 2
		}
		if r < rank {
			best, rank = full, r
		}
	}
	if best == "" {
		return "", nil
	}
	kind, _, _ := mime.ParseMediaType(best)
	if kind == "*/*" {
		kind = typeJSON
	}
	return kind, content[best]
}

// flattener makes fields of a schema's members, nested ones with a dot.
type flattener struct {
	b         *operationDrafter
	media     *openapi3.MediaType
	bracketed bool
	within    []*openapi3.Schema // those around the member that is drafted
}

// parts are a schema and what it is merged of.
func parts(s *openapi3.Schema) []*openapi3.Schema {
	out := []*openapi3.Schema{s}
	for _, ref := range s.AllOf {
		if ref.Value != nil && len(out) < maxFields {
			out = append(out, parts(ref.Value)...)
		}
	}
	return out
}

// members drafts those that are required first, each part by name: a document has no order.
func (f *flattener) members(s *openapi3.Schema, path []string, required bool, depth int) {
	names := slices.SortedFunc(maps.Keys(s.Properties), func(a, b string) int {
		switch first, second := slices.Contains(s.Required, a), slices.Contains(s.Required, b); {
		case first == second:
			return strings.Compare(a, b)
		case first:
			return -1
		}
		return 1
	})
	for _, name := range names {
		if p := s.Properties[name]; p != nil && p.Value != nil {
			f.member(p.Value, append(slices.Clone(path), name), required, slices.Contains(s.Required, name), depth)
		}
	}
}

// member drafts one. It is required if it is so in its object and all objects around are.
func (f *flattener) member(raw *openapi3.Schema, path []string, around, required bool, depth int) {
	full := strings.Join(path, ".")
	left := func(reason string) {
		if around && required {
			reason += "; it is required, so the operation fails without it"
		}
		f.b.note("left out: %s: %s", text(full), reason)
	}
	s, note := simplify(raw)
	name := path[len(path)-1]
	switch {
	case s.ReadOnly:
		return
	case name == "" || strings.ContainsAny(name, ".{}") || oneLine(name, 100) != name:
		left("its name cannot be written: dots part nested names")
		return
	case len(f.b.op.Fields) >= maxFields:
		if len(f.b.op.Fields) == maxFields && !slices.Contains(f.b.general, tooMany) {
			f.b.general = append(f.b.general, tooMany)
		}
		return
	case len(s.Properties) > 0 && (depth >= maxDepth || slices.Contains(f.within, raw)):
		left("it contains itself, or is nested too deep")
		return
	case len(s.Properties) > 0:
		before := f.within
		f.within = append(slices.Clone(before), parts(raw)...)
		f.members(s, path, around && required, depth+1)
		f.within = before
		return
	}
	if c, ok := constant(s); ok && around && required && f.b.op.Body == "json" {
		c.Name = full
		f.b.op.Constants = append(f.b.op.Constants, c)
		return
	}
	field := declared.Field{Name: full, Required: around && required, Help: help(s.Title, s.Description)}
	if raw.Description != "" {
		field.Help = help("", raw.Description)
	}
	if reason, ok := f.b.shape(&field, s, true); !ok {
		left(reason)
		return
	}
	if required && !around {
		note = join(note, "required where its object is sent")
	}
	f.name(&field, path)
	f.b.addField(field, note)
}

var tooMany = fmt.Sprintf("left out: more than %d members; describe those that are needed", maxFields)

// name finds the field's name in a form, where nesting is a convention.
func (f *flattener) name(field *declared.Field, path []string) {
	if f.b.op.Body != "form" {
		return
	}
	field.ClearNull = false
	if len(path) > 1 {
		field.As = path[0] + "[" + strings.Join(path[1:], "][") + "]"
		e := f.media.Encoding[path[0]]
		f.bracketed = f.bracketed || e == nil || e.Style != "deepObject"
	}
}

// constant is a value that the document allows no other for.
func constant(s *openapi3.Schema) (declared.Constant, bool) {
	value := s.Const
	if value == nil && len(s.Enum) == 1 {
		value = s.Enum[0]
	}
	kind, ok := scalarType(s)
	if value == nil || !ok || kind == "array" {
		return declared.Constant{}, false
	}
	written := fmt.Sprint(value)
	if written == "" || oneLine(written, 200) != written {
		return declared.Constant{}, false
	}
	if kind == "string" {
		kind = ""
	}
	return declared.Constant{Value: written, Type: kind}, true
}

func join(notes ...string) string {
	return strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "; ")
}
