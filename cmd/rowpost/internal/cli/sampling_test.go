package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowpost/providers/all"
	"rowpost/providers/sandbox"
)

// desk is a person at a terminal, with a table of ten rows and simulated providers.
type desk struct {
	t        *testing.T
	sandbox  *sandbox.Sandbox
	out, err bytes.Buffer
	p        *Program
	dir      string
}

const deskMapping = `version: 1
requests:
  - provider: cleverbridge
    fields: {SubscriptionId: Id, ContactType: {value: BillingContact}, Contact.CountryId: {value: DE}, Contact.LanguageId: {value: de}}
`

func newDesk(t *testing.T, ids ...string) *desk {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{t: t, sandbox: s, dir: t.TempDir()}
	d.p = testProgram(&d.out)
	d.p.Stderr, d.p.Providers = &d.err, all.List()
	d.p.Env["HOME"] = d.dir
	for _, v := range s.Environment() {
		d.p.Env[v.Name] = v.Value
	}
	d.write("map.yaml", deskMapping)
	d.write("in.csv", "Id\n"+strings.Join(ids, "\n")+"\n")
	return d
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

// run gives the exit status, and how many requests arrived.
func (d *desk) run(answer string, flags ...string) (status, calls int) {
	d.t.Helper()
	before := d.sandbox.Stats("cleverbridge").Calls
	d.out.Reset()
	d.err.Reset()
	d.p.Stdin = strings.NewReader(answer)
	d.p.Stderr = &d.err // a run takes it over
	d.p.Args = append([]string{"run", "-m", d.path("map.yaml"), d.path("in.csv"), "--rate", "cleverbridge=1000/s"}, flags...)
	status = d.p.Run(d.t.Context())
	return status, d.sandbox.Stats("cleverbridge").Calls - before
}

func ten() (ids []string) {
	for i := range 10 {
		ids = append(ids, fmt.Sprintf("S%d", i+1))
	}
	return ids
}

func TestASampleIsSentFirst(t *testing.T) {
	const question = "rowpost: send the other 7 lines? [y/N] "
	for _, tc := range []struct {
		name     string
		terminal bool
		answer   string
		flags    []string
		status   int
		calls    int
		asked    bool
		out      string // must be in standard output
	}{
		{"yes", true, "y\n", nil, 0, 10, true, "10 rows of"},
		{"yes, written out, the last line of the input", true, " YES", nil, 0, 10, true, "10 rows of"},
		{"no", true, "n\n", nil, 5, 3, true, ""},
		{"just the return key", true, "\n", nil, 5, 3, true, ""},
		{"no answer", true, "", nil, 5, 3, true, ""},
		{"no, for programs", true, "n\n", []string{"--json"}, 5, 3, true, `"exit_status": 5`},
		{"nobody there", false, "y\n", nil, 5, 3, false, "the same command with --yes, or without --sample, goes on with 7 lines"},
		{"a script", false, "", []string{"--yes"}, 0, 10, false, "10 rows of"},
		{"a person who knows", true, "", []string{"--yes"}, 0, 10, false, "10 rows of"},
		{"quietly", false, "", []string{"--yes", "--quiet"}, 0, 10, false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDesk(t, ten()...)
			d.p.Interactive = tc.terminal
			status, calls := d.run(tc.answer, append(tc.flags, "--sample", "3")...)
			if status != tc.status || calls != tc.calls {
				t.Errorf("status %d after %d requests\n%s", status, calls, d.err.String())
			}
			if strings.Contains(d.err.String(), question) != tc.asked || !strings.Contains(d.out.String(), tc.out) || tc.out == "" && d.out.Len() > 0 {
				t.Errorf("standard error:\n%s\nstandard output:\n%s", d.err.String(), d.out.String())
			}
			if tc.calls == 10 {
				return
			}
			if status, calls := d.run(""); status != 0 || calls != 7 {
				t.Errorf("the same command without --sample: status %d after %d requests", status, calls)
			}
		})
	}
}

func TestASampleThatDoesNotComeOutWell(t *testing.T) {
	ids := ten()
	ids[0] = "S404"
	d := newDesk(t, ids...)
	if status, calls := d.run("", "--sample", "3", "--yes"); status != 5 || calls != 3 {
		t.Errorf("with --yes: status %d after %d requests", status, calls)
	}
	d.p.Interactive = true
	if status, calls := d.run("y\n", "--sample", "3"); status != 3 || calls != 7 {
		t.Errorf("a person may go on: status %d after %d requests", status, calls)
	}
}

func TestASampleAgainIsTheSame(t *testing.T) {
	d := newDesk(t, ten()...)
	for n, want := range []int{4, 0, 6} {
		flags := []string{"--sample", "4"}
		if n == 2 {
			flags = append(flags, "--yes")
		}
		if _, calls := d.run("", flags...); calls != want {
			t.Errorf("start %d: %d requests, want %d", n+1, calls, want)
		}
	}
}

func TestASampleOfEverythingAsksNothing(t *testing.T) {
	d := newDesk(t, "S1", "S2")
	d.p.Interactive = true
	if status, calls := d.run("", "--sample", "5"); status != 0 || calls != 2 || strings.Contains(d.err.String(), "[y/N]") {
		t.Errorf("status %d after %d requests: %s", status, calls, d.err.String())
	}
}

// What comes through standard input is read once, and nobody can be asked there.
func TestASampleOfStandardInput(t *testing.T) {
	d := newDesk(t)
	d.p.Interactive = true
	table := "Id\n" + strings.Join(ten(), "\n") + "\n"
	for _, tc := range []struct {
		flags         []string
		status, calls int
	}{{nil, 5, 3}, {[]string{"--yes"}, 0, 7}} {
		before := d.sandbox.Stats("cleverbridge").Calls
		d.p.Stdin, d.p.Stderr = strings.NewReader(table), &d.err
		d.p.Args = append([]string{"run", "-m", d.path("map.yaml"), "-", "-o", d.path("out.csv"), "--sample", "3"}, tc.flags...)
		status := d.p.Run(t.Context())
		if calls := d.sandbox.Stats("cleverbridge").Calls - before; status != tc.status || calls != tc.calls {
			t.Errorf("%v: status %d after %d requests: %s", tc.flags, status, calls, d.err.String())
		}
	}
}
