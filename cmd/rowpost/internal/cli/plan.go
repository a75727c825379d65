package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rowpost/batch"
)

const planHelp = `Checks every row as run would, shows the first request of each kind as it would
be sent, and forecasts how long the run takes. It sends nothing, writes nothing
and needs no credentials; it names those that run will miss.

Its digest stands for all that decides what is sent: run --plan DIGEST sends just
that, or nothing.

Secrets are never shown. Cells are shown by their shape only (Xxxx 99), unless
--show-values is given. It takes every flag of run.

`

const planExample = `  rowpost plan -m map.yaml customers.csv
  rowpost plan -m map.yaml customers.csv --show-values --rows 17`

func newPlan(p *Program) *cobra.Command {
	opts := &options{}
	cmd := &cobra.Command{
		Use:     "plan -m MAPPING INPUT",
		Short:   "check every row and show the first requests; send nothing",
		Long:    planHelp + planStatusHelp,
		Example: planExample,
		Args:    oneInput,
		RunE:    func(_ *cobra.Command, args []string) error { return p.plan(opts, args[0]) },
	}
	opts.add(p, cmd)
	return cmd
}

// planReport is what plan tells; the names of its fields are stable.
type planReport struct {
	ExitStatus  int         `json:"exit_status"`
	Input       string      `json:"input"`
	Mapping     string      `json:"mapping"`
	Source      sourceFacts `json:"source"`
	Chosen      int         `json:"chosen_rows"`
	SkippedRows int         `json:"skipped_rows"` // chosen rows that make no request
	FaultyRows  int         `json:"invalid_rows"` // chosen rows that are invalid as a whole
	// Settled are lines of an earlier result that are not sent; by what run will show them as.
	Settled  *counts        `json:"settled,omitempty"`
	Requests []planRequest  `json:"requests"`
	Problems []*planProblem `json:"problems"`
	Forecast []forecast     `json:"forecast"`
	Seconds  float64        `json:"seconds"` // of the slowest lane
	// Needed is what run will refuse to start without.
	Needed []string `json:"needed"`
	// Digest stands for all that decides what is sent: run --plan DIGEST sends just that. It is
	// empty if Undecided are not set, which say where to send it.
	Digest    string   `json:"digest,omitempty"`
	Undecided []string `json:"undecided,omitempty"`
	// Sample are the rows that --sample sends first.
	Sample []int `json:"sample,omitempty"`
	// History is what an earlier run has to do with this one.
	History *prospect `json:"history,omitempty"`
	Notes   []string  `json:"notes"`

	shown bool // the cells' contents are
}

// plan does what `rowpost plan` promises.
func (p *Program) plan(opts *options, input string) error {
	l, err := p.load(opts, input)
	if err != nil {
		return err
	}
	defer l.close(p)
	vars, err := p.settings(opts.envFile)
	if err != nil {
		return err
	}
	accounts := l.accounts(vars)
	baseURLs := map[string]string{}
	for name, a := range accounts {
		baseURLs[name] = a.BaseURL
	}
	rows := newPlanRows(l, baseURLs)
	for line, readErr := range batch.LinesOf(l.rows) {
		if readErr != nil {
			return tableFailure(readErr)
		}
		rows.add(&line)
	}
	r := newPlanReport(l, rows)
	p.addForecast(r, l, accounts)
	if err := r.planned(l, accounts); err != nil {
		return err
	}
	if r.Sample, err = l.sampleRows(); err != nil {
		return err
	}
	if !opts.sandbox {
		r.Needed = append(r.Needed, needed(accountsFailure(l.names, accounts))...)
	}
	out, err := chooseOutputs(opts, input)
	if err == nil {
		err = l.checkForms(out)
	}
	r.Needed = append(r.Needed, needed(err)...)
	r.Needed = append(r.Needed, needed(l.refuseOther(accounts))...)
	history, notes := p.prospect(l, accounts)
	r.History, r.Notes = history, append(r.Notes, notes...)
	if opts.quiet && r.ExitStatus == statusOK {
		return nil
	}
	if printErr := p.printPlan(r, opts); printErr != nil {
		return fail(statusBroken, "standard output cannot be written: %s", printErr)
	}
	return quietly(r.ExitStatus)
}

// needed gives the messages of what run would refuse.
func needed(err error) []string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.messages
	}
	return nil
}

func newPlanReport(l *load, rows *planRows) *planReport {
	r := &planReport{
		shown: l.opts.showValues,
		Input: l.input, Mapping: l.opts.mapping, Source: factsOf(l.table.Facts()),
		Chosen: rows.chosen, SkippedRows: rows.skipped, FaultyRows: rows.faulty,
		Requests: rows.requests, Problems: rows.sorted(), Forecast: []forecast{},
		Needed: []string{}, Notes: slices.Concat([]string{}, l.warnings(), l.earlierNotes()),
	}
	if l.earlier != nil {
		r.Settled = &rows.settled
	}
	if rows.invalid > 0 {
		r.ExitStatus = statusRows
	}
	return r
}

func (p *Program) addForecast(r *planReport, l *load, accounts map[string]account) {
	var notes []string
	r.Forecast, notes = p.forecasts(l, accounts, r.Requests)
	r.Notes = append(r.Notes, notes...)
	for _, f := range r.Forecast {
		r.Seconds = max(r.Seconds, f.Seconds)
	}
}

func (p *Program) printPlan(r *planReport, opts *options) error {
	if opts.json {
		return p.printJSON(r)
	}
	var b strings.Builder
	if err := r.print(&b); err != nil {
		return err
	}
	_, err := fmt.Fprint(p.Stdout, b.String())
	return err
}

// print writes the plan for people: numbers, problems, samples, time, what is missing.
func (r *planReport) print(b *strings.Builder) error {
	fmt.Fprintf(b, "%s: %s\n", r.Input, r.Source)
	if r.Chosen != r.Source.Rows {
		fmt.Fprintf(b, "%s chosen\n", plural(r.Chosen, "row is", "rows are"))
	}
	b.WriteString("\n")
	c := newColumns("request", "provider", "operation", ">to send", ">invalid", ">left out")
	for _, q := range r.Requests {
		c.row(q.Request, q.Provider, q.Operation, q.Sent, q.Invalid, q.Skipped)
	}
	if err := c.print(b, ""); err != nil {
		return err
	}
	if r.FaultyRows > 0 {
		fmt.Fprintf(b, "%s invalid as a whole\n", plural(r.FaultyRows, "row is", "rows are"))
	}
	if n := r.Settled; n != nil && n.total() > 0 {
		fmt.Fprintf(b, "an earlier result: %s done or left out before, %d in doubt, %d invalid; these are not sent\n",
			plural(n.Skipped, "line is", "lines are"), n.InDoubt, n.Invalid)
	}
	if r.SkippedRows > 0 {
		fmt.Fprintf(b, "%s no request\n", plural(r.SkippedRows, "row makes", "rows make"))
	}
	b.WriteString("\n")
	if err := r.printProblems(b); err != nil {
		return err
	}
	r.printSamples(b)
	return r.printForecast(b)
}

func (r *planReport) printPlanned(b *strings.Builder) {
	if len(r.Sample) > 0 {
		fmt.Fprintf(b, "sample: %s first: %s\n", plural(len(r.Sample), "row is sent", "rows are sent"), rangesText(r.Sample))
	}
	if r.Digest != "" {
		fmt.Fprintf(b, "digest: %s\n", r.Digest)
	} else {
		fmt.Fprintf(b, "digest: none, since it is not known where the requests will go: %s\n", strings.Join(r.Undecided, ", "))
	}
}

func (r *planReport) printProblems(b *strings.Builder) error {
	if len(r.Problems) == 0 {
		return nil
	}
	c := newColumns("invalid", ">lines", "column", "field", "code", "rows", "reason")
	for _, p := range r.Problems {
		reason := p.Message
		if p.Hint != "" {
			reason += "; " + p.Hint
		}
		request := p.Request
		if request == "" {
			request = wholeRows
		}
		c.row(request, p.Count, p.Column, p.Field, p.Code, rowList(p.Rows, p.Count), reason)
	}
	if err := c.print(b, ""); err != nil {
		return err
	}
	b.WriteString("\n")
	return nil
}

func (r *planReport) printSamples(b *strings.Builder) {
	for _, q := range r.Requests {
		if q.Sample == "" {
			continue
		}
		fmt.Fprintf(b, "first request of %s, row %d:\n", q.Request, q.First)
		for line := range strings.SplitSeq(strings.TrimSuffix(q.Sample, "\n"), "\n") {
			b.WriteString(strings.TrimRight("  "+line, " ") + "\n")
		}
		b.WriteString("\n")
		if q.Curl != "" {
			// What is masked must not be sent by whoever copies it.
			for line := range strings.SplitSeq(q.Curl, "\n") {
				b.WriteString("  " + when(!r.shown, "# ") + line + "\n")
			}
			b.WriteString("\n")
		}
	}
}

func (r *planReport) printForecast(b *strings.Builder) error {
	c := newColumns("forecast", ">requests", "pace", ">about", "because of")
	for _, f := range r.Forecast {
		c.row(f.Provider, f.Requests, f.Limit, shortDuration(time.Duration(f.Seconds*float64(time.Second))), f.Bound)
	}
	if err := c.print(b, ""); err != nil {
		return err
	}
	for _, f := range r.Forecast {
		for _, w := range f.Windows {
			if text := f.quotaText(w); text != "" {
				b.WriteString(text + "\n")
			}
		}
	}
	if end := r.end(); end != "" {
		fmt.Fprintf(b, "if it starts now it ends on %s, if no request has to be repeated\n", end)
	}
	r.printPlanned(b)
	for _, note := range r.Notes {
		fmt.Fprintf(b, "note: %s\n", note)
	}
	for _, n := range r.Needed {
		fmt.Fprintf(b, "run will refuse to start: %s\n", n)
	}
	switch h := r.History; {
	case h == nil:
	case h.ExitStatus == statusOK:
		fmt.Fprintf(b, "note: %s\n", h.Message)
	default:
		fmt.Fprintf(b, "run will send nothing (exit status %d): %s\n", h.ExitStatus, h.Message)
	}
	return nil
}
