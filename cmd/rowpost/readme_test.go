package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rowpost/batch/result"
	"rowpost/mapping"
	"rowpost/providers"
	"rowpost/providers/all"
)

// fence is a fenced block of the README.
type fence struct {
	kind string // sh, text, csv, ...; empty: none is said
	file string // the name behind the kind: a file to be saved
	text string
}

var fencePattern = regexp.MustCompile("(?ms)^( *)```(\\w*) ?(\\S*)\n(.*?)^ *```$")

func readmeFences(t *testing.T) []fence {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(projectRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var fences []fence
	for _, m := range fencePattern.FindAllStringSubmatch(string(text), -1) {
		indent, body := m[1], m[4]
		body = strings.TrimPrefix(strings.ReplaceAll("\n"+body, "\n"+indent, "\n"), "\n")
		fences = append(fences, fence{kind: m[2], file: m[3], text: body})
	}
	return fences
}

// reader follows the README as a person would: saves the files, runs the commands one
// after the other in one folder, and compares what they print.
type reader struct {
	t       *testing.T
	dir     string
	env     []string
	printed string // by the last command
}

var (
	goRun    = regexp.MustCompile(`\bgo run \./cmd/rowpost\b`)
	endsWith = regexp.MustCompile(`# ends with (\d+)$`)
	cronTime = regexp.MustCompile(`^(\S+ +){5}cd \S+ && `)
)

// TestReadme does all that the README says, but for the tests' command, which is the
// one that runs this.
func TestReadme(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "samples"), os.DirFS(samplesDir)); err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, dir: dir, env: append(os.Environ(),
		"HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"))}
	for _, f := range readmeFences(t) {
		switch {
		case f.file != "":
			if err := os.WriteFile(filepath.Join(dir, f.file), []byte(f.text), 0o600); err != nil {
				t.Fatal(err)
			}
		case f.kind == "sh":
			for line := range strings.Lines(f.text) {
				r.command(strings.TrimSpace(line))
			}
		case f.kind == "cron":
			// Another night has another table; this one is imported already, where its run is kept.
			r.env = append(r.env, "ROWPOST_STATE="+filepath.Join(dir, "night"))
			r.command(cronTime.ReplaceAllString(strings.TrimSpace(f.text), ""))
		case f.kind == "text":
			r.compare(f.text)
		}
	}
}

// command runs one line by the shell, with the program of this test in the place of
// the one that would have to be built.
func (r *reader) command(line string) {
	r.t.Helper()
	want := 0
	if m := endsWith.FindStringSubmatch(line); m != nil {
		want, _ = strconv.Atoi(m[1])
	}
	switch {
	case line == "go install ./cmd/rowpost": // it is built and found already
		return
	case strings.HasSuffix(line, " &"):
		r.serve(strings.TrimSuffix(line, " &"))
		return
	}
	cmd := exec.CommandContext(r.t.Context(), "sh", "-c", goRun.ReplaceAllString(line, "rowpost"))
	cmd.Dir, cmd.Env = r.dir, r.env
	if strings.Contains(line, "samples/") && strings.Contains(line, "--env-file") {
		// The documented pace would take half a minute, as the README says.
		cmd.Env = append(cmd.Env, "ROWPOST_RATE=cleverbridge=100/s trackfinity=100/s invisiblecollector=100/s paysafe=100/s")
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	status := 0
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			r.t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	if r.printed = stdout.String(); status != want {
		r.t.Errorf("%s\nended with %d, not %d: %s%s", line, status, want, r.printed, &stderr)
	}
}

// serve starts a command that goes on until the test ends, and waits for the file that
// it writes when it is ready.
func (r *reader) serve(line string) {
	r.t.Helper()
	words := strings.Fields(line)
	cmd := exec.Command(words[0], words[1:]...) //nolint:gosec // the project's own README
	cmd.Dir, cmd.Env = r.dir, r.env
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Kill(), ignoreExit(cmd.Wait())); err != nil {
			r.t.Error(err)
		}
	})
	ready := filepath.Join(r.dir, words[len(words)-1])
	if !poll(func() bool {
		data, err := os.ReadFile(ready)
		return err == nil && bytes.HasSuffix(data, []byte("\n"))
	}) {
		r.t.Fatalf("%s: %s does not appear", line, ready)
	}
}

// ignoreExit leaves out that a process was killed, which it was.
func ignoreExit(err error) error {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil
	}
	return err
}

var measured = regexp.MustCompile(`\b[\d.]+(ms|s|/s)\b`)

// plain takes out of a line what differs from run to run: times, rates, and the blanks
// that line up columns.
func plain(line string) string {
	return strings.Join(strings.Fields(measured.ReplaceAllString(line, "#")), " ")
}

// compare finds the lines of a picture in what the last command printed, in their
// order; a line "..." stands for any number of others.
func (r *reader) compare(picture string) {
	r.t.Helper()
	printed := strings.Split(strings.TrimRight(r.printed, "\n"), "\n")
	at, skip := 0, false
	for line := range strings.Lines(picture) {
		if strings.TrimSpace(line) == "..." {
			skip = true
			continue
		}
		want := plain(line)
		for skip && at < len(printed) && plain(printed[at]) != want {
			at++
		}
		if at >= len(printed) || plain(printed[at]) != want {
			r.t.Errorf("the README shows a line that is not printed there:\n%s\nof:\n%s", line, r.printed)
			return
		}
		at, skip = at+1, false
	}
	if !skip && at < len(printed) {
		r.t.Errorf("the README leaves out what is printed after its last line: %s", printed[at])
	}
}

// TestReadmeReference holds the README's tables and examples against the program.
func TestReadmeReference(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(projectRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	said := func(what string) {
		t.Helper()
		if !strings.Contains(text, what) {
			t.Errorf("the README does not say %s", what)
		}
	}
	for _, column := range result.Columns() {
		said("`" + column + "`")
	}
	for _, p := range all.List() {
		for _, part := range providerRow(p) {
			row := regexp.MustCompile("(?m)^\\| `" + p.Describe().Name + "` .*$").FindString(text)
			if !strings.Contains(row, "| "+part+" |") {
				t.Errorf("the README's row of %s does not have %q", p.Describe().Name, part)
			}
		}
	}
	for _, path := range regexp.MustCompile("`((?:samples|mapping|providers|cmd|batch)/[\\w./]*)`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(projectRoot, path[1])); err != nil {
			t.Errorf("the README names what is not there: %v", err)
		}
	}
	for _, f := range readmeFences(t) {
		if f.kind == "yaml" {
			if _, err := mapping.Parse("README.md", []byte(f.text), nil); err != nil {
				t.Errorf("a mapping in the README is wrong: %v\n%s", err, f.text)
			}
		}
	}
}

// providerRow gives the cells that the README's table must have for a provider.
func providerRow(p providers.Provider) []string {
	d := p.Describe()
	var operations []string
	safe, unsafe := 0, 0
	for _, o := range p.Operations() {
		operations = append(operations, "`"+o.Describe().Name+"`")
		if o.Describe().SafeToRepeat {
			safe++
		} else {
			unsafe++
		}
	}
	published := d.Published.String()
	if published == "" {
		published = "none"
	}
	repeat := "update only"
	switch {
	case unsafe == 0:
		repeat = "yes"
	case safe == 0:
		repeat = "no"
	}
	return []string{strings.Join(operations, ", "), d.Limit.String(), published, repeat}
}

// TestReadmeTestCommand keeps the place where scripts read the tests' command.
func TestReadmeTestCommand(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(projectRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	const marked = "\n<!-- test command -->\n```\ngo test ./...\n```\n<!-- end -->\n"
	if strings.Count(string(text), marked) != 1 {
		t.Error("the tests' command does not stand between its marks")
	}
}
