package mapping

import (
	"io/fs"
	"iter"
	"reflect"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// text is a scalar exactly as it is written: 0123, NO and 1e5 are texts like any other.
type text struct {
	s  string
	at pos
}

// number is a whole number, written in decimal digits.
type number struct {
	n  int
	at pos
}

// place is embedded in what stands at a place of the file. Broken says that a problem
// with its keys was noted, so that what is missing in it is not worth a second one.
type place struct {
	at     pos
	broken bool
}

func (p *place) setPlace(at pos) { p.at = at }
func (p *place) setBroken()      { p.broken = true }

// decoder fills the document's types from YAML nodes and notes all problems on its way.
type decoder struct {
	problems
	lines []string // of the file, for positions inside of scalars
	fsys  fs.FS    // where lookup files are; nil: nowhere
	kind  FileKind
	// places has where things stand, by their path; nil: it is not asked for.
	places map[string]pos
	path   string // of what is being read
}

// below runs read for a part of what is being read, and notes where the part stands.
func (d *decoder) below(part string, at pos, read func()) {
	if d.places == nil {
		read()
		return
	}
	outer := d.path
	d.path = joinPath(outer, part)
	d.places[d.path] = at
	read()
	d.path = outer
}

// placed is implemented by embedding a place.
type placed interface {
	setPlace(pos)
	setBroken()
}

// nodeDecoder is implemented by types that can be written in more than one form.
type nodeDecoder interface{ decodeNode(*decoder, *yaml.Node) }

func position(n *yaml.Node) pos { return pos{n.Line, n.Column} }

// value fills v from a node, by v's type.
func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if own, ok := v.Addr().Interface().(nodeDecoder); ok {
		own.decodeNode(d, n)
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		d.items(n, v)
	case reflect.Map:
		d.table(n, v)
	case reflect.String:
		var t text
		t.decodeNode(d, n)
		v.SetString(t.s)
	case reflect.Int:
		var t number
		t.decodeNode(d, n)
		v.SetInt(int64(t.n))
	case reflect.Bool:
		d.truth(n, v)
	default:
		d.block(n, v)
	}
}

func (d *decoder) truth(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		d.add(position(n), "", "here must be true or false")
		return
	}
	v.SetBool(n.Value == "true")
}

// table fills a map of texts.
func (d *decoder) table(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.add(position(n), "", "here must be keys with values, not %s", shape(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for key, val := range d.pairs(n) {
		d.below(key.s, position(val), func() {
			item := reflect.New(v.Type().Elem()).Elem()
			d.value(val, item)
			v.SetMapIndex(reflect.ValueOf(key.s), item)
		})
	}
}

func (d *decoder) items(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.add(position(n), "write it as [first, second], or one a line, each after a dash", "here must be a list, not %s", shape(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.below(index(i), position(item), func() { d.value(item, v.Index(i)) })
	}
}

// block fills a struct: its keys are those of the yaml tags, and no others.
func (d *decoder) block(n *yaml.Node, v reflect.Value) {
	before := len(d.list)
	defer func() {
		if p, ok := v.Addr().Interface().(placed); ok {
			p.setPlace(position(n))
			if len(d.list) > before {
				p.setBroken()
			}
		}
	}()
	if n.Kind != yaml.MappingNode {
		d.add(position(n), "the keys that can stand here: "+listed(keysOf(v.Type())), "here must be keys with values, not %s", shape(n))
		return
	}
	for key, val := range d.pairs(n) {
		field, ok := fieldOf(v, key.s)
		if !ok {
			keys := keysOf(v.Type())
			d.add(key.at, "the keys that can stand here: "+listed(keys), "unknown key %q%s", key.s, didYouMean(key.s, keys))
			continue
		}
		d.below(key.s, position(val), func() { d.value(val, field) })
	}
}

// pairs walks the keys of a mapping in the file's order and refuses repeated ones.
func (d *decoder) pairs(n *yaml.Node) iter.Seq2[text, *yaml.Node] {
	return func(yield func(text, *yaml.Node) bool) {
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				d.add(position(k), "", "a key must be a text, not %s", shape(k))
				continue
			}
			if line, twice := seen[k.Value]; twice {
				d.add(position(k), "", "key %q stands here a second time; the first is in line %d", k.Value, line)
				continue
			}
			seen[k.Value] = k.Line
			if !yield(text{k.Value, position(k)}, n.Content[i+1]) {
				return
			}
		}
	}
}

func (t *text) decodeNode(d *decoder, n *yaml.Node) {
	t.at = position(n)
	switch {
	case n.Kind != yaml.ScalarNode:
		d.add(t.at, "", "here must be a text, not %s", shape(n))
	case n.Value == "" && n.Style == 0:
		d.add(t.at, `write "" for an empty text`, "nothing is written here")
	default:
		t.s = n.Value
	}
}

// maxNumber is far above every number that a mapping can mean.
const maxNumber = 1 << 30

func (t *number) decodeNode(d *decoder, n *yaml.Node) {
	t.at = position(n)
	if n.Kind != yaml.ScalarNode {
		d.add(t.at, "", "here must be a whole number, not %s", shape(n))
		return
	}
	v, err := strconv.ParseUint(n.Value, 10, 32)
	if err != nil || v > maxNumber || n.Value != strconv.FormatUint(v, 10) {
		d.add(t.at, "", "here must be a whole number, written in digits")
		return
	}
	t.n = int(v)
}

// shape names what stands in the file where something else should.
func shape(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Value == "" && n.Style == 0:
		return "nothing"
	}
	return "a single text"
}

// fieldOf finds the struct's field for a key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if keyOf(v.Type().Field(i)) == key && key != "" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// keyOf is the key of a struct's field; empty: it is none of the file's.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// keysOf lists the keys that a struct takes, in the order of its fields.
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if key := keyOf(t.Field(i)); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// inside gives the place of the first character of a text. Where the text is folded,
// escaped or a block of lines, places inside of it cannot be known.
func (d *decoder) inside(t text) (at pos, exact bool) {
	if t.at.line < 1 || t.at.line > len(d.lines) {
		return t.at, false
	}
	line := []rune(d.lines[t.at.line-1])
	for _, quote := range []int{0, 1} {
		from := t.at.col - 1 + quote
		if from >= 0 && from <= len(line) && strings.HasPrefix(string(line[from:]), t.s) {
			return pos{t.at.line, t.at.col + quote}, true
		}
	}
	return t.at, false
}

// into fills a struct that doc points to from a node with keys.
func (d *decoder) into(n *yaml.Node, doc any) { d.block(n, reflect.ValueOf(doc).Elem()) }
