package providers

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Object is a JSON object as it came, read in place: confirming an answer costs no
// tree of maps. Names are compared exactly, case included.
type Object struct {
	body []byte // valid JSON, from the opening brace on
}

// ParseObject takes a body that is one complete JSON object, with white space around
// it and a byte order mark before it if need be.
func ParseObject(body []byte) (Object, bool) {
	body = trimJSON(body)
	if len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return Object{}, false
	}
	return Object{body}, true
}

// Raw gives a member's value as it stands in the body. A member that is there twice is
// as good as none: what it says depends on who reads it.
func (o Object) Raw(name string) ([]byte, bool) {
	value, count := o.find(name)
	return value, count == 1
}

// Has says whether there is a member of that name, be it twice.
func (o Object) Has(name string) bool {
	_, count := o.find(name)
	return count > 0
}

// find gives the last member of a name, and how many there are.
func (o Object) find(name string) (found []byte, count int) {
	for rest := o.body[1:]; ; {
		rest = trimBlank(rest)
		if len(rest) == 0 || rest[0] == '}' {
			return found, count
		}
		if rest[0] == ',' {
			rest = rest[1:]
			continue
		}
		key := rest[:valueLen(rest)]
		rest = trimBlank(rest[len(key):])
		rest = trimBlank(rest[1:]) // the colon
		value := rest[:valueLen(rest)]
		rest = rest[len(value):]
		if isName(key, name) {
			found, count = value, count+1
		}
	}
}

// Text gives a member that is a string, or a number by its digits; of others it says false.
func (o Object) Text(name string) (string, bool) {
	raw, ok := o.Raw(name)
	if !ok {
		return "", false
	}
	if c := raw[0]; c == '-' || '0' <= c && c <= '9' {
		return string(raw), true
	}
	return unquote(raw)
}

// Is says whether a member is a string of exactly this text.
func (o Object) Is(name, text string) bool {
	raw, ok := o.Raw(name)
	return ok && raw[0] == '"' && isName(raw, text)
}

// IsNumber says whether a member is a number of exactly these digits.
func (o Object) IsNumber(name, digits string) bool {
	raw, ok := o.Raw(name)
	return ok && raw[0] != '"' && digits != "" && string(raw) == digits
}

func isName(quoted []byte, name string) bool {
	if inner := quoted[1 : len(quoted)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == name
	}
	text, _ := unquote(quoted)
	return text == name
}

func unquote(raw []byte) (string, bool) {
	if raw[0] != '"' {
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	var text string
	err := json.Unmarshal(raw, &text)
	return text, err == nil
}

// valueLen gives the length of the value that valid JSON starts with. It counts
// brackets and does not recurse, so depth costs no stack.
func valueLen(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringLen(b[i:]) - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of what holds a bare number or literal
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

func stringLen(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func trimJSON(body []byte) []byte {
	body = trimBlank(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	for len(body) > 0 && isBlankByte(body[len(body)-1]) {
		body = body[:len(body)-1]
	}
	return body
}

func trimBlank(b []byte) []byte {
	for len(b) > 0 && isBlankByte(b[0]) {
		b = b[1:]
	}
	return b
}

// isBlankByte tells JSON's white space.
func isBlankByte(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
