package cli

import (
	"fmt"
	"io"
	"strings"

	"rowpost/batch/source"
	"rowpost/mapping"
	"rowpost/mapping/draft"
)

// heading is what a drafted file says before its requests.
// Header is its line below a title; 0: it is the first.
func heading(input, out string, words []string, f source.Facts, header int) draft.Heading {
	h := draft.Heading{
		About: []string{
			fmt.Sprintf("Drafted by rowpost init from %s (%s) for %s.", input, plural(f.Columns, "column", "columns"), strings.Join(words, ", ")),
			"Left of a colon: the field as the provider calls it. Right of it: where its value comes from, usually a column of the table. Read the lines marked check.",
		},
		Source: foundOptions(f),
	}
	h.Source.Header = header
	if out != stdStream {
		h.Schema = schemaFile
	}
	return h
}

// foundOptions says in the mapping what of the table was a guess, so that the next
// export is read in the same way.
func foundOptions(f source.Facts) mapping.SourceOptions {
	var o mapping.SourceOptions
	if f.EncodingFrom == source.Assumed || f.EncodingFrom == source.Likely {
		o.Encoding = f.Encoding
	}
	if f.DelimiterFrom == source.Likely {
		o.Delimiter = f.Delimiter
	}
	return o
}

// printDraft tells what was matched and how surely, what is missing, and what comes next.
func printDraft(w io.Writer, d *draft.Draft, l *load, out string, f source.Facts) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", l.input, factsOf(f))
	for _, r := range d.Requests {
		c := newColumns("request "+r.ID, "column", "sure", "by")
		for _, field := range r.Fields {
			c.row(field.Name, fromWhat(field), sureness(field), field.Why)
		}
		for _, m := range r.Missing {
			c.row(m.Name, "-", "required, not found", "")
		}
		for _, g := range r.MissingGroups {
			c.row(strings.Join(g.Fields, " or "), "-", "required, not found", "")
		}
		if err := c.print(&b, ""); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	for _, name := range d.Strange {
		fmt.Fprintf(&b, "no column looks like a field of %s\n", name)
	}
	if len(d.Unused) > 0 {
		names := make([]string, len(d.Unused))
		for i, u := range d.Unused {
			names[i] = u.Column
		}
		fmt.Fprintf(&b, "not used: %s\n", columnList(names))
	}
	b.WriteString(nextOfDraft(d, l.typed, out))
	_, err := io.WriteString(w, b.String())
	return err
}

// fromWhat names a field's columns, or shows its constant.
func fromWhat(f draft.Field) string {
	if len(f.Columns) == 0 {
		return f.Source
	}
	return columnList(f.Columns)
}

func columnList(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = draft.Visible(name)
	}
	return strings.Join(shown, ", ")
}

func sureness(f draft.Field) string {
	switch {
	case f.Score < draft.Sure:
		return "a guess"
	case len(f.Checks) > 0:
		return "check"
	}
	return "yes"
}

func nextOfDraft(d *draft.Draft, input, out string) string {
	if out == stdStream {
		return ""
	}
	text := "mapping: " + out + "\n"
	if !d.Complete() {
		text += "next: fill in what is required and was not found; then rowpost plan -m " + shellQuote(out) + " " + shellQuote(input) + "\n"
		return text
	}
	return text + "next: rowpost plan -m " + shellQuote(out) + " " + shellQuote(input) + "\n"
}
