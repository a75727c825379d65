package mapping

import (
	yaml "go.yaml.in/yaml/v4"
)

// The types of a mapping file as it is written. Their yaml tags are the keys that the
// loader takes and that schema.json, which is generated from them, describes.

type fileDoc struct {
	place
	Version  *number      `yaml:"version" jsonschema:"required" jsonschema_description:"The version of this file format: 1."`
	Name     *text        `yaml:"name" jsonschema_description:"Identity of this import in the history; default: the file's name."`
	Source   *sourceDoc   `yaml:"source" jsonschema_description:"How to read the table; delimiter, encoding and sheet are detected if left out."`
	Requests []requestDoc `yaml:"requests" jsonschema:"required,minItems=1" jsonschema_description:"Each row makes one request for each entry whose when holds."`
}

type sourceDoc struct {
	place
	Delimiter *text   `yaml:"delimiter" jsonschema_description:"What separates the cells: one character, or the word tab."`
	Encoding  *text   `yaml:"encoding" jsonschema_description:"utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1, iso-8859-15 and others."`
	Header    *number `yaml:"header" jsonschema:"minimum=1" jsonschema_description:"The line of the header; lines before it are ignored. Default: the first line with text."`
	Sheet     *text   `yaml:"sheet" jsonschema_description:"XLSX: the sheet's name or number."`
	Null      []text  `yaml:"null" jsonschema_description:"Texts that mean an empty cell."`
	Columns   []text  `yaml:"columns" jsonschema_description:"Columns that must be there, whatever else is."`
}

type requestDoc struct {
	place
	ID        *text     `yaml:"id" jsonschema_description:"Names the request in the results; default: the operation's name."`
	Provider  *text     `yaml:"provider" jsonschema:"required" jsonschema_description:"The API that takes the request: its name, or the file that describes it, relative to the mapping: ./acme.yaml."`
	Operation *text     `yaml:"operation" jsonschema_description:"What to do; default: the provider's first operation."`
	When      *text     `yaml:"when" jsonschema_description:"An expression that is true or false; default: every row."`
	Key       *keyDoc   `yaml:"key" jsonschema_description:"Rows of the same key are sent in the table's order, never at once; default: the object that the request changes."`
	Fields    fieldsDoc `yaml:"fields" jsonschema:"required" jsonschema_description:"The provider's fields and where their values come from."`
}

// fieldsDoc keeps the fields in the file's order.
type fieldsDoc struct {
	place
	list []fieldEntry
}

type fieldEntry struct {
	name text
	from *fieldDoc
}

func (f *fieldsDoc) decodeNode(d *decoder, n *yaml.Node) {
	f.at = position(n)
	if n.Kind != yaml.MappingNode {
		d.add(f.at, "one field a line, such as  Contact.City: Town", "here must be the provider's fields, not %s", shape(n))
		return
	}
	for name, val := range d.pairs(n) {
		from := new(fieldDoc)
		from.decodeNode(d, val)
		f.list = append(f.list, fieldEntry{name, from})
	}
}

// fieldDoc is where a field's value comes from. A plain text is short for the column of that name.
type fieldDoc struct {
	place
	Column    *text         `yaml:"column" jsonschema_description:"The cell's text in this column."`
	Value     *text         `yaml:"value" jsonschema_description:"A constant."`
	Expr      *text         `yaml:"expr" jsonschema_description:"An expression over the row."`
	Join      []text        `yaml:"join" jsonschema:"minItems=1" jsonschema_description:"Several columns, empty cells left out."`
	With      *text         `yaml:"with" jsonschema_description:"What stands between joined cells; default: a blank."`
	Transform transformsDoc `yaml:"transform" jsonschema_description:"Applied from left to right to a value that is not empty."`
	Lookup    *lookupDoc    `yaml:"lookup" jsonschema_description:"Exchanges the value by a table: written here, or {file, key, value}."`
	Otherwise *text         `yaml:"otherwise" jsonschema_description:"For a value that the table has not: reject (default), keep, omit, or a text."`
	Default   *text         `yaml:"default" jsonschema_description:"Used where the result is empty."`
	OnEmpty   *text         `yaml:"on_empty" jsonschema:"enum=omit,enum=reject,enum=send,enum=clear" jsonschema_description:"What to do where the result is empty; default: omit."`
}

func (f *fieldDoc) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		f.at = position(n)
		f.Column = new(text)
		f.Column.decodeNode(d, n)
		return
	}
	d.into(n, f)
}

// keyDoc has those forms of a field's source that can tell rows apart.
type keyDoc struct {
	place
	Column    *text         `yaml:"column" jsonschema_description:"The cell's text in this column."`
	Expr      *text         `yaml:"expr" jsonschema_description:"An expression over the row."`
	Join      []text        `yaml:"join" jsonschema:"minItems=1" jsonschema_description:"Several columns, empty cells left out."`
	With      *text         `yaml:"with" jsonschema_description:"What stands between joined cells; default: a blank."`
	Transform transformsDoc `yaml:"transform" jsonschema_description:"Applied from left to right to a value that is not empty."`
}

func (k *keyDoc) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		k.at = position(n)
		k.Column = new(text)
		k.Column.decodeNode(d, n)
		return
	}
	d.into(n, k)
}

// asField is the key's source in the form that all sources are planned in.
func (k *keyDoc) asField() *fieldDoc {
	return &fieldDoc{place: k.place, Column: k.Column, Expr: k.Expr, Join: k.Join, With: k.With, Transform: k.Transform}
}

// transformsDoc is a list of transforms, ready to be applied.
type transformsDoc []transformDoc

func (t *transformsDoc) decodeNode(d *decoder, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		d.add(position(n), "write it in brackets: transform: [trim, lower]", "transform must be a list, not %s", shape(n))
		return
	}
	for _, item := range n.Content {
		var one transformDoc
		one.decodeNode(d, item)
		*t = append(*t, one)
	}
}

// transformDoc is one transform: a bare name, or a name with what it needs.
type transformDoc struct {
	name  text
	arg   *yaml.Node // what stands after the name; nil: nothing
	apply transform  // nil if something is wrong with it
}

func (t *transformDoc) decodeNode(d *decoder, n *yaml.Node) {
	t.name.at = position(n)
	switch {
	case n.Kind == yaml.ScalarNode:
		t.name.decodeNode(d, n)
	case n.Kind == yaml.MappingNode && len(n.Content) == 2:
		t.name.decodeNode(d, n.Content[0])
		t.arg = n.Content[1]
	default:
		d.add(t.name.at, "each transform stands by itself: [trim, {truncate: 30}]",
			"here must be one transform, not %s", shape(n))
		return
	}
	if t.name.s != "" {
		t.apply = d.transform(t.name, t.arg)
	}
}

// lookupDoc is a table to exchange values by, written in the mapping or in a file of its own.
type lookupDoc struct {
	place
	list     []lookupEntry
	fromFile bool
	file     lookupFileDoc
}

type lookupEntry struct{ key, value text }

// lookupFileDoc names a CSV file, relative to the mapping, and two of its columns.
type lookupFileDoc struct {
	place
	File  *text `yaml:"file" jsonschema:"required" jsonschema_description:"A CSV file, relative to the mapping."`
	Key   *text `yaml:"key" jsonschema:"required" jsonschema_description:"Its column with the values of the table."`
	Value *text `yaml:"value" jsonschema:"required" jsonschema_description:"Its column with what is sent instead."`
}

// A lookup with just the keys file, key and value names a file; one with just the key
// table, which holds keys itself, is a table whose keys may be these very words.
func (l *lookupDoc) decodeNode(d *decoder, n *yaml.Node) {
	l.at = position(n)
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		d.add(l.at, "write it as {Frau: Ms, Herr: Mr} or {file: codes.csv, key: Code, value: Name}",
			"here must be a table, not %s", shape(n))
		return
	}
	if hasJust(n, "file", "key", "value") {
		l.fromFile = true
		d.into(n, &l.file)
		return
	}
	if hasJust(n, "table") && n.Content[1].Kind == yaml.MappingNode {
		n = n.Content[1]
	}
	for key, val := range d.pairs(n) {
		var to text
		to.decodeNode(d, val)
		l.list = append(l.list, lookupEntry{key, to})
	}
}

// hasJust says whether a node has exactly these keys, in any order.
func hasJust(n *yaml.Node, keys ...string) bool {
	if len(n.Content) != 2*len(keys) {
		return false
	}
	for _, key := range keys {
		found := false
		for i := 0; i < len(n.Content); i += 2 {
			found = found || n.Content[i].Value == key
		}
		if !found {
			return false
		}
	}
	return true
}
