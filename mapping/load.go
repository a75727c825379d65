package mapping

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// maxFile bounds a file. One that is longer is none that a person wrote.
const maxFile = 1 << 20

// load reads the one document of a file; nil if there is none that could be read.
func (d *decoder) load(data []byte) *yaml.Node {
	if len(data) > maxFile {
		d.add(pos{}, d.kind.TooLong, "the file is longer than 1 MiB")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if !utf8.Valid(data) {
		d.add(pos{line: lineOfInvalid(data)}, "save the file as UTF-8", "the file is not UTF-8 text")
		return nil
	}
	d.lines = strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		d.add(pos{}, "", "the file cannot be read as YAML")
		return nil
	}
	root := d.document(loader)
	if root == nil || !d.plain(root) {
		return nil
	}
	return root
}

// document reads the first document and refuses a second one.
func (d *decoder) document(loader *yaml.Loader) *yaml.Node {
	var doc, second yaml.Node
	switch err := loader.Load(&doc); {
	case errors.Is(err, io.EOF):
		d.add(pos{}, d.kind.Name+" starts with the line: version: 1", "the file is empty")
		return nil
	case err != nil:
		d.syntax(err)
		return nil
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
		return doc.Content[0]
	case err != nil:
		d.syntax(err)
	default:
		d.add(position(&second), d.kind.Second, "a second document starts here; %s is a single one", d.kind.Name)
	}
	return nil
}

// syntax tells where the YAML breaks. The reader's own words are for people who know
// YAML; the usual slips are told in plainer ones.
func (d *decoder) syntax(err error) {
	var le *yaml.LoadError
	if !errors.As(err, &le) {
		d.add(pos{}, "", "the file cannot be read as YAML")
		return
	}
	at := pos{le.Mark.Line, le.Mark.Column}
	open := pos{le.ContextMark.Line, le.ContextMark.Column}
	switch {
	case strings.Contains(le.ContextMsg, "quoted scalar"):
		d.add(open, "", "the quote that opens here is never closed")
	case strings.Contains(le.ContextMsg, "flow sequence"):
		d.add(at, "", "the list that opens with [ in line %d is not closed by ], or a comma is missing in it", open.line)
	case strings.Contains(le.ContextMsg, "flow mapping"):
		d.add(at, "", "the keys that open with { in line %d are not closed by }, or a comma is missing among them", open.line)
	case strings.Contains(le.ContextMsg, "flow node"):
		d.add(at, "", "something is missing here: what opens with [ or { must be closed")
	case strings.Contains(le.Message, "mapping values are not allowed"):
		d.add(at, "a text with a colon in it stands in quotes; keys of one block start in the same column",
			"a colon where none can stand")
	case strings.Contains(le.Message, "cannot start any token"):
		d.add(at, "indent with blanks, not with tabs; a text that starts with %, @ or a backtick stands in quotes",
			"a character that cannot stand here")
	default:
		d.add(at, "keys of one block start in the same column; a text with special characters stands in quotes",
			"the YAML is broken here: %s", le.Message)
	}
}

// plain refuses what makes one text mean another: anchors, aliases, merge keys, tags.
func (d *decoder) plain(n *yaml.Node) bool {
	ok := true
	refuse := func(what string) {
		d.add(position(n), "write the text out; one that starts with &, * or ! stands in quotes", "%s cannot be used in %s", what, d.kind.Name)
		ok = false
	}
	switch {
	case n.Kind == yaml.AliasNode:
		refuse("an alias (*name)")
		return false
	case n.Anchor != "":
		refuse("an anchor (&name)")
	case n.Style&yaml.TaggedStyle != 0:
		refuse("a tag (!name)")
	case n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "<<":
		refuse("a merge key (<<)")
	}
	for _, c := range n.Content {
		ok = d.plain(c) && ok
	}
	return ok
}

func lineOfInvalid(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return line
}
