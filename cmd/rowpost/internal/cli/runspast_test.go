package cli

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/state"
	"rowpost/mapping"
	"rowpost/providers/all"
)

var updateGolden = flag.Bool("update", false, "rewrite the expected outputs in testdata")

// past is a place with runs of earlier days, and a program that looks at them.
type past struct {
	t        *testing.T
	p        *Program
	out, err bytes.Buffer
	dir      string // of the state
	work     string // of table and mapping
	store    *state.Store
	now      time.Time
	names    map[string]string // of the runs' ids, which end at random
	again    bool              // runs are begun with --again
}

const (
	pastMapping = `version: 1
name: customers
requests:
  - id: mail
    provider: paysafe
    fields: {customerId: Id, type: {value: EMAIL}, value: Mail}
  - id: mobile
    provider: paysafe
    fields: {customerId: Id, type: {value: MOBILE}, value: Phone}
`
	pastTable = "Id,Mail,Phone\n11,anna@example.org,+491\n12,bert@example.org,+492\n13,carl@example.org,+493\n14,dora@example.org,+494\n"
)

func newPast(t *testing.T) *past {
	t.Helper()
	p := &past{t: t, dir: filepath.Join(t.TempDir(), "state"), work: t.TempDir(), names: map[string]string{}}
	p.now = time.Date(2026, 11, 22, 19, 3, 12, 0, time.UTC)
	p.p = testProgram(&p.out)
	p.p.Stderr, p.p.Providers = &p.err, all.List()
	p.p.Now = func() time.Time { return p.now }
	p.writeMapping(pastMapping, -time.Hour)
	p.write("customers.csv", pastTable)
	return p
}

func (p *past) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.work, name)
	p.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// writeMapping writes the mapping as somebody did who wrote it some time from now on.
func (p *past) writeMapping(text string, after time.Duration) {
	p.t.Helper()
	path := p.write("map.yaml", text)
	p.must(os.Chtimes(path, p.now.Add(after), p.now.Add(after)))
}

func (p *past) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// meaning is that of the mapping as it stands, for a table.
func (p *past) meaning(table string) []mapping.Clause {
	p.t.Helper()
	l, err := p.p.load(&options{mapping: filepath.Join(p.work, "map.yaml")}, table)
	p.must(err)
	return l.binding.Meaning()
}

// begin begins a run over a table of the folder, as the command does.
func (p *past) begin(table string) *state.Run {
	p.t.Helper()
	if p.store == nil {
		var err error
		p.store, err = state.Open(p.dir)
		p.must(err)
	}
	path := filepath.Join(p.work, table)
	data, err := os.ReadFile(path)
	p.must(err)
	run, err := p.store.Begin(p.t.Context(), state.Job{
		Input: state.Input{
			Path: path, SHA256: sha256.Sum256(data), Size: int64(len(data)),
			Rows: strings.Count(string(data), "\n") - 1, Result: strings.HasPrefix(string(data), "rp_row"),
		},
		Series: "customers", Mapping: filepath.Join(p.work, "map.yaml"), Meaning: p.meaning(path),
		Targets: []string{"paysafe/update_contact_info", "paysafe/update_contact_info"},
	}, state.BeginOptions{
		Again: p.again, Now: p.p.Now, Applied: applied,
		Result: filepath.Join(p.work, strings.TrimSuffix(table, ".csv")+".result.csv"),
	})
	p.must(err)
	p.names[run.Info.ID] = "RUN-" + string(rune('A'+len(p.names)))
	return run
}

// record writes a start's journal: what was begun and not finished, then what was finished.
func (p *past) record(run *state.Run, begun [][2]int, finished ...batch.Entry) {
	p.t.Helper()
	j, err := journal.Open(run.Journal, nil)
	p.must(err)
	lane, err := j.Lane("paysafe", 100)
	p.must(err)
	for _, b := range begun {
		p.must(lane.Begin(b[0], b[1]))
	}
	for _, e := range finished {
		p.must(lane.Finish(e))
	}
	p.must(j.Close())
}

func sentAt(second int) time.Time { return time.Date(2026, 11, 22, 19, 0, second, 0, time.UTC) }

// killed is a run of which row 1 is done, and of the others nobody knows: a provider
// answered row 2 oddly, row 3 was on the wire, row 4 may be repeated.
func (p *past) killed() *state.Run {
	p.t.Helper()
	run := p.begin("customers.csv")
	p.record(run, [][2]int{{3, 1}},
		batch.Entry{Row: 1, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1, SentAt: sentAt(1)},
		batch.Entry{
			Row: 2, Status: batch.InDoubt, HTTPStatus: 200, Code: "bad_response", Attempts: 1, SentAt: sentAt(2),
			Message: "the answer names bert@example.org and no type",
		},
		batch.Entry{Row: 4, Status: batch.InDoubt, Again: true, Code: "timeout", Attempts: 5, SentAt: sentAt(4), Message: "no answer within 30s"})
	p.must(run.Close())
	return run
}

// finished is a run that came to its end.
func (p *past) finished(table string) *state.Run {
	p.t.Helper()
	run := p.begin(table)
	p.record(run, nil, batch.Entry{Row: 1, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1, SentAt: sentAt(1)})
	p.must(run.End(state.Ending{Exit: statusRows, Finished: true, Counts: map[batch.Status]int{batch.Succeeded: 3, batch.Invalid: 1}}))
	p.must(run.Close())
	return run
}

// run runs a command and gives its exit status.
func (p *past) run(args ...string) int {
	p.t.Helper()
	p.out.Reset()
	p.err.Reset()
	p.p.Args = append(args, "--state", p.dir)
	return p.p.Run(p.t.Context())
}

// told is what was printed, with names in place of what differs from test to test.
func (p *past) told(b *bytes.Buffer) string {
	text := strings.NewReplacer(p.dir, "STATE", p.work, "WORK").Replace(b.String())
	for id, name := range p.names {
		text = strings.ReplaceAll(text, id, name+strings.Repeat("-", len(id)-len(name)))
	}
	return text
}

// expect compares what was printed with a file of testdata.
func (p *past) expect(name string) {
	p.t.Helper()
	file := filepath.Join("testdata", name)
	got := p.told(&p.out)
	if *updateGolden {
		p.must(os.WriteFile(file, []byte(got), 0o600))
	}
	want, err := os.ReadFile(file)
	p.must(err)
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		p.t.Errorf("%s: got\n%s", file, got)
	}
}

func (p *past) expectStatus(want int, args ...string) {
	p.t.Helper()
	if got := p.run(args...); got != want {
		p.t.Fatalf("%s: exit status %d, want %d\n%s%s", strings.Join(args, " "), got, want, p.out.String(), p.err.String())
	}
}
