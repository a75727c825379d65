package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"
)

// member is a name and its value in a JSON object.
type member struct {
	name string
	// value is a string, a json.Number, a bool, nil, an object, or [array].
	value any
}

// object is a JSON object in the order in which it was written.
type object []member

// array is a JSON array; only operations that a file describes take one.
type array []any

var (
	errNotJSON   = errors.New("not valid JSON in UTF-8")
	errDuplicate = errors.New("a name stands twice in an object")
	errNotObject = errors.New("not a JSON object")
)

// parseObject reads a JSON object as strictly as RFC 8259 allows: valid UTF-8, no
// name twice (section 4), no half of a surrogate pair (section 8.2), nothing behind
// it. Valid JSON that is no object is errNotObject.
func parseObject(body []byte) (object, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errNotJSON
	}
	p := parser{text: body, replaced: bytes.Contains(body, []byte("\ufffd"))}
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	o, ok := value.(object)
	if !ok {
		return nil, errNotObject
	}
	return o, nil
}

// parser walks through a text that json.Valid has taken, so it need not look for
// mistakes in its syntax.
type parser struct {
	text     []byte
	at       int
	replaced bool // the text itself has U+FFFD; else the decoder put it for a lone surrogate
}

// next gives the next byte that is no white space, and stays on it.
func (p *parser) next() byte {
	for p.text[p.at] <= ' ' {
		p.at++
	}
	return p.text[p.at]
}

func (p *parser) value() (any, error) {
	switch p.next() {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return p.string()
	}
	start := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n,]}", p.text[p.at]) < 0 {
		p.at++
	}
	switch word := string(p.text[start:p.at]); word {
	case "null":
		return nil, nil
	case "true", "false":
		return word == "true", nil
	default:
		return json.Number(word), nil
	}
}

func (p *parser) string() (string, error) {
	start := p.at
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	raw := p.text[start:p.at]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil || !p.replaced && strings.ContainsRune(text, utf8.RuneError) {
		return "", errNotJSON
	}
	return text, nil
}

func (p *parser) object() (any, error) {
	o := make(object, 0, 12)
	for p.at++; p.next() != '}'; {
		if p.text[p.at] == ',' {
			p.at++
			p.next()
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := o.get(name); twice {
			return nil, errDuplicate
		}
		p.next()
		p.at++ // the colon
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		o = append(o, member{name, value})
	}
	p.at++
	return o, nil
}

func (p *parser) array() (any, error) {
	items := array{}
	for p.at++; p.next() != ']'; {
		if p.text[p.at] == ',' {
			p.at++
		}
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	p.at++
	return items, nil
}

func (o object) get(name string) (any, bool) {
	for i := range o {
		if o[i].name == name {
			return o[i].value, true
		}
	}
	return nil, false
}

var (
	errNotForm = errors.New("not a form in UTF-8")
	errTwice   = errors.New("a parameter stands twice")
)

// parseForm reads application/x-www-form-urlencoded, each name at most once.
func parseForm(body []byte) (map[string]string, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errNotForm
	}
	form := make(map[string]string, len(values))
	for name, list := range values {
		switch {
		case name == "" || !utf8.ValidString(name) || !utf8.ValidString(list[0]):
			return nil, errNotForm
		case len(list) > 1:
			return nil, errTwice
		}
		form[name] = list[0]
	}
	return form, nil
}
