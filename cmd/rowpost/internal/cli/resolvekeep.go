package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/state"
	"rowpost/providers"
)

// decision is what a person found out about requests in doubt.
type decision struct {
	as, remoteID, note string
	when               time.Time
}

// entry is the last word on a request. What is known of its last attempt stays.
func (d *decision) entry(e batch.Entry) batch.Entry {
	e.Code, e.Field, e.Again = batch.CodeResolved, "", false
	switch d.as {
	case decideSucceeded:
		e.Status = batch.Succeeded
		if d.remoteID != "" {
			e.RemoteID = providers.CleanID(d.remoteID)
		}
	case decideFailed:
		e.Status = batch.Failed
	case decideAgain:
		e.Status, e.Again = batch.NotSent, true
	}
	e.Message = d.message()
	return e
}

// found is the decision in words.
func (d *decision) found() string {
	switch d.as {
	case decideSucceeded:
		return "it was applied"
	case decideAgain:
		return "it was not applied and is to be sent again"
	}
	return "it was not applied and is not to be sent"
}

// message says who decided what and when.
func (d *decision) message() string {
	text := fmt.Sprintf("a person settled this doubt on %s: %s", stamp(d.when), d.found())
	if note := strings.TrimSpace(d.note); note != "" {
		text += "; note: " + note
	}
	return providers.CleanMessage(text)
}

// keep writes the decisions into the run's journal. The run is unfinished before the
// first of them is there: whatever happens in between, the next run of the same command
// looks at the journal again.
func (d *decision) keep(run *state.Run, chosen []doubt) (err error) {
	if err := run.Reopen(); err != nil {
		return keepFailure(err)
	}
	j, err := journal.Open(run.Journal, run.Info.Journal)
	if err != nil {
		return chronicleFailure(err)
	}
	err = d.write(j, chosen)
	if err = errors.Join(err, j.Close()); err == nil {
		err = run.Wrote(j.Lengths())
	}
	if err != nil {
		return keepFailure(err)
	}
	return nil
}

func keepFailure(err error) *failure {
	return fail(statusBroken, "the decision could not be kept: %s", errors.Join(causes(err)...)).
		hint("some of it may be there: rowpost resolve lists what is still in doubt")
}

// write finishes the requests in the order of their rows, so that the journal's window
// need not hold any.
func (d *decision) write(j batch.Journal, chosen []doubt) error {
	const window = 1
	chosen = slices.Clone(chosen)
	slices.SortFunc(chosen, inOrder)
	for i := range chosen {
		lane, err := j.Lane(chosen[i].provider, window)
		if err == nil {
			err = lane.Finish(d.entry(chosen[i].Entry))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// resolveDoc is what `rowpost resolve` tells; the names of its fields are stable.
type resolveDoc struct {
	Run     string     `json:"run"`
	As      string     `json:"as,omitempty"`      // the decision
	Settled []doubtDoc `json:"settled,omitempty"` // what it was about, as it was before
	// InDoubt still waits for a person.
	InDoubt []doubtDoc `json:"in_doubt"`
	// SentAgain is in doubt and safe to repeat: the next run sends it.
	SentAgain []doubtDoc `json:"sent_again"`
	Notes     []string   `json:"notes"`
	Next      string     `json:"next,omitempty"`
}

func (c *casebook) doc(stateFlag string) resolveDoc {
	doc := resolveDoc{
		Run: c.info.ID, InDoubt: doubtDocs(c.open), SentAgain: doubtDocs(c.repeated), Notes: append([]string{}, c.notes...),
	}
	if len(c.open) == 0 {
		doc.Next = goOn(c.info, stateFlag)
	}
	return doc
}

// printDoubts lists what is in doubt.
func (p *Program) printDoubts(flags *resolveFlags, c *casebook, open []doubt) error {
	if flags.json {
		doc := c.doc(flags.state)
		doc.InDoubt = doubtDocs(open)
		return p.printJSON(doc)
	}
	var b strings.Builder
	if len(open) == 0 {
		fmt.Fprintf(&b, "nothing of run %s waits for a decision\n", c.info.ID)
	} else {
		fmt.Fprintf(&b, "run %s: %s in doubt\n", c.info.ID, plural(len(open), "request is", "requests are"))
		if err := doubtColumns(open).print(&b, "  "); err != nil {
			return err
		}
	}
	if len(c.repeated) > 0 {
		fmt.Fprintf(&b, "\n%s in doubt and safe to repeat, so sent again by the next start\n",
			plural(len(c.repeated), "request", "requests"))
		if err := doubtColumns(c.repeated).print(&b, "  "); err != nil {
			return err
		}
	}
	for _, note := range c.notes {
		fmt.Fprintf(&b, "\nnote: %s\n", note)
	}
	if len(open) > 0 {
		b.WriteString(howToSettle(c.info.ID, flags.state, open[0].shown))
	} else if next := goOn(c.info, flags.state); next != "" {
		fmt.Fprintf(&b, "\nnext: %s\n", next)
	}
	_, err := io.WriteString(p.Stdout, b.String())
	return err
}

// howToSettle tells the next step, with the first row as the example.
func howToSettle(id, stateFlag string, row int) string {
	command := resolveCommand(id, stateFlag) + " --all"
	if row > 0 {
		command = fmt.Sprintf("%s --rows %d", resolveCommand(id, stateFlag), row)
	}
	return fmt.Sprintf(`
next: look up at the provider whether it was applied, then say so, for single rows or with --all
  %[1]s --as succeeded   it was applied
  %[1]s --as failed      it was not, and is not to be sent
  %[1]s --as again       it was not, and the next run is to send it
`, command)
}

func resolveCommand(id, stateFlag string) string {
	if stateFlag == "" {
		return "rowpost resolve " + id
	}
	return "rowpost resolve " + id + " --state " + shellQuote(stateFlag)
}

// printSettled says what was decided and what to do now.
func (p *Program) printSettled(flags *resolveFlags, c *casebook, d *decision, chosen []doubt) error {
	gone := map[doubtKey]bool{}
	for i := range chosen {
		gone[chosen[i].key()] = true
	}
	left := slices.DeleteFunc(slices.Clone(c.open), func(open doubt) bool { return gone[open.key()] })
	next := runCommand(c.info, flags.state)
	if flags.json {
		doc := c.doc(flags.state)
		doc.As, doc.Settled, doc.InDoubt, doc.Next = flags.as, doubtDocs(chosen), doubtDocs(left), next
		return p.printJSON(doc)
	}
	var rows []int
	for i := range chosen {
		rows = append(rows, chosen[i].shown)
	}
	rows = slices.Compact(rows)
	var b strings.Builder
	fmt.Fprintf(&b, "%s settled (%s): %s\n", plural(len(chosen), "request is", "requests are"), d.found(),
		listRows(rows[:min(shownRows, len(rows))], len(rows)))
	if len(left) > 0 {
		fmt.Fprintf(&b, "%s still in doubt\n", plural(len(left), "request is", "requests are"))
	}
	fmt.Fprintf(&b, "next: %s\n  it %s\n", next, c.whatNextDoes(d))
	_, err := io.WriteString(p.Stdout, b.String())
	return err
}

// whatNextDoes says what the run's command does after a decision.
func (c *casebook) whatNextDoes(d *decision) string {
	sends := !c.finished || d.as == decideAgain
	for i := range c.chronicle.lanes {
		sends = sends || c.chronicle.lanes[i].Again > 0
	}
	if sends {
		return "sends what is still to be sent, and writes the result anew"
	}
	return "writes the result anew, and sends nothing"
}
