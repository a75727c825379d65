package declared

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rowpost/providers"
)

// holds says whether a condition holds of an answer's body.
func (o *operation) holds(c *Condition, q providers.Request, body []byte) bool {
	raw, ok := valueAt(body, c.Pointer)
	switch {
	case c.Absent:
		return !hasAt(body, c.Pointer)
	case c.Optional && !hasAt(body, c.Pointer):
		return true
	case !ok:
		return false
	case c.Present:
		text, isText := textOf(raw)
		return string(raw) != "null" && (!isText || providers.CleanID(text) != "")
	case c.SameAs != "":
		sent, has := o.sent(q, c.SameAs)
		return has && sameText(raw, sent, c.IgnoreCase)
	case len(c.OneOf) > 0:
		return slices.ContainsFunc(c.OneOf, func(want string) bool { return isValue(raw, want, c.Type) })
	}
	return isValue(raw, c.Equals, c.Type)
}

// isValue compares a value with a text of a type. Numbers and booleans are compared as
// they are written.
func isValue(raw []byte, want, kind string) bool {
	if typeFormat(kind) != "" {
		return string(raw) == want
	}
	if len(raw) == 0 || raw[0] != '"' {
		return false
	}
	text, ok := textOf(raw)
	return ok && text == want
}

// sameText compares a value with what was sent; a number has lost its leading zeros.
func sameText(raw []byte, sent string, ignoreCase bool) bool {
	text, ok := textOf(raw)
	if !ok {
		return false
	}
	if raw[0] != '"' {
		return text == sent || text == strings.TrimLeft(sent, "0")
	}
	return text == sent || ignoreCase && strings.EqualFold(text, sent)
}

// valueAt follows a JSON Pointer (RFC 6901) to a value as it stands in the body. A member
// that is there twice is as good as none: what it says depends on who reads it.
func valueAt(body []byte, pointer string) ([]byte, bool) {
	raw, ok := whole(body)
	if !ok {
		return nil, false
	}
	for _, part := range parts(pointer) {
		switch raw[0] {
		case '{':
			object, isObject := providers.ParseObject(raw)
			if raw, ok = object.Raw(part); !isObject || !ok {
				return nil, false
			}
		case '[':
			if raw, ok = element(raw, part); !ok {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return raw, true
}

// hasAt says whether a pointer leads to a member, be it null or there twice.
func hasAt(body []byte, pointer string) bool {
	if pointer == "" {
		_, ok := whole(body)
		return ok
	}
	cut := strings.LastIndexByte(pointer, '/')
	outer, ok := valueAt(body, pointer[:cut])
	if !ok {
		return false
	}
	if object, isObject := providers.ParseObject(outer); isObject {
		return object.Has(parts(pointer[cut:])[0])
	}
	_, ok = valueAt(body, pointer)
	return ok
}

// whole is a body that is one complete JSON value.
func whole(body []byte) ([]byte, bool) {
	body = bytes.Trim(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	return body, len(body) > 0 && json.Valid(body)
}

func parts(pointer string) []string {
	if pointer == "" {
		return nil
	}
	out := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, part := range out {
		out[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return out
}

func element(list []byte, part string) ([]byte, bool) {
	var items []json.RawMessage
	i, err := strconv.Atoi(part)
	if err != nil || json.Unmarshal(list, &items) != nil || i < 0 || i >= len(items) {
		return nil, false
	}
	return bytes.TrimSpace(items[i]), true
}

// textAt gives a string, or a number by its digits.
func textAt(body []byte, pointer string) (string, bool) {
	raw, ok := valueAt(body, pointer)
	if !ok {
		return "", false
	}
	return textOf(raw)
}

func textOf(raw []byte) (string, bool) {
	switch c := raw[0]; {
	case c == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err == nil
	case c == '-' || '0' <= c && c <= '9':
		return string(raw), true
	}
	return "", false
}

// sent gives what a request carries of a field. It is read from the request alone: after
// a crash nothing else is left of the row.
func (o *operation) sent(q providers.Request, field string) (string, bool) {
	i := o.description.Schema.Index(field)
	f := &o.file.Fields[i]
	switch o.places[i] {
	case inPath:
		return fromPath(o.file.Path, q.Path, field)
	case inHeader:
		values := q.Header.Values(f.wireName())
		return strings.Join(values, ""), len(values) == 1
	case inQuery:
		return fromForm(q.Query, f.wireName())
	}
	if o.file.Body == bodyForm {
		return fromForm(string(q.Body), f.wireName())
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	return textAt(q.Body, "/"+strings.ReplaceAll(escape.Replace(f.wireName()), ".", "/"))
}

func fromForm(text, name string) (string, bool) {
	values, err := url.ParseQuery(text)
	if err != nil || len(values[name]) != 1 {
		return "", false
	}
	return values.Get(name), true
}

// fromPath finds the field's segment: no field spans several.
func fromPath(template, path, field string) (string, bool) {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return "", false
	}
	for i, segment := range want {
		before, after, found := strings.Cut(segment, "{"+field+"}")
		if !found {
			continue
		}
		inner, okBefore := strings.CutPrefix(got[i], before)
		inner, okAfter := strings.CutSuffix(inner, after)
		text, err := url.PathUnescape(inner)
		return text, okBefore && okAfter && err == nil
	}
	return "", false
}
