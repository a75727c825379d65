package providers

import (
	"slices"

	"rowpost/mapping"
)

// FormBody writes the fields of records as application/x-www-form-urlencoded, in the
// schema's order, lists as their name repeated. It is compiled once for an operation and safe for concurrent use.
type FormBody struct {
	fields []formField
	fixed  int
}

type formField struct {
	key   string // escaped, with its equals sign
	name  string
	field int // position in the schema
	clear string
	of    *mapping.Field
}

// NewFormBody compiles a schema; the fields named in except stay out of the body.
func NewFormBody(schema *mapping.Schema, except ...string) *FormBody {
	b := &FormBody{}
	for i, f := range schema.Fields {
		if slices.Contains(except, f.Name) {
			continue
		}
		key := string(appendFormText(nil, f.Name)) + "="
		b.fields = append(b.fields, formField{key, f.Name, i, f.Clear, &schema.Fields[i]})
		b.fixed += len(key) + len(f.Clear) + 1
	}
	return b
}

// Encode writes a record. A text that is not UTF-8 is refused with a *mapping.CellError.
func (b *FormBody) Encode(r mapping.Record) ([]byte, error) {
	dst := make([]byte, 0, bodySize(b.fixed, r))
	for i := range b.fields {
		f := &b.fields[i]
		text, sent, err := sentText(r.Values[f.field], f.name, f.clear)
		if err != nil {
			return nil, err
		}
		if !sent {
			continue
		}
		for _, item := range f.items(text, r.Values[f.field].Is) {
			if err := checkTyped(f.of, item); err != nil && (item != f.clear || f.clear == "") {
				return nil, err
			}
			if len(dst) > 0 {
				dst = append(dst, '&')
			}
			dst = append(dst, f.key...)
			dst = appendFormText(dst, item)
		}
	}
	return dst, nil
}

// items are the texts under the field's key.
func (f *formField) items(text string, is mapping.Presence) []string {
	if f.of.Separator == "" || is == mapping.Cleared {
		return []string{text}
	}
	return f.of.Items(text)
}

func appendFormText(dst []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case isUnreserved(c):
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
