package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/result"
	"rowpost/batch/state"
	"rowpost/providers/all"
)

const (
	keptMapping = `version: 1
name: customers
requests:
  - id: address
    provider: invisiblecollector
    when: 'Phase != "later"'
    fields: {id: Id, country: Country, city: City}
  - id: mail
    provider: paysafe
    fields: {customerId: Id, type: {value: EMAIL}, value: Mail}
  - id: mobile
    provider: paysafe
    when: 'Phone != ""'
    fields: {customerId: Id, type: {value: MOBILE}, value: Phone}
`
	// Row 2 is refused by both, row 3 is ragged, row 4 has no country, row 6 has the key of
	// row 1. A cell has a line break of CR and LF.
	keptTable = "Id,Mail,Phone,Country,City,Phase\r\n" +
		"11,anna@example.org,+4917012345,PT,\"Vila\r\nNova\",\r\n" +
		"404,bert@taken.example,,PT,Faro,\r\n" +
		"13,carl@example.org,,PT,Faro,,surplus\r\n" +
		"14,dora@example.org,,,Faro,\r\n" +
		"15,emil@unverified.example,,PT,Faro,later\r\n" +
		"11,anna@example.com,,PT,Lagos,\r\n"
)

// kept is a run whose files are on disk, made by the engine, the journal and the writer
// of results.
type kept struct {
	p      *Program
	out    bytes.Buffer
	dir    string
	folder string // of the journal
	info   state.Info
}

func newKept(t *testing.T) *kept {
	t.Helper()
	k := &kept{dir: t.TempDir()}
	k.p = testProgram(&k.out)
	k.p.Providers = all.List()
	k.folder = filepath.Join(k.dir, "journal")
	k.info = state.Info{
		ID: "20260301-080000-0a0b", Mapping: k.path("map.yaml"), Result: k.path("in.result.csv"), Begun: time.Now(), Finished: true,
		Input:  state.Input{Path: k.path("in.csv"), SHA256: sha256.Sum256([]byte(keptTable)), Rows: 6},
		Counts: map[batch.Status]int{},
	}
	k.write(t, "map.yaml", keptMapping)
	k.write(t, "in.csv", keptTable)
	k.send(t)
	k.info.Last = time.Now()
	return k
}

// send imports the table into a sandbox.
func (k *kept) send(t *testing.T) {
	t.Helper()
	l, err := k.p.load(&options{mapping: k.info.Mapping, sandbox: true}, k.info.Input.Path)
	if err != nil {
		t.Fatal(err)
	}
	k.info.Meaning = state.Sums(l.binding.Meaning())
	vars, stop, err := startSandbox(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(k.folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	job := batch.Job{
		Source: l.rows, Binding: l.binding, Requests: l.targets, Journal: j,
		Accounts: map[string]batch.Account{}, Options: batch.DefaultOptions(),
	}
	for name, a := range l.accounts(sandboxSettings(vars)) {
		job.Accounts[name] = a.Account
	}
	sum, err := batch.Run(t.Context(), job)
	for _, then := range []error{err, j.Close(), stop()} {
		if then != nil {
			t.Fatal(then)
		}
	}
	lines := func(yield func(batch.Result, error) bool) {
		for line, err := range batch.Results(job, sum) {
			k.info.Counts[line.Status]++
			if !yield(line, err) {
				return
			}
		}
	}
	if _, err := result.Write(lines, result.Options{Path: k.info.Result, Header: l.rows.Header(), Origin: result.Origin(k.info.Input.SHA256, l.binding.Meaning())}); err != nil {
		t.Fatal(err)
	}
}

func (k *kept) path(name string) string { return filepath.Join(k.dir, name) }

func (k *kept) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(k.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// edit changes a file's bytes.
func (k *kept) edit(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(k.path(name))
	if err != nil {
		t.Fatal(err)
	}
	k.write(t, name, string(change(data)))
}

// verify gives the exit status and what was told.
func (k *kept) verify(t *testing.T) (status int, told verdict) {
	t.Helper()
	k.out.Reset()
	status = k.p.report(k.p.verify(&k.info, k.folder, true))
	if err := json.Unmarshal(k.out.Bytes(), &told); err != nil {
		t.Fatalf("%v: %s", err, k.out.String())
	}
	return status, told
}

// remarks are the findings and the gaps, without what they say beyond their kind.
func (v verdict) remarks() []string {
	var out []string
	for _, f := range v.Findings {
		out = append(out, "finding "+string(f.Rule))
	}
	for _, g := range v.NotChecked {
		out = append(out, "not checked "+g.What)
	}
	return slices.Compact(out)
}

// TestVerifyKept holds the check, which is written against the description, against what
// the engine and the writers make.
func TestVerifyKept(t *testing.T) {
	k := newKept(t)
	status, told := k.verify(t)
	if status != statusOK || !told.Agrees || len(told.remarks()) > 0 || len(told.Notes) > 0 {
		t.Errorf("exit status %d: %s", status, k.out.String())
	}
	for _, s := range []batch.Status{batch.Succeeded, batch.Failed, batch.Invalid} {
		if told.Lines[s] == 0 {
			t.Errorf("no line is %s: the run shows too little", s)
		}
	}
	if lanes := told.Checks[slices.IndexFunc(told.Checks, func(c checked) bool { return c.Rule == ruleJournal })]; lanes.Held != 2 {
		t.Errorf("%d files of the journal were read", lanes.Held)
	}
	k.out.Reset()
	if status := k.p.report(k.p.verify(&k.info, k.folder, false)); status != statusOK {
		t.Errorf("exit status %d", status)
	}
	if !strings.HasSuffix(k.out.String(), "\nsource, journal and result agree\n") || strings.Contains(k.out.String(), "anna") {
		t.Errorf("told:\n%s", k.out.String())
	}
}

func TestVerifyKeptTampered(t *testing.T) {
	const lane = "journal/paysafe.0001.journal"
	whole := func(b []byte) []byte { return b }
	for _, c := range []struct {
		name, file string
		change     func([]byte) []byte
		status     int
		want       []string
	}{
		{"a byte of the journal flipped", lane, func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, statusRows, []string{"finding journal", "not checked journal"}},
		{"the input edited", "in.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("Lagos"), []byte("Braga"), 1) }, statusBroken, []string{"not checked input"}},
		{"a cell of the result edited", "in.result.csv", func(b []byte) []byte { return bytes.Replace(b, []byte("Lagos"), []byte("Braga"), 1) }, statusRows, []string{"finding cells"}},
		{"CR LF in a cell written as LF", "in.result.csv", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }, statusRows, []string{"finding cells"}},
		{"the mapping broken", "map.yaml", func(b []byte) []byte { return append(b, "nonsense"...) }, statusBroken, []string{"not checked mapping", "not checked journal"}},
		{"the result emptied", "in.result.csv", func([]byte) []byte { return nil }, statusRows, []string{"finding form", "not checked result"}},
		{"a transform added to the mapping", "map.yaml", func(b []byte) []byte {
			return bytes.Replace(b, []byte("city: City"), []byte("city: {column: City, transform: [trim]}"), 1)
		}, statusOK, []string{"not checked keys"}},
		{"an id changed in the mapping", "map.yaml", func(b []byte) []byte {
			return bytes.Replace(b, []byte("id: mail"), []byte("id: email"), 1)
		}, statusBroken, []string{"not checked keys", "not checked journal"}},
		{"another delimiter in the mapping", "map.yaml", func(b []byte) []byte {
			return bytes.Replace(b, []byte("requests:"), []byte("source: {delimiter: \",\"}\nrequests:"), 1)
		}, statusBroken, []string{"not checked keys", "not checked input"}},
		{"a comment added to the mapping", "map.yaml", func(b []byte) []byte { return append(b, "# nothing\n"...) }, statusOK, nil},
		{"nothing", "in.csv", whole, statusOK, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKept(t)
			k.edit(t, c.file, c.change)
			status, told := k.verify(t)
			if got := told.remarks(); status != c.status || !slices.Equal(got, c.want) {
				t.Errorf("exit status %d, %q, want %d, %q:\n%s", status, got, c.status, c.want, k.out.String())
			}
		})
	}
}

// TestVerifyNeedsFiles: what is missing leaves the verdict open, and is named.
func TestVerifyNeedsFiles(t *testing.T) {
	for name, want := range map[string][]string{
		"in.csv":        {"not checked input"},
		"in.result.csv": {"not checked result"},
		"map.yaml":      {"not checked mapping", "not checked journal"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKept(t)
			if err := os.Remove(k.path(name)); err != nil {
				t.Fatal(err)
			}
			status, told := k.verify(t)
			if got := told.remarks(); status != statusBroken || !slices.Equal(got, want) || !strings.Contains(k.out.String(), name) {
				t.Errorf("exit status %d, %q, want %q:\n%s", status, got, want, k.out.String())
			}
		})
	}
}

// TestVerifyMode: the result holds customers' data.
func TestVerifyMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such mode")
	}
	k := newKept(t)
	if err := os.Chmod(k.info.Result, 0o644); err != nil { //nolint:gosec // too open on purpose
		t.Fatal(err)
	}
	if status, told := k.verify(t); status != statusRows || told.remarks()[0] != "finding mode" {
		t.Errorf("exit status %d: %s", status, k.out.String())
	}
}

// TestVerifyTornJournal: an end that a kill left is no damage, and is said.
func TestVerifyTornJournal(t *testing.T) {
	k := newKept(t)
	later, err := journal.Open(k.folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	lane, err := later.Lane("paysafe", 100)
	if err != nil {
		t.Fatal(err)
	}
	// A start that is killed while a request of a row that failed is on its way again.
	again := batch.Entry{Row: 2, Request: 1, Status: batch.Failed, HTTPStatus: 409, Again: true}
	for _, err := range []error{lane.Finish(again), lane.Begin(2, 1)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var killed []byte
	const name = "journal/paysafe.0002.journal"
	k.edit(t, name, func(b []byte) []byte { killed = append(b, "\x07torn"...); return b })
	if err := later.Close(); err != nil {
		t.Fatal(err)
	}
	k.edit(t, name, func([]byte) []byte { return killed })
	status, told := k.verify(t)
	if status != statusRows || !slices.Equal(told.remarks(), []string{"finding doubt"}) {
		t.Errorf("exit status %d: %s", status, k.out.String())
	}
	if len(told.Notes) != 1 || !strings.HasPrefix(told.Notes[0], "paysafe.0002.journal breaks off") {
		t.Errorf("noted %q", told.Notes)
	}
}
