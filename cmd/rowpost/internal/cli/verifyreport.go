package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rowpost/batch"
)

// rule is something that a run's files must agree in. The names are stable.
type rule string

const (
	ruleInput    rule = "input"
	ruleJournal  rule = "journal"
	ruleRepeats  rule = "repeats"
	ruleForm     rule = "form"
	ruleMode     rule = "mode"
	ruleRows     rule = "rows"
	ruleOrder    rule = "order"
	ruleRequests rule = "requests"
	ruleCells    rule = "cells"
	ruleLine     rule = "line"
	ruleCheck    rule = "check"
	ruleStatus   rule = "status"
	ruleSuccess  rule = "success"
	ruleDoubt    rule = "doubt"
	ruleUnsent   rule = "unsent"
	ruleTexts    rule = "texts"
	ruleAttempts rule = "attempts"
	ruleTimes    rule = "times"
	ruleShown    rule = "shown"
	ruleKeys     rule = "keys"
	ruleFinished rule = "finished"
)

// rules lists all rules in the order in which they are told, each with what it says.
func rules() []struct {
	rule rule
	says string
} {
	return []struct {
		rule rule
		says string
	}{
		{ruleInput, "the input is the file that was imported"},
		{ruleJournal, "the journal's files are whole"},
		{ruleRepeats, "nothing was sent again that was final or in doubt"},
		{ruleForm, "the result has its columns, and every line one status"},
		{ruleMode, "only its owner can read the result"},
		{ruleRows, "every row has its lines, and there are no others"},
		{ruleOrder, "lines stand in the order of the source"},
		{ruleRequests, "a row's lines are those of its requests"},
		{ruleCells, "cells are the source's, byte for byte"},
		{ruleLine, "rp_line is where the row stands"},
		{ruleCheck, "rp_check fits the cells"},
		{ruleStatus, "statuses are the journal's"},
		{ruleSuccess, "succeeded: the journal has it, with a status 2xx"},
		{ruleDoubt, "in_doubt: exactly what the journal leaves in doubt"},
		{ruleUnsent, "not_sent, invalid, skipped: nothing of it was sent"},
		{ruleTexts, "codes, messages, ids and times are the journal's"},
		{ruleAttempts, "an HTTP status comes with an attempt"},
		{ruleTimes, "what was sent was sent while the run went on"},
		{ruleShown, "what the journal knows is in the result"},
		{ruleKeys, "rows of one key were confirmed in their order"},
		{ruleFinished, "finished and counts are what the lines say"},
	}
}

// maxFindings is how many findings of a rule are told one by one.
const maxFindings = 20

// spot is where something is: a file, a line of it, and what that is about; zero values
// are not known or do not matter.
type spot struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Row     int    `json:"row,omitempty"`
	Request string `json:"request,omitempty"`
}

func (s spot) String() string {
	text := s.File
	if s.Line > 0 {
		text += ": line " + strconv.Itoa(s.Line)
	}
	if s.Row > 0 {
		text += ": row " + strconv.Itoa(s.Row)
	}
	if s.Request != "" {
		text += ": request " + s.Request
	}
	return text
}

// finding is a rule that is broken somewhere. It never holds a cell.
type finding struct {
	Rule rule `json:"rule"`
	spot
	Message string `json:"message"`
}

// gap is something that could not be checked. An open one leaves the verdict open.
type gap struct {
	What string `json:"what"`
	Why  string `json:"why"`
	Open bool   `json:"open"`
}

// audit gathers what a check finds.
type audit struct {
	held     map[rule]int // how many things were held against the rule
	found    map[rule]int
	findings []finding // the first of each rule
	gaps     []gap
	notes    []string
	statuses map[batch.Status]int
	settled  map[string]int // in doubt first and succeeded since: by whom that was said
}

func newAudit() *audit {
	return &audit{held: map[rule]int{}, found: map[rule]int{}, statuses: map[batch.Status]int{}, settled: map[string]int{}}
}

// hold counts that something was held against a rule; if it does not agree the caller
// finds it.
func (a *audit) hold(r rule) { a.held[r]++ }

func (a *audit) find(r rule, at spot, format string, args ...any) {
	a.found[r]++
	if a.found[r] <= maxFindings {
		a.findings = append(a.findings, finding{r, at, fmt.Sprintf(format, args...)})
	}
}

// skip says that something cannot be checked, and that the files may disagree there.
func (a *audit) skip(what, format string, args ...any) {
	a.gaps = append(a.gaps, gap{what, fmt.Sprintf(format, args...), true})
}

// pass says that something is not checked, and that the verdict stands without it.
func (a *audit) pass(what, format string, args ...any) {
	a.gaps = append(a.gaps, gap{What: what, Why: fmt.Sprintf(format, args...)})
}

func (a *audit) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

// status is the command's exit status.
func (a *audit) status() int {
	switch {
	case len(a.findings) > 0:
		return statusRows
	case slices.ContainsFunc(a.gaps, func(g gap) bool { return g.Open }):
		return statusBroken
	}
	return statusOK
}

// verdict is what `rowpost verify` tells; the names of its fields are stable.
type verdict struct {
	Run        string               `json:"run"`
	Input      string               `json:"input"`
	Result     string               `json:"result"`
	Agrees     bool                 `json:"agrees"`
	Lines      map[batch.Status]int `json:"lines"`
	Settled    map[string]int       `json:"settled"`
	Checks     []checked            `json:"checks"`
	NotChecked []gap                `json:"not_checked"`
	Notes      []string             `json:"notes"`
	Findings   []finding            `json:"findings"`
}

type checked struct {
	Rule     rule   `json:"rule"`
	Says     string `json:"says"`
	Held     int    `json:"held"` // things that were held against it
	Findings int    `json:"findings"`
}

func (a *audit) verdict() verdict {
	v := verdict{
		Agrees: a.status() == statusOK, Lines: a.statuses, Settled: a.settled,
		NotChecked: append([]gap{}, a.gaps...), Notes: append([]string{}, a.notes...), Findings: append([]finding{}, a.findings...),
	}
	rank := map[rule]int{}
	for i, r := range rules() {
		rank[r.rule] = i
		if a.held[r.rule] > 0 || a.found[r.rule] > 0 {
			v.Checks = append(v.Checks, checked{r.rule, r.says, a.held[r.rule], a.found[r.rule]})
		}
	}
	slices.SortStableFunc(v.Findings, func(a, b finding) int { return cmp.Compare(rank[a.Rule], rank[b.Rule]) })
	return v
}

// print writes the verdict for people.
func (v verdict) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "run     %s\ninput   %s\nresult  %s\n", v.Run, v.Input, v.Result)
	if text := countsText(v.Lines); len(v.Lines) > 0 {
		fmt.Fprintf(&b, "lines   %s\n", text)
	}
	for _, by := range slices.Sorted(maps.Keys(v.Settled)) {
		fmt.Fprintf(&b, "doubt   %d settled as succeeded %s\n", v.Settled[by], by)
	}
	b.WriteString("\n")
	c := newColumns("rule", "", ">checked", ">findings")
	for _, check := range v.Checks {
		c.row(check.Rule, check.Says, check.Held, check.Findings)
	}
	if err := c.print(&b, ""); err != nil {
		return err
	}
	v.printRemarks(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (v verdict) printRemarks(b *strings.Builder) {
	told := map[rule]int{}
	if len(v.Findings) > 0 {
		b.WriteString("\nfindings\n")
	}
	for _, f := range v.Findings {
		fmt.Fprintf(b, "  %s: %s: %s\n", f.Rule, f.spot, f.Message)
		told[f.Rule]++
	}
	for _, check := range v.Checks {
		if more := check.Findings - told[check.Rule]; more > 0 {
			fmt.Fprintf(b, "  %s: and %d more\n", check.Rule, more)
		}
	}
	if len(v.NotChecked) > 0 {
		b.WriteString("\nnot checked\n")
	}
	for _, g := range v.NotChecked {
		fmt.Fprintf(b, "  %s: %s\n", g.What, g.Why)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(b, "\nnote: %s\n", n)
	}
	b.WriteString("\n" + v.conclusion() + "\n")
}

func (v verdict) conclusion() string {
	open := slices.ContainsFunc(v.NotChecked, func(g gap) bool { return g.Open })
	switch {
	case len(v.Findings) > 0:
		return "the run's files do not agree"
	case open:
		return "what could be checked agrees; that is not all"
	}
	return "source, journal and result agree"
}
