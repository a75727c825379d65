package proof

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Injection is what strace does to a child, at one kind of system call.
type Injection struct {
	Call string
	// Do is strace's word for it: signal=KILL (before the call is made), error=EIO, ...
	Do string
	// When is which of the calls, from 1: 3, or 3+ for that one and all behind it. strace
	// counts the calls of each thread by themselves; the first thread to come so far is meant.
	When string
	// Paths, if there are any, leaves calls alone that are not about one of these files.
	Paths []string
}

// String is how strace is told.
func (i *Injection) String() string { return i.Call + ":" + i.Do + ":when=" + i.When }

// TraceCall is a system call as strace saw it.
type TraceCall struct {
	Thread int
	Time   time.Time
	Name   string
	Text   string // arguments and answer; the files of descriptors stand in <>
}

// CanTrace says why strace cannot be used here; nil if it can.
func CanTrace(ctx context.Context) error {
	path, err := exec.LookPath("strace")
	if err != nil {
		return fmt.Errorf("strace is missing (install the package of that name): %w", err)
	}
	err = exec.CommandContext(ctx, path, "-f", "-e", "inject=write:error=EIO", "true").Run()
	if err != nil {
		return fmt.Errorf("strace cannot trace here (in a container, ptrace must be allowed: --cap-add=SYS_PTRACE): %w", err)
	}
	return nil
}

// Traced gives the same child under strace, which writes what it sees to a log: only
// the given calls, or with an injection only the call that is meant.
func (c *Child) Traced(log string, inject *Injection, calls ...string) *Child {
	command := []string{"strace", "-f", "-y", "-ttt", "-qq", "-s", "0", "-o", log}
	if inject != nil {
		calls = []string{inject.Call}
		for _, path := range inject.Paths {
			command = append(command, "-P", path)
		}
	}
	// With the mark before it, a call that this processor's system does not know is passed over.
	command = append(command, "-e", "trace=?"+strings.Join(calls, ",?"))
	if inject != nil {
		command = append(command, "-e", "inject="+inject.String())
	}
	return &Child{Command: append(append(command, "--"), c.Command...), Env: c.Env, Dir: c.Dir}
}

var traceLine = regexp.MustCompile(`^(\d+) +(\d+)\.(\d{6}) (\w+)\((.*)$`)

// ReadTrace reads strace's log.
func ReadTrace(log string) ([]TraceCall, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var calls []TraceCall
	for lines := bufio.NewScanner(f); ; {
		if !lines.Scan() {
			return calls, lines.Err()
		}
		m := traceLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue // a signal, an end, or the second half of a call
		}
		thread, _ := strconv.Atoi(m[1])
		seconds, _ := strconv.ParseInt(m[2], 10, 64)
		micros, _ := strconv.ParseInt(m[3], 10, 64)
		calls = append(calls, TraceCall{
			Thread: thread, Time: time.Unix(seconds, micros*1000), Name: m[4], Text: m[5],
		})
	}
}

// MostOf gives for each call the largest number that one thread made: how far an
// injection can count.
func MostOf(calls []TraceCall) map[string]int {
	most := map[string]int{}
	for i, n := range ordinals(calls) {
		most[calls[i].Name] = max(most[calls[i].Name], n)
	}
	return most
}

// ordinals numbers the calls as strace does: of one name by one thread.
func ordinals(calls []TraceCall) []int {
	type counter struct {
		name   string
		thread int
	}
	counts, out := map[counter]int{}, make([]int, len(calls))
	for i := range calls {
		c := counter{calls[i].Name, calls[i].Thread}
		counts[c]++
		out[i] = counts[c]
	}
	return out
}

// Met gives the first call that an injection met; nil if it met none.
func Met(calls []TraceCall, injection *Injection) *TraceCall {
	from, _ := strconv.Atoi(strings.TrimSuffix(injection.When, "+"))
	i := slices.Index(ordinals(calls), from)
	if i < 0 {
		return nil
	}
	return &calls[i]
}

// Stunned says whether an injection hit, beside what it was meant for, a call by which a Go
// program wakes itself up. It ends at once then, with status 2 (netpollBreak in Go's
// runtime). No full disk makes that write fail.
func Stunned(calls []TraceCall, injection *Injection) bool {
	from, _ := strconv.Atoi(strings.TrimSuffix(injection.When, "+"))
	for i, n := range ordinals(calls) {
		if n >= from && strings.Contains(calls[i].Text, "[eventfd]") {
			return true
		}
	}
	return false
}

var journalFile = regexp.MustCompile(`/journal/([^./]+)\.\d+\.journal`)

// Lane is the provider whose journal a call was about; empty: none's.
func (c *TraceCall) Lane() string {
	if m := journalFile.FindStringSubmatch(c.Text); m != nil {
		return m[1]
	}
	return ""
}

// Place says what a call was about, for a table of what was hit.
func (c *TraceCall) Place() string {
	text, _, _ := strings.Cut(c.Text, " = ")
	for _, p := range []struct{ part, place string }{
		{".journal", "journal"},
		{"/journal", "journal"},
		{"run.json", "run.json"},
		{"/done/", "done"},
		{"/accounts", "accounts"},
		{"/locks", "locks"},
		{".lock", "locks"},
		{"rowpost-tmp", "result"},
		{"result.csv", "result"},
		{"/files", "result"},
		{"<TCP", "provider"},
		{"<socket", "provider"},
		{"sin_port", "provider"},
		{"/state", "state"},
	} {
		if strings.Contains(text, p.part) {
			return p.place
		}
	}
	return "other"
}
