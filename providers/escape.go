package providers

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"rowpost/mapping"
)

const upperHex = "0123456789ABCDEF"

// EscapePathSegment percent-encodes all but the unreserved characters of RFC 3986, so
// that the text is one segment of a path whatever it holds. What no server can be
// trusted to take as data is refused with a *mapping.CellError, its Field left to the
// caller: an empty text, "." and ".." (they name other resources), control characters
// and bytes that are not UTF-8.
func EscapePathSegment(s string) (string, error) {
	if err := checkSegment(s); err != nil {
		return "", err
	}
	plain := 0
	for plain < len(s) && isUnreserved(s[plain]) {
		plain++
	}
	if plain == len(s) {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:plain])
	for i := plain; i < len(s); i++ {
		if c := s[i]; isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String(), nil
}

func checkSegment(s string) error {
	refuse := func(code, msg string) error { return &mapping.CellError{Code: code, Msg: msg} }
	switch {
	case s == "":
		return refuse(mapping.CodeRequired, "it goes into the address and may not be empty")
	case s == "." || s == "..":
		return refuse(mapping.CodeBadFormat, `it goes into the address, where "." and ".." name another resource`)
	case !utf8.ValidString(s):
		return refuse(mapping.CodeBadEncoding, notUTF8)
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return refuse(mapping.CodeBadFormat, "it goes into the address and may hold no control characters")
	}
	return nil
}

const notUTF8 = "the text is not valid UTF-8"

func isUnreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
		c == '-', c == '.', c == '_', c == '~':
		return true
	}
	return false
}

// Path is an operation's path with fields of its records in some segments.
type Path struct {
	parts []pathPart
}

// pathPart is a text as it stands, or the segment of a field.
type pathPart struct {
	text  string
	field int // position in the schema; -1: the text
}

// NewPath compiles a path in which fields stand in braces: /customers/{id}. It panics
// if the schema has no field of that name: the description is wrong.
func NewPath(schema *mapping.Schema, template string) *Path {
	p := &Path{}
	for template != "" {
		text, rest, found := strings.Cut(template, "{")
		p.parts = append(p.parts, pathPart{text, -1})
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		i := schema.Index(name)
		if i < 0 {
			panic("providers: the path " + template + " names no field of the schema")
		}
		p.parts = append(p.parts, pathPart{name, i})
		template = after
	}
	return p
}

// Build gives the path for a record, escaped. A refusal is a *mapping.CellError.
func (p *Path) Build(r mapping.Record) (string, error) {
	var b strings.Builder
	for _, part := range p.parts {
		if part.field < 0 {
			b.WriteString(part.text)
			continue
		}
		segment, err := EscapePathSegment(r.Values[part.field].Text)
		if err != nil {
			return "", InField(err, part.text)
		}
		b.WriteString(segment)
	}
	return b.String(), nil
}

// InField sets the field of a refusal that does not know it yet.
func InField(err error, field string) error {
	if cell := (*mapping.CellError)(nil); errors.As(err, &cell) && cell.Field == "" {
		named := *cell
		named.Field = field
		return &named
	}
	return err
}
