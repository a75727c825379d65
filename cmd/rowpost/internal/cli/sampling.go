package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
)

// sampling is the start of a run that sends a sample only.
type sampling struct {
	asks    bool // somebody can be asked
	mayGoOn bool // the rest may be sent in this process
	left    int  // lines that the same command would send
	report  *runSummary
}

// sampleFirst sends a sample of the rows, and then the rest, if somebody says so. The sample
// is a start of the run like any other: its result is written and recorded before anybody is
// asked, and whatever happens then, the same command goes on with what is left.
func (p *Program) sampleFirst(ctx context.Context, l *load) error {
	all := l.opts
	rows, err := l.sampleRows()
	if err != nil {
		return err
	}
	first := *all
	first.only = rows
	l.opts = &first
	t := &sampling{asks: p.Interactive && !all.yes && l.typed != "-"}
	err = p.sendOnce(ctx, l, t)
	if !t.mayGoOn {
		return err
	}
	if t.asks && !p.confirmed(fmt.Sprintf("send the other %s?", plural(t.left, "line", "lines"))) {
		p.say("nothing more is sent; the same command goes on with what is left")
		if all.json {
			if err := p.printJSON(t.report); err != nil {
				return fail(statusBroken, "standard output cannot be written: %s", err)
			}
		}
		return quietly(t.report.ExitStatus)
	}
	l.opts = all
	return p.sendOnce(ctx, l, nil)
}

// end says with which status the sample's start ends, and whether the rest may follow. One
// that ended early, or that nobody can be asked about, is the end of the run for now.
func (t *sampling) end(p *Program, opts *options, status, left int) int {
	t.left = left
	if left == 0 {
		return status
	}
	switch status {
	case statusOK:
		t.mayGoOn = t.asks || opts.yes
		return statusLater
	case statusRows:
		t.mayGoOn = t.asks
		if opts.yes {
			p.say("the sample did not come out well, so the rest is not sent")
		}
		return statusLater
	}
	return status
}

// tell prints the summary. That of a sample which the rest may follow is no summary of the
// run, and not for standard output.
func (s *send) tell(report *runSummary, status int) error {
	goesOn := s.sampling != nil && s.sampling.mayGoOn
	if goesOn && !s.sampling.asks {
		s.screen.end(statusOK)
	} else {
		s.screen.end(status)
	}
	switch {
	case goesOn:
		if err := s.sampling.show(s.p, s.opts, report); err != nil {
			return fail(statusBroken, "standard error cannot be written: %s", err)
		}
	case !s.opts.quiet || status != statusOK:
		if err := s.p.printSummary(report, s.opts.json); err != nil {
			return fail(statusBroken, "standard output cannot be written: %s", err)
		}
	}
	return nil
}

// show tells how the sample came out, on standard error: standard output is for the summary
// of the whole.
func (t *sampling) show(p *Program, opts *options, report *runSummary) error {
	t.report = report
	if opts.quiet && !t.asks {
		return nil
	}
	var b strings.Builder
	if err := report.print(&b); err != nil {
		return err
	}
	_, err := io.WriteString(p.Stderr, b.String()+"\n")
	return err
}

// confirmed asks a person. No answer is a no.
func (p *Program) confirmed(question string) bool {
	// Where nothing can be written nobody reads, and the answer will not come.
	_, _ = fmt.Fprintf(p.Stderr, "rowpost: %s [y/N] ", question)
	answer, err := bufio.NewReader(p.Stdin).ReadString('\n')
	if err != nil && answer == "" {
		_, _ = fmt.Fprintln(p.Stderr)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
