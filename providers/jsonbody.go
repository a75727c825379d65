package providers

import (
	"slices"
	"strings"
	"unicode/utf8"

	"rowpost/mapping"
)

// JSONBody writes the fields of records as a JSON object: as strings, but for those whose
// format is a number, an integer or a boolean, whose very text becomes the value; lists as
// arrays of these. The order is the schema's; names with dots become nested objects, which are left out
// where none of their fields is sent. Characters are escaped as RFC 8259 demands and
// no further. It is compiled once for an operation and safe for concurrent use.
type JSONBody struct {
	members []jsonMember
	fixed   int // bytes of an object that has all fields, all of them empty
}

// jsonMember is a value or an object of values.
type jsonMember struct {
	key     string // quoted, with its colon
	name    string // the field's
	field   int    // position in the schema; -1: an object
	clear   string
	null    bool           // null clears it
	of      *mapping.Field // how it is written; nil: an object
	members []jsonMember
}

// NewJSONBody compiles a schema; the fields named in except stay out of the body. It
// panics where a name is a value and an object at once, which [CheckSchema] finds.
func NewJSONBody(schema *mapping.Schema, except ...string) *JSONBody {
	b := &JSONBody{fixed: 2}
	for i, f := range schema.Fields {
		if slices.Contains(except, f.Name) {
			continue
		}
		leaf := jsonMember{name: f.Name, field: i, clear: f.Clear, null: f.ClearNull, of: &schema.Fields[i]}
		b.members = insertMember(b.members, strings.Split(f.Name, "."), leaf)
		b.fixed += len(f.Name) + len(f.Clear) + 8
	}
	return b
}

func insertMember(in []jsonMember, path []string, leaf jsonMember) []jsonMember {
	key := string(appendJSONString(nil, path[0])) + ":"
	at := slices.IndexFunc(in, func(m jsonMember) bool { return m.key == key })
	switch {
	case len(path) == 1 && at < 0:
		leaf.key = key
		return append(in, leaf)
	case len(path) == 1 || at >= 0 && in[at].field >= 0:
		panic("providers: field " + leaf.name + " is a value and an object at once, or there twice")
	case at < 0:
		in = append(in, jsonMember{key: key, field: -1})
		at = len(in) - 1
	}
	in[at].members = insertMember(in[at].members, path[1:], leaf)
	return in
}

// Encode writes a record. A text that is not UTF-8 is refused with a
// *mapping.CellError: JSON cannot carry it, and it is never altered silently.
func (b *JSONBody) Encode(r mapping.Record) ([]byte, error) {
	dst := make([]byte, 0, bodySize(b.fixed, r))
	dst = append(dst, '{')
	dst, err := appendMembers(dst, b.members, r)
	if err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// bodySize leaves some room for escapes, so that most bodies are one allocation.
func bodySize(fixed int, r mapping.Record) int {
	size := fixed + 16
	for i := range r.Values {
		size += len(r.Values[i].Text)
	}
	return size
}

func appendMembers(dst []byte, members []jsonMember, r mapping.Record) ([]byte, error) {
	start := len(dst)
	for i := range members {
		m := &members[i]
		before := len(dst)
		if before > start {
			dst = append(dst, ',')
		}
		var wrote bool
		var err error
		if m.field < 0 {
			dst, wrote, err = appendObject(dst, m, r)
		} else {
			dst, wrote, err = appendValue(dst, m, r.Values[m.field])
		}
		if err != nil {
			return nil, err
		}
		if !wrote {
			dst = dst[:before]
		}
	}
	return dst, nil
}

func appendObject(dst []byte, m *jsonMember, r mapping.Record) ([]byte, bool, error) {
	dst = append(dst, m.key...)
	dst = append(dst, '{')
	start := len(dst)
	dst, err := appendMembers(dst, m.members, r)
	if err != nil {
		return nil, false, err
	}
	return append(dst, '}'), len(dst) > start, nil
}

func appendValue(dst []byte, m *jsonMember, v mapping.Value) ([]byte, bool, error) {
	if m.null && v.Is == mapping.Cleared {
		return append(append(dst, m.key...), "null"...), true, nil
	}
	text, sent, err := sentText(v, m.name, m.clear)
	if !sent || err != nil {
		return dst, false, err
	}
	dst = append(dst, m.key...)
	if m.of.Separator != "" && v.Is == mapping.Present {
		dst, err = appendList(dst, m.of, text)
	} else {
		dst, err = appendTyped(dst, m.of, text)
	}
	return dst, true, err
}

// appendList writes an array; a text without items is an empty one.
func appendList(dst []byte, f *mapping.Field, text string) ([]byte, error) {
	dst = append(dst, '[')
	var err error
	for i, item := range f.Items(text) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendTyped(dst, f, item); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// appendTyped writes a value as its format says. What the schema's own checks let through
// is written; the rest would break the body, and is refused.
func appendTyped(dst []byte, f *mapping.Field, text string) ([]byte, error) {
	if !isTyped(f.Format) || text == f.Clear && f.Clear != "" {
		return appendJSONString(dst, text), nil
	}
	if err := checkTyped(f, text); err != nil {
		return nil, err
	}
	return append(dst, text...), nil
}

func isTyped(f mapping.Format) bool {
	return f == mapping.FormatNumber || f == mapping.FormatInteger || f == mapping.FormatBoolean
}

// checkTyped refuses what is no number, integer or boolean where one is wanted.
func checkTyped(f *mapping.Field, text string) error {
	if !isTyped(f.Format) {
		return nil
	}
	only := mapping.Field{Name: f.Name, Format: f.Format}
	if text == "" {
		return &mapping.CellError{Field: f.Name, Code: mapping.CodeBadFormat, Msg: "an empty text is no " + string(f.Format)}
	}
	if refused := only.Refuse(text); refused != nil {
		return refused
	}
	return nil
}

// sentText gives the text that a body carries for a value, if it carries one.
func sentText(v mapping.Value, field, clearBy string) (text string, sent bool, err error) {
	switch v.Is {
	case mapping.Absent:
		return "", false, nil
	case mapping.Cleared:
		if clearBy == "" {
			return "", false, &mapping.CellError{Field: field, Code: mapping.CodeBadValue, Msg: "the API has no way to clear this field"}
		}
		return clearBy, true, nil
	case mapping.Present:
	}
	if !utf8.ValidString(v.Text) {
		return "", false, &mapping.CellError{
			Field: field, Code: mapping.CodeBadEncoding, Msg: notUTF8,
			Hint: "say the table's encoding in the mapping: source: {encoding: windows-1252}",
		}
	}
	return v.Text, true, nil
}

// appendJSONString quotes a text that is valid UTF-8.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscaped(dst, c)
		from = i + 1
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', upperHex[c>>4], upperHex[c&15])
}
