package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rowpost/mapping"
	"rowpost/providers/declared"
)

// The places of a field in a request.
const (
	inPath   = "path"
	inQuery  = "query"
	inHeader = "header"
	inBody   = "body"
)

// place says where a field travels, by the rules of the file format.
func (op *declaredOperation) place(f *declared.Field) string {
	switch {
	case f.In != "":
		return f.In
	case slices.Contains(op.names, f.Name):
		return inPath
	case op.file.Body == "none":
		return inQuery
	}
	return inBody
}

// wire is the API's own name of a field.
func wire(f *declared.Field) string {
	if f.As != "" {
		return f.As
	}
	return f.Name
}

// heard is what a call brings, by place and the API's own names. JSON values are as in
// [member]; those of other places are strings, or an array if there are several.
type heard map[string]map[string]any

// read takes a call apart and holds it against the description. It sets the call's
// object and fields; a reply is a refusal.
func (op *declaredOperation) read(c *call) *reply {
	if refusal := op.checkHead(c); refusal != nil {
		return refusal
	}
	all, refusal := op.hear(c)
	if refusal != nil {
		return refusal
	}
	if refusal := op.checkConstants(all); refusal != nil {
		return refusal
	}
	fields := map[string]string{}
	for i := range op.file.Fields {
		if refusal := op.takeField(i, all, fields); refusal != nil {
			return refusal
		}
	}
	for _, place := range []string{inQuery, inBody} {
		for _, name := range slices.Sorted(maps.Keys(all[place])) {
			return op.fault(name, "is not known")
		}
	}
	if refusal := op.checkGroups(fields); refusal != nil {
		return refusal
	}
	c.fields, c.object = fields, op.object(fields)
	return nil
}

// checkHead looks at what has to be the same in each request.
func (op *declaredOperation) checkHead(c *call) *reply {
	header := c.request.Header
	refuse := func(message string) *reply {
		r := op.api.trouble(http.StatusBadRequest, message)
		return &r
	}
	media := map[string]string{"json": typeJSON, "form": typeForm}[op.file.Body]
	for name, values := range op.header {
		if got := header.Get(name); got != values[0] {
			return refuse("The header " + name + " must be as it is described.")
		}
		if name == "Content-Type" {
			media = ""
		}
	}
	switch {
	case media != "" && !mediaIs(header, media):
		r := op.api.trouble(http.StatusUnsupportedMediaType, "The content type must be "+media+".")
		return &r
	case op.file.Body == "none" && len(c.body) > 0:
		return refuse("The request has no body.")
	case header.Get("Content-Encoding") != "":
		return refuse("The body must not be encoded.")
	case op.file.IdempotencyHeader != "" && only(header, http.CanonicalHeaderKey(op.file.IdempotencyHeader)) == "":
		return refuse("The header " + op.file.IdempotencyHeader + " must have the request's key.")
	}
	return nil
}

// hear reads path, query, headers and body.
func (op *declaredOperation) hear(c *call) (heard, *reply) {
	refuse := func(message string) *reply {
		r := op.api.trouble(http.StatusBadRequest, message)
		return &r
	}
	all := heard{inPath: {}, inHeader: {}, inBody: {}}
	for i, raw := range op.path.FindStringSubmatch(c.path)[1:] {
		text, err := url.PathUnescape(raw)
		if err != nil {
			return nil, refuse("The path is not well-formed.")
		}
		all[inPath][op.names[i]] = text
	}
	var err error
	if all[inQuery], err = formValues(c.request.URL.RawQuery); err != nil {
		return nil, refuse("The query is not well-formed.")
	}
	for i := range op.file.Fields {
		f := &op.file.Fields[i]
		if values := c.request.Header.Values(wire(f)); op.place(f) == inHeader && len(values) > 0 {
			all[inHeader][wire(f)] = values[0]
		}
	}
	switch op.file.Body {
	case "form":
		if all[inBody], err = formValues(string(c.body)); err != nil {
			return nil, refuse("The body is not a form.")
		}
	case "json":
		body, err := parseObject(c.body)
		if err != nil {
			return nil, refuse("The body is not well-formed: " + err.Error() + ".")
		}
		flatten(all[inBody], "", body)
	}
	return all, nil
}

// formValues gives each parameter's text, or all its texts.
func formValues(text string) (map[string]any, error) {
	values, err := url.ParseQuery(text)
	out := map[string]any{}
	for name, list := range values {
		if len(list) == 1 {
			out[name] = list[0]
			continue
		}
		items := array{}
		for _, item := range list {
			items = append(items, item)
		}
		out[name] = items
	}
	return out, err
}

// flatten names members of members with a dot. An object without members stays one, so
// that it is refused: no value is an object.
func flatten(into map[string]any, before string, o object) {
	for _, m := range o {
		inner, isObject := m.value.(object)
		if isObject && len(inner) > 0 {
			flatten(into, before+m.name+".", inner)
			continue
		}
		into[before+m.name] = m.value
	}
}

// checkConstants takes what is always the same out of what was heard.
func (op *declaredOperation) checkConstants(all heard) *reply {
	for name, want := range op.file.Query {
		if got, ok := all[inQuery][name].(string); !ok || got != want {
			return op.fault(name, "must be as it is described")
		}
		delete(all[inQuery], name)
	}
	for _, k := range op.file.Constants {
		text, ok := op.textOf(all[inBody][k.Name], k.Type, inBody)
		if !ok || text != k.Value {
			return op.fault(k.Name, "must be as it is described")
		}
		delete(all[inBody], k.Name)
	}
	return nil
}

// textOf gives a value's text, if it has the declared type. Only JSON tells types apart.
func (op *declaredOperation) textOf(value any, kind, place string) (string, bool) {
	if place != inBody || op.file.Body != "json" {
		text, ok := value.(string)
		return text, ok
	}
	switch kind {
	case "number", "integer":
		number, ok := value.(json.Number)
		return number.String(), ok
	case "boolean":
		is, ok := value.(bool)
		if is {
			return "true", ok
		}
		return "false", ok
	}
	text, ok := value.(string)
	return text, ok
}

// takeField moves a field from what was heard to the call's fields, and checks it.
// A field that the request clears has the text by which it does, or none.
func (op *declaredOperation) takeField(i int, all heard, fields map[string]string) *reply {
	f, s := &op.file.Fields[i], op.schema.Fields[i]
	place, name := op.place(f), wire(f)
	if place == inPath {
		name = f.Name
	}
	value, ok := all[place][name]
	delete(all[place], name)
	if !ok && s.Required {
		return op.fault(name, "is required")
	}
	if !ok {
		return nil
	}
	if value == nil && f.ClearNull {
		fields[f.Name] = ""
		return nil
	}
	items := array{value}
	if list, isList := value.(array); isList && f.Separator != "" {
		items = list
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		text, isText := op.textOf(item, f.Type, place)
		if !isText {
			return op.fault(name, "has the wrong type")
		}
		if why := wrong(s, text); why != "" {
			return op.fault(name, why)
		}
		texts = append(texts, text)
	}
	fields[f.Name] = strings.Join(texts, f.Separator)
	return nil
}

// wrong says what an API would not take of a text; empty: it takes it.
func wrong(s mapping.Field, text string) string {
	switch {
	case s.Clear != "" && text == s.Clear:
		return ""
	case text == "" && s.Required:
		return "is required"
	case text == "" && len(s.Enum) == 0 && s.Format == "":
		return ""
	case text == "":
		return "is empty"
	}
	s.Separator = ""
	if refused := s.Refuse(text); refused != nil {
		return "is not taken: " + strings.TrimPrefix(refused.Msg, "value ")
	}
	return ""
}

func (op *declaredOperation) checkGroups(fields map[string]string) *reply {
	for _, g := range op.file.Groups {
		list := slices.Concat(g.ExactlyOne, g.AtLeastOne)
		n := 0
		for _, name := range list {
			if _, has := fields[name]; has {
				n++
			}
		}
		if n == 0 || n > 1 && len(g.ExactlyOne) > 0 {
			return op.fault(op.wireName(list[0]), "or another of "+mapping.Listed(list)+" is needed, and not too many of them")
		}
	}
	for i := range op.file.Fields {
		f := &op.file.Fields[i]
		for _, w := range f.FormatWhen {
			text, has := fields[f.Name]
			if !has || fields[w.Field] != w.Equals {
				continue
			}
			if why := wrong(mapping.Field{Format: mapping.Format(w.Format)}, text); why != "" {
				return op.fault(wire(f), why)
			}
		}
	}
	return nil
}

func (op *declaredOperation) wireName(field string) string {
	for i := range op.file.Fields {
		if f := &op.file.Fields[i]; f.Name == field {
			return wire(f)
		}
	}
	return field
}
