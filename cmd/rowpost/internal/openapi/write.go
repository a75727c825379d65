package openapi

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// lineWidth is where comments are broken.
const lineWidth = 96

// write makes the file's text, with its comments.
func (d *drafter) write(left []string) ([]byte, error) {
	var root yaml.Node
	if err := root.Encode(&d.file); err != nil {
		return nil, err
	}
	head := []string{
		"Drafted from the OpenAPI document " + d.source + ". A person must look through it before it is used:",
		"compare it with the API's documentation, then examine it with rowpost providers check.",
	}
	for _, n := range d.notes {
		head = append(head, wrap("- ", n)...)
	}
	for _, n := range left {
		head = append(head, wrap("- left out: ", n)...)
	}
	root.HeadComment = comment(head)
	for i, op := range sequence(&root, "operations") {
		op.HeadComment = comment(wrapAll(d.operationNotes[i]))
		for j, field := range sequence(op, "fields") {
			field.Style = yaml.FlowStyle
			if note := d.fieldNotes[i][j]; note != "" {
				field.LineComment = "# " + note
			}
		}
		for _, key := range []string{"key", "errors", "constants", "success", "id"} {
			flow(op, key)
		}
	}
	for _, key := range []string{"limit", "variables"} {
		flow(&root, key)
	}
	return yaml.Dump(&root, yaml.WithIndent(2), yaml.WithLineWidth(-1))
}

// member is a value of a mapping; nil: there is none.
func member(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func sequence(n *yaml.Node, key string) []*yaml.Node {
	if list := member(n, key); list != nil {
		return list.Content
	}
	return nil
}

// flow writes a mapping, or those in a list, on one line each.
func flow(n *yaml.Node, key string) {
	at := member(n, key)
	if at == nil {
		return
	}
	if at.Kind == yaml.MappingNode {
		at.Style = yaml.FlowStyle
		return
	}
	for _, item := range at.Content {
		item.Style = yaml.FlowStyle
	}
}

func comment(lines []string) string {
	for i := range lines {
		lines[i] = "# " + lines[i]
	}
	return strings.Join(lines, "\n")
}

func wrapAll(notes []string) []string {
	var out []string
	for _, n := range notes {
		out = append(out, wrap("", n)...)
	}
	return out
}

// wrap breaks a text into lines, of which those after the first are set in.
func wrap(before, text string) []string {
	var out []string
	line := before
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) >= lineWidth && strings.TrimSpace(line) != "" {
			out = append(out, strings.TrimRight(line, " "))
			line = "  "
		}
		line += word + " "
	}
	return append(out, strings.TrimRight(line, " "))
}
