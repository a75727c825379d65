package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// shownDoubts is how many requests in doubt stand in what is told of a run; rowpost
// resolve lists all.
const shownDoubts = 20

// wholeRunDoc is one run with its journal; the names of its fields are stable.
type wholeRunDoc struct {
	runDoc
	Folder  string          `json:"journal"`
	Journal []laneChronicle `json:"lanes"`
	InDoubt []doubtDoc      `json:"in_doubt"`   // a person has to settle them
	Repeats []doubtDoc      `json:"sent_again"` // in doubt and safe to repeat: the next start sends them
	Notes   []string        `json:"notes"`
}

// wholeRun is all that there is to tell of a run.
type wholeRun struct {
	*casebook
	stateFlag string
	folder    string // of the journal
	doc       runDoc
	way       string // on, if not by doc.Next: the table is no longer what it was
}

// showRun tells all about one run.
func (p *Program) showRun(flags *runsFlags, word string) error {
	store, info, err := p.openRun(flags.state, word)
	if err != nil {
		return err
	}
	w := &wholeRun{stateFlag: flags.state, folder: store.Journal(info.ID), doc: p.runDoc(&info, flags.state)}
	if w.casebook, err = p.casebook(&info, w.folder); err != nil {
		return err
	}
	if w.doc.Next != "" && !sameTable(&info) {
		w.way = wayOn(&info)
	}
	if flags.json {
		return p.printJSON(w.json())
	}
	var b strings.Builder
	if err := w.print(&b); err != nil {
		return err
	}
	_, err = io.WriteString(p.Stdout, b.String())
	return err
}

func (w *wholeRun) json() wholeRunDoc {
	return wholeRunDoc{
		runDoc: w.doc, Folder: w.folder, Journal: append([]laneChronicle{}, w.chronicle.lanes...),
		InDoubt: doubtDocs(w.open), Repeats: doubtDocs(w.repeated), Notes: append([]string{}, w.notes...),
	}
}

// print tells the run for people.
func (w *wholeRun) print(b *strings.Builder) error {
	fmt.Fprintf(b, "run %s\n", w.info.ID)
	for _, line := range w.facts() {
		if line[1] != "" {
			fmt.Fprintf(b, "  %-12s %s\n", line[0]+":", line[1])
		}
	}
	if err := w.printJournal(b); err != nil {
		return err
	}
	if err := w.printDoubts(b); err != nil {
		return err
	}
	for _, note := range w.notes {
		fmt.Fprintf(b, "note: %s\n", note)
	}
	for _, step := range w.next() {
		fmt.Fprintf(b, "next: %s\n", step)
	}
	return nil
}

// facts are the lines about the run as a whole.
func (w *wholeRun) facts() [][2]string {
	i := w.info
	exit, lines := "none: the last start was killed", "no result yet"
	switch {
	case ended(i):
		exit = strconv.Itoa(i.Exit)
	case i.Running:
		exit = "none yet"
	}
	if w.doc.Lines != nil {
		lines = w.doc.Lines.short()
	}
	kind := ""
	if i.Input.Result {
		kind = "an earlier result"
	}
	return [][2]string{
		{"series", i.Series},
		{"input", i.Input.Path},
		{"table", words(kind, plural(i.Input.Rows, "row", "rows"), strconv.FormatInt(i.Input.Size, 10)+" bytes",
			"SHA-256 "+hex.EncodeToString(i.Input.SHA256[:6])+"...")},
		{"mapping", i.Mapping},
		{"state", words(stateWord(i), when(i.ContinuedBy != "", "by "+i.ContinuedBy), when(i.Again, "begun with --again"))},
		{"stopped", words(i.Stop, when(!i.Until.IsZero(), "go on after "+stamp(i.Until)))},
		{"begun", stamp(i.Begun)},
		{"last start", words(stamp(i.Last), plural(i.Starts, "start", "starts")+" in all")},
		{"exit status", exit},
		{"lines", lines},
		{"result", i.Result},
		{"errors", i.Errors},
	}
}

func (w *wholeRun) printJournal(b *strings.Builder) error {
	fmt.Fprintf(b, "\njournal in %s\n", w.folder)
	if len(w.chronicle.lanes) == 0 {
		b.WriteString("  empty: nothing was sent\n\n")
		return nil
	}
	c := newColumns("provider", ">succeeded", ">failed", ">in_doubt", ">not_sent", ">to send again")
	for i := range w.chronicle.lanes {
		l := &w.chronicle.lanes[i]
		c.row(l.Provider, l.Succeeded, l.Failed, l.InDoubt, l.NotSent, l.Again)
	}
	if err := c.print(b, "  "); err != nil {
		return err
	}
	b.WriteString("\n")
	files := newColumns("file", ">bytes", "")
	for i := range w.chronicle.lanes {
		for _, f := range w.chronicle.lanes[i].Files {
			files.row(f.Name, f.Size, when(f.Torn, "breaks off there, as a kill or a disk error leaves it; what stood behind was not yet counted on"))
		}
	}
	if err := files.print(b, "  "); err != nil {
		return err
	}
	b.WriteString("\n")
	return nil
}

func (w *wholeRun) printDoubts(b *strings.Builder) error {
	for _, part := range []struct {
		list  []doubt
		words string
	}{
		{w.open, "in doubt, for a person to settle"},
		{w.repeated, "in doubt and safe to repeat, so sent again by the next start"},
	} {
		if len(part.list) == 0 {
			continue
		}
		fmt.Fprintf(b, "%s %s\n", plural(len(part.list), "request", "requests"), part.words)
		if err := doubtColumns(part.list[:min(shownDoubts, len(part.list))]).print(b, "  "); err != nil {
			return err
		}
		if more := len(part.list) - shownDoubts; more > 0 {
			fmt.Fprintf(b, "  ... and %d more: %s\n", more, resolveCommand(w.info.ID, w.stateFlag))
		}
		b.WriteString("\n")
	}
	return nil
}

// next says what can be done about what is left.
func (w *wholeRun) next() []string {
	var out []string
	if len(w.open) > 0 {
		out = append(out, resolveCommand(w.info.ID, w.stateFlag))
	}
	switch {
	case w.info.Running:
	case w.doc.Next != "" && w.way != "":
		out = append(out, w.way)
	case w.doc.Next != "":
		out = append(out, w.doc.Next)
	case w.info.ContinuedBy != "":
		out = append(out, "rowpost runs "+w.info.ContinuedBy)
	case w.doc.Lines != nil && !w.doc.Lines.allFine() && w.info.Result != "":
		out = append(out, "correct what is not right in "+w.info.Result+" and send it: rowpost run -m "+
			shellQuote(w.info.Mapping)+" "+shellQuote(w.info.Result))
	}
	return out
}
