package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"rowpost/batch/result"
	"rowpost/batch/state"
)

// runDoc is what the commands about runs tell of one. The names of its fields are
// stable.
type runDoc struct {
	ID     string      `json:"id"`
	Series string      `json:"series"`
	Input  runInputDoc `json:"input"`
	// Mapping is the file that the last start was given.
	Mapping  string `json:"mapping"`
	State    string `json:"state"` // running, finished, unfinished, continued, erased, unreadable
	Begun    string `json:"begun"` // RFC 3339, as all times
	Last     string `json:"last,omitempty"`
	Starts   int    `json:"starts"`
	Finished bool   `json:"finished"`
	Again    bool   `json:"again"` // it was begun with --again
	// ExitStatus is that of the last start; null if it is running or was killed.
	ExitStatus  *int    `json:"exit_status"`
	Lines       *counts `json:"lines"` // of the result; null if none was written yet
	Stopped     string  `json:"stopped,omitempty"`
	Until       string  `json:"until,omitempty"` // when to go on
	Result      string  `json:"result,omitempty"`
	ErrorsOut   string  `json:"errors_file,omitempty"`
	ContinuedBy string  `json:"continued_by,omitempty"`
	Fault       string  `json:"fault,omitempty"` // why the rest cannot be read
	Next        string  `json:"next,omitempty"`  // the command that goes on
}

type runInputDoc struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Rows   int    `json:"rows"`
	// IsResult says that it is the result file of an earlier run.
	IsResult bool `json:"is_result"`
}

func (p *Program) runDoc(info *state.Info, stateFlag string) runDoc {
	d := runDoc{
		ID: info.ID, Series: info.Series, Mapping: info.Mapping,
		Input: runInputDoc{
			Path: info.Input.Path, SHA256: hex.EncodeToString(info.Input.SHA256[:]),
			Size: info.Input.Size, Rows: info.Input.Rows, IsResult: info.Input.Result,
		},
		State: stateWord(info), Begun: rfcTime(info.Begun), Last: rfcTime(info.Last), Starts: info.Starts,
		Finished: info.Finished, Again: info.Again, Lines: linesOf(info), Stopped: info.Stop,
		Until: rfcTime(info.Until), Result: info.Result, ErrorsOut: info.Errors,
		ContinuedBy: info.ContinuedBy, Fault: info.Fault, Next: goOn(info, stateFlag),
	}
	if ended(info) {
		d.ExitStatus = &info.Exit
	}
	return d
}

// stateWord is the state as programs read it.
func stateWord(info *state.Info) string {
	switch {
	case info.Fault != "":
		return "unreadable"
	case info.Erased:
		return "erased"
	case info.Running:
		return "running"
	case info.ContinuedBy != "":
		return "continued"
	case info.Finished:
		return "finished"
	}
	return "unfinished"
}

func rfcTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// ended says whether the last start came to its end by itself, and so left a status.
func ended(info *state.Info) bool { return info.Exit != state.NoExit && info.Fault == "" }

// linesOf are the lines of a run's result; nil if it has none yet.
func linesOf(info *state.Info) *counts {
	if len(info.Counts) == 0 {
		return nil
	}
	c := &counts{}
	for status, n := range info.Counts {
		if place := c.of(status); place != nil {
			*place += n
		}
	}
	return c
}

// short names the statuses that occur, with their numbers.
func (c *counts) short() string {
	var parts []string
	for _, status := range statuses() {
		if n := *c.of(status); n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+string(status))
		}
	}
	return strings.Join(parts, ", ")
}

// goOn is the command that resumes a run; empty if it needs none, or another one.
func goOn(info *state.Info, stateFlag string) string {
	if info.ContinuedBy != "" || info.Finished || info.Erased || info.Fault != "" {
		return ""
	}
	return runCommand(info, stateFlag)
}

// runCommand is the command line that starts a run's job: its files, and none of the
// flags that only say how to send.
func runCommand(info *state.Info, stateFlag string) string {
	line := []string{"rowpost run -m", shellQuote(info.Mapping), shellQuote(info.Input.Path)}
	add := func(flag, value string) {
		if value != "" {
			line = append(line, flag, shellQuote(value))
		}
	}
	if info.Result != result.DefaultPath(info.Input.Path) {
		add("-o", info.Result)
	}
	add("--errors", info.Errors)
	add("--state", stateFlag)
	return strings.Join(line, " ")
}

// listRuns prints all runs.
func (p *Program) listRuns(flags *runsFlags) error {
	store, err := p.history(flags.state)
	if err != nil {
		return err
	}
	infos, err := p.runs(store)
	if err != nil {
		return err
	}
	if flags.json {
		docs := []runDoc{}
		for i := range infos {
			docs = append(docs, p.runDoc(&infos[i], flags.state))
		}
		return p.printJSON(docs)
	}
	if len(infos) == 0 {
		_, err := fmt.Fprintln(p.Stdout, "there is no run yet")
		return err
	}
	if err := p.printRuns(infos); err != nil {
		return err
	}
	for i := range infos {
		if infos[i].Fault != "" {
			p.say("run %s: %s", infos[i].ID, infos[i].Fault)
		}
	}
	_, err = fmt.Fprintln(p.Stdout, "\nrowpost runs ID tells all about one")
	return err
}

func (p *Program) printRuns(infos []state.Info) error {
	var b strings.Builder
	c := newColumns("run", "series", "input", "state", "lines", ">exit", "last start")
	for i := range infos {
		info := &infos[i]
		lines, exit := "", "-"
		if n := linesOf(info); n != nil {
			lines = n.short()
		}
		if ended(info) {
			exit = strconv.Itoa(info.Exit)
		}
		c.row(info.ID, info.Series, filepath.Base(info.Input.Path), runState(info, p.Now()), lines, exit, stamp(info.Last))
	}
	if err := c.print(&b, ""); err != nil {
		return err
	}
	_, err := io.WriteString(p.Stdout, b.String())
	return err
}
