package cli

import (
	"fmt"
	"strings"
	"time"

	"rowpost/batch"
	"rowpost/batch/result"
)

// next is what a run's end asks for.
type next struct {
	lines   counts
	wrong   int  // lines that failed or are invalid by the row's own fault
	open    int  // lines that the same command would send
	chosen  bool // --rows or --limit left some out
	sampled bool // --sample did, and nobody can be asked about the rest
	until   time.Time
	act     bool // somebody has to mend something first
	tooMany bool // --max-errors was passed, which counts what earlier starts found
	waiting int  // lines that wait until a doubt about their key is settled
	sandbox bool
	changed bool   // the table is no longer what was read
	run     string // its id
	mapping string
	file    string // where the lines are that did not succeed
}

func (s *send) next(t *tally, sum batch.Summary, r *runSummary, written result.Written) next {
	n := next{
		lines: r.Lines, open: t.open - t.waiting, waiting: t.waiting, wrong: t.wrong, chosen: s.opts.rows != rowRange{} || s.opts.limit > 0,
		sampled: s.sampling != nil && !s.sampling.mayGoOn,
		sandbox: s.opts.sandbox, changed: t.changed, run: r.Run, mapping: s.opts.mapping, file: written.Path,
	}
	if s.sampling != nil && s.sampling.mayGoOn {
		n.open = 0 // this very start goes on, or asks
	}
	if written.Errors != "" {
		n.file = written.Errors
	}
	stops := []*batch.Stop{sum.Stop}
	for _, lane := range sum.Lanes {
		stops = append(stops, lane.Stop)
	}
	for _, stop := range stops {
		if stop == nil {
			continue
		}
		n.act = n.act || stop.Kind == batch.Refused
		n.tooMany = n.tooMany || stop.Code == batch.CodeMaxErrors
		if stop.Until.After(n.until) {
			n.until = stop.Until
		}
	}
	return n
}

// String gives a line for each thing to do, in the order in which to do them.
func (n next) String() string {
	if n.file == "" {
		return "" // there is no result: the message that says why says what to do
	}
	var steps []string
	add := func(format string, args ...any) { steps = append(steps, fmt.Sprintf(format, args...)) }
	if n.open > 0 {
		add("%s", n.goOn())
	}
	if n.lines.InDoubt > 0 && n.run != "" {
		waits := ""
		if n.waiting > 0 {
			waits = fmt.Sprintf("; %s for that, and for the same command after it", plural(n.waiting, "line waits", "lines wait"))
		}
		add("rowpost resolve %s shows what is in doubt, and takes what the provider says about it%s", n.run, waits)
	}
	if n.wrong > 0 {
		add("correct the cells of what failed or is invalid in %s, and send that: rowpost run -m %s %s%s",
			n.file, shellQuote(n.mapping), shellQuote(n.file), n.flags())
	}
	return strings.Join(steps, "\n")
}

// goOn says how what is left is sent.
func (n next) goOn() string {
	what := plural(n.open, "line", "lines")
	switch {
	case n.sandbox:
		return "a run to the sandbox is not kept: the same command begins anew"
	case n.changed:
		return fmt.Sprintf("once the table is as it was, the same command goes on with %s; or its result does: rowpost run -m %s %s", what, shellQuote(n.mapping), shellQuote(n.file))
	case n.tooMany:
		return "look at the errors first; with a higher --max-errors the same command goes on with " + what
	case n.act:
		return "mend what the run was stopped for; then the same command goes on with " + what
	case !n.until.IsZero():
		return fmt.Sprintf("after %s the same command goes on with %s", second(n.until), what)
	case n.sampled:
		return "look at the sample in " + n.file + "; the same command with --yes, or without --sample, goes on with " + what
	case n.chosen:
		return "the same command without --rows and --limit goes on with " + what
	}
	return "the same command goes on with " + what
}

func (n next) flags() string {
	if n.sandbox {
		return " --sandbox"
	}
	return ""
}
