package draft

import (
	"fmt"
	"strings"

	"rowpost/mapping"
)

// Heading is what a drafted file says of itself.
type Heading struct {
	Schema string   // address of the mapping's JSON Schema for editors; empty: no such line
	About  []string // lines of the comment at its top
	Source mapping.SourceOptions
}

// YAML writes the draft as a mapping file. It parses if there is any request,
// and binds to the table if the draft is [Draft.Complete].
func (d *Draft) YAML(h Heading) string {
	w := &writer{}
	if h.Schema != "" {
		w.line("# yaml-language-server: $schema=%s", h.Schema)
	}
	for _, line := range h.About {
		w.comment("", line)
	}
	w.line("version: 1")
	w.source(h.Source)
	w.line("")
	w.line("requests:")
	for i, r := range d.Requests {
		if i > 0 {
			w.line("")
		}
		w.request(r, d.conditions(r))
	}
	for _, name := range d.Strange {
		w.line("")
		w.comment("", "No column looks like a field of "+name+".")
	}
	w.unused(d.Unused)
	return w.b.String()
}

// conditions are columns of a few words that a condition could ask for.
func (d *Draft) conditions(r Request) []string {
	var out []string
	for _, u := range d.Unused {
		if r.When == "" && u.status != "" {
			out = append(out, u.status)
		}
	}
	return out
}

type writer struct{ b strings.Builder }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

// commentWidth is where comments are broken.
const commentWidth = 100

// comment writes a text as lines of comment. What is in it cannot end the comment.
func (w *writer) comment(indent, text string) {
	line := indent + "#"
	for _, part := range strings.Fields(clean(text)) {
		if len(line)+1+len(part) > commentWidth && line != indent+"#" {
			w.line("%s", line)
			line = indent + "#"
		}
		line += " " + part
	}
	w.line("%s", line)
}

// clean takes out what could end a comment's line or hide in it.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFD || 0x80 <= r && r < 0xA0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

func (w *writer) source(o mapping.SourceOptions) {
	if o.Delimiter == "" && o.Encoding == "" && o.Header == 0 {
		return
	}
	w.line("")
	w.comment("", "How the table is written, as it was found; say otherwise here if letters or columns look wrong.")
	w.line("source:")
	if o.Delimiter != "" {
		w.line("  delimiter: %s", quote(o.Delimiter))
	}
	if o.Encoding != "" {
		w.line("  encoding: %s", quote(o.Encoding))
	}
	if o.Header > 0 {
		w.line("  header: %d", o.Header)
	}
}

func (w *writer) request(r Request, conditions []string) {
	w.line("  - id: %s", quote(r.ID))
	w.line("    provider: %s", quote(r.Provider))
	w.line("    operation: %s", quote(r.Operation))
	if r.When != "" {
		w.line("    when: %s", single(r.When))
	}
	for _, c := range conditions {
		w.comment("    ", c)
	}
	w.line("    fields:")
	for _, f := range r.Fields {
		for _, note := range f.Notes {
			w.comment("      ", note)
		}
		for _, check := range f.Checks {
			w.comment("      ", "check: "+check)
		}
		w.line("      %s: %s", quote(f.Name), f.Source)
	}
	w.missing(r)
	if len(r.Left) > 0 {
		w.line("")
		w.comment("      ", "No column was found for: "+strings.Join(r.Left, ", "))
	}
	if len(r.Secret) > 0 {
		w.comment("      ", "Secret, so never proposed: "+strings.Join(r.Secret, ", "))
	}
}

// missing writes lines to fill in for what is required.
func (w *writer) missing(r Request) {
	for _, f := range r.Missing {
		w.line("")
		w.comment("      ", "required, and no column was found for it"+ifAny(": ", f.Help)+ifAny("; one of ", strings.Join(f.Enum, ", ")))
		w.line("      # %s: %s", quote(f.Name), placeholder(f))
	}
	for _, g := range r.MissingGroups {
		rule := "at least one"
		if g.Kind == mapping.ExactlyOne {
			rule = "exactly one"
		}
		w.line("")
		w.comment("      ", "required: "+rule+" of "+strings.Join(g.Fields, ", ")+"; no column was found for any")
		w.line("      # %s: %s", quote(g.Fields[0]), placeholder(mapping.Field{}))
	}
}

func placeholder(f mapping.Field) string {
	if len(f.Enum) > 0 {
		return "{value: " + quote(f.Enum[0]) + "}"
	}
	return "a column, or {value: a constant}"
}

func ifAny(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func (w *writer) unused(columns []Unused) {
	if len(columns) == 0 {
		return
	}
	w.line("")
	w.comment("", "Columns that nothing above reads:")
	width := 0
	for _, u := range columns {
		width = max(width, min(30, len([]rune(Visible(u.Column)))))
	}
	for _, u := range columns {
		name := clean(Visible(u.Column))
		pad := strings.Repeat(" ", max(0, width-len([]rune(name))))
		w.line("%s", strings.TrimRight("#   "+name+pad+"  "+clean(u.Note), " "))
	}
}
