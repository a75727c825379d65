package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"rowpost/batch"
	"rowpost/batch/result"
)

// runSummary is what --json prints at the end of a run. The names of its fields are
// stable: scripts depend on them.
type runSummary struct {
	ExitStatus int               `json:"exit_status"`
	Run        string            `json:"run,omitempty"` // its id in the history; a sandbox's has none
	Resumed    bool              `json:"resumed,omitempty"`
	Finished   bool              `json:"finished"` // repeating the command could change nothing
	Input      string            `json:"input"`
	Mapping    string            `json:"mapping"`
	Sandbox    bool              `json:"sandbox"`
	Rows       int               `json:"rows"`  // data rows of the input
	Lines      counts            `json:"lines"` // of the result, by status
	Seconds    float64           `json:"seconds"`
	Providers  []providerSummary `json:"providers"`
	// WholeRows are lines of rows that make no request: skipped, or invalid as a whole.
	WholeRows *counts        `json:"whole_rows,omitempty"`
	Errors    []errorSummary `json:"errors"` // worst first
	Warnings  []errorSummary `json:"warnings"`
	Notes     []string       `json:"notes"` // assumptions about the table, paces above a published limit
	Stopped   *stopSummary   `json:"stopped,omitempty"`
	// Unrecorded are answers that a disk error kept out of the journal: only the result tells of them.
	Unrecorded int    `json:"unrecorded_answers,omitempty"`
	Result     string `json:"result"`
	ErrorsOut  string `json:"errors_file,omitempty"`
	Next       string `json:"next,omitempty"`
}

type providerSummary struct {
	Provider string `json:"provider"`
	counts
	Requests  int          `json:"requests"` // sent, repetitions included
	Retries   int          `json:"retries"`
	Seconds   float64      `json:"seconds"`
	PerSecond float64      `json:"per_second"` // requests, in the mean
	Stopped   *stopSummary `json:"stopped,omitempty"`
}

type errorSummary struct {
	Provider   string `json:"provider,omitempty"`
	Status     string `json:"status"`
	HTTPStatus int    `json:"http_status,omitempty"`
	Code       string `json:"code"`
	Column     string `json:"column,omitempty"`
	Count      int    `json:"count"`
	Rows       []int  `json:"rows"`    // the first ones
	Message    string `json:"message"` // that of the first one, its row's cells replaced by ...
}

type stopSummary struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Until   string `json:"until,omitempty"` // RFC 3339: when to go on

	broken bool // the program's last message says it
}

// wholeRows stands for the provider where a row as a whole is meant.
const wholeRows = "(whole rows)"

// summary puts together what a run has to tell.
func (s *send) summary(t *tally, sum batch.Summary, written result.Written, status int) *runSummary {
	r := &runSummary{
		ExitStatus: status, Input: s.input, Mapping: s.opts.mapping, Sandbox: s.opts.sandbox,
		Rows: t.rows, Seconds: seconds(sum.Elapsed), Providers: []providerSummary{},
		Errors: []errorSummary{}, Warnings: []errorSummary{}, Notes: append([]string{}, s.notes...),
		Stopped: stopOf(sum.Stop), Result: written.Path, ErrorsOut: written.Errors,
	}
	lanes := map[string]batch.LaneSummary{}
	for _, lane := range sum.Lanes {
		lanes[lane.Provider] = lane
	}
	for _, name := range t.names {
		r.addProvider(name, *t.providers[name], lanes[name])
		if found := lanes[name].Found; found > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: paced down to %s/s, as it answered 429", name, rateText(found)))
		}
	}
	for _, g := range t.sorted() {
		e := errorSummary{
			Provider: g.provider, Status: string(g.status), HTTPStatus: g.http, Code: g.code,
			Column: g.column, Count: g.count, Rows: g.rows, Message: g.message,
		}
		if g.status == batch.Succeeded {
			r.Warnings = append(r.Warnings, e)
		} else {
			r.Errors = append(r.Errors, e)
		}
	}
	if id := s.record.Info.ID; !s.forgotten() {
		r.Run, r.Resumed = id, s.record.Resumed
	}
	r.Finished = t.open == 0
	r.Next = s.next(t, sum, r, written).String()
	return r
}

func (r *runSummary) addProvider(name string, lines counts, lane batch.LaneSummary) {
	for _, status := range statuses() {
		*r.Lines.of(status) += *lines.of(status)
	}
	if name == "" {
		r.WholeRows = &lines
		return
	}
	p := providerSummary{
		Provider: name, counts: lines, Requests: lane.Requests, Retries: lane.Retries,
		Seconds: seconds(lane.Elapsed), Stopped: stopOf(lane.Stop),
	}
	if lane.Elapsed > 0 {
		p.PerSecond = float64(int(float64(lane.Requests)/lane.Elapsed.Seconds()*100+0.5)) / 100
	}
	r.Providers = append(r.Providers, p)
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func stopOf(s *batch.Stop) *stopSummary {
	if s == nil {
		return nil
	}
	out := &stopSummary{Code: s.Code, Message: s.Message, broken: s.Kind == batch.Broken}
	if !s.Until.IsZero() {
		out.Until = s.Until.Format(time.RFC3339)
	}
	return out
}

// printSummary writes the summary to standard output.
func (p *Program) printSummary(r *runSummary, asJSON bool) error {
	if asJSON {
		return p.printJSON(r)
	}
	var b strings.Builder
	if err := r.print(&b); err != nil {
		return err
	}
	_, err := io.WriteString(p.Stdout, b.String())
	return err
}

func (p *Program) printJSON(v any) error {
	e := json.NewEncoder(p.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// print writes the summary for people.
func (r *runSummary) print(w *strings.Builder) error {
	mark := ""
	if r.Sandbox {
		mark = ", to the sandbox: nothing left this machine"
	}
	fmt.Fprintf(w, "%s of %s in %s%s\n\n", plural(r.Rows, "row", "rows"), r.Input,
		shortDuration(time.Duration(r.Seconds*float64(time.Second))), mark)
	if err := r.printProviders(w); err != nil {
		return err
	}
	if err := printErrors(w, "errors", r.Errors); err != nil {
		return err
	}
	if err := printErrors(w, "warnings", r.Warnings); err != nil {
		return err
	}
	r.printStops(w)
	for _, note := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
	if r.Result != "" {
		fmt.Fprintf(w, "result: %s\n", r.Result)
	}
	if r.ErrorsOut != "" {
		fmt.Fprintf(w, "errors: %s\n", r.ErrorsOut)
	}
	if r.Run != "" {
		fmt.Fprintf(w, "run: %s\n", r.Run)
	}
	for step := range strings.SplitSeq(r.Next, "\n") {
		if step != "" {
			fmt.Fprintf(w, "next: %s\n", step)
		}
	}
	return nil
}

func (r *runSummary) printProviders(w io.Writer) error {
	c := newColumns("provider", ">succeeded", ">failed", ">invalid", ">skipped", ">in_doubt", ">not_sent",
		">requests", ">retries", ">time", ">mean rate")
	for _, p := range r.Providers {
		rate := "-"
		if p.Requests > 0 {
			rate = rateText(p.PerSecond) + "/s"
		}
		c.row(p.Provider, p.Succeeded, p.Failed, p.Invalid, p.Skipped, p.InDoubt, p.NotSent,
			p.Requests, p.Retries, shortDuration(time.Duration(p.Seconds*float64(time.Second))), rate)
	}
	if n := r.WholeRows; n != nil {
		c.row(wholeRows, n.Succeeded, n.Failed, n.Invalid, n.Skipped, n.InDoubt, n.NotSent, "", "", "", "")
	}
	if err := c.print(w, ""); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func printErrors(w io.Writer, title string, list []errorSummary) error {
	if len(list) == 0 {
		return nil
	}
	c := newColumns(title, ">lines", "provider", "code", "rows", "message")
	for _, e := range list {
		provider, message := e.Provider, e.Message
		if provider == "" {
			provider = wholeRows
		}
		if e.Column != "" {
			message = fmt.Sprintf("column %q: %s", e.Column, message)
		}
		code := e.Code
		if e.HTTPStatus != 0 && code != fmt.Sprintf("http_%d", e.HTTPStatus) {
			code = fmt.Sprintf("%d %s", e.HTTPStatus, code)
		}
		c.row(e.Status, e.Count, provider, code, rowList(e.Rows, e.Count), message)
	}
	if err := c.print(w, ""); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

// printStops says why the run or a lane ended early, each reason once.
func (r *runSummary) printStops(w io.Writer) {
	told := map[string]bool{}
	tell := func(who string, s *stopSummary) {
		if s == nil || s.broken || told[s.Message] {
			return
		}
		told[s.Message] = true
		text := who + s.Message
		if s.Until != "" {
			text += ", go on after " + s.Until
		}
		// A strings.Builder takes everything.
		_, _ = fmt.Fprintf(w, "stopped: %s\n", text)
	}
	tell("", r.Stopped)
	for _, p := range r.Providers {
		tell(p.Provider+": ", p.Stopped)
	}
}
