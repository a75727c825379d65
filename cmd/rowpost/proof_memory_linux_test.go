package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rowpost/cmd/rowpost/internal/proof"
)

var memoryRows = flag.Int("rowsinmemory", 0, "TestMemory: rows of a table that is run, killed in the middle and resumed; some 300 bytes of disk for each")

const (
	mostMemory = 64 << 20 // whatever the number of rows
	moreMemory = 8 << 20  // for many rows rather than few: what the collector may be late by
	// eager is a collector that is hardly ever late, so that what is kept shows.
	eager = "GOGC=20"
	// fewRows are wide ones that together are too large for a small table, which is kept in
	// memory as a whole.
	fewRows, wide = 20_000, 250
)

// TestMemory shows that the memory of plan, run, resume and result does not grow with the
// number of rows.
func TestMemory(t *testing.T) {
	if *memoryRows > 0 {
		steps := newMemoryProof(t, *memoryRows, "").prove(t)
		for _, s := range steps {
			if s.peak > mostMemory {
				t.Errorf("%s took %d MB", s.name, s.peak>>20)
			}
		}
		return
	}
	few, many := newMemoryProof(t, fewRows, eager).prove(t), newMemoryProof(t, 3*fewRows, eager).prove(t)
	for i := range many {
		if many[i].peak > few[i].peak+moreMemory {
			t.Errorf("%s took %d KB, and with a third of the rows %d KB", many[i].name, many[i].peak>>10, few[i].peak>>10)
		}
	}
}

// A server that does not answer, in front of a table that can be read in no time, makes
// nothing queue up.
func TestMemoryBehindAServerThatStalls(t *testing.T) {
	var peaks []int64
	for _, rows := range []int{fewRows, 10 * fewRows} {
		p := newMemoryProof(t, rows, eager)
		run := p.stall(t, nil)
		run.idle(t)
		end := run.kill(t)
		t.Logf("%d rows: %d KB", rows, end.peak>>10)
		peaks = append(peaks, end.peak)
	}
	if peaks[1] > peaks[0]+moreMemory {
		t.Errorf("peaks of %v bytes", peaks)
	}
}

// A terminal that takes nothing more, as one that is suspended, neither stops the run nor
// makes anything queue up. The run ends when somebody reads again.
func TestMemoryBehindATerminalThatStalls(t *testing.T) {
	var peaks []int64
	for _, rows := range []int{fewRows, 2 * fewRows} {
		p := newMemoryProof(t, rows, eager)
		screen := newStuckScreen(t)
		run := p.stall(t, screen.slave)
		screen.fill(t)
		p.must(t, p.sink.Release())
		p.must(t, p.sink.Await(rows))
		run.idle(t)
		screen.drain(t)
		end := run.wait(t)
		if end.status != 0 {
			t.Fatalf("exit status %d", end.status)
		}
		t.Logf("%d rows: %d KB", rows, end.peak>>10)
		peaks = append(peaks, end.peak)
	}
	if peaks[1] > peaks[0]+moreMemory {
		t.Errorf("peaks of %v bytes", peaks)
	}
}

// memoryProof is a table and where its rows go.
type memoryProof struct {
	dir    string
	gc     string // the collector's setting in the environment
	wide   int    // bytes of a cell that is not sent
	rows   int
	sink   *proof.Sink
	binary string
}

// memoryStep is one start of the command.
type memoryStep struct {
	name string
	peak int64
}

func newMemoryProof(t *testing.T, rows int, gc string) *memoryProof {
	t.Helper()
	p := &memoryProof{dir: t.TempDir(), gc: gc, rows: rows, binary: built(t)}
	if gc != "" {
		p.wide = wide
	}
	p.checkRoom(t)
	sink, err := proof.StartSink(context.WithoutCancel(t.Context()))
	p.must(t, err)
	p.sink = sink
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	})
	p.must(t, os.WriteFile(p.path("map.yaml"), []byte(`version: 1
requests:
  - {provider: cleverbridge, fields: {SubscriptionId: Id, ContactType: {value: BillingContact}, Contact.EMail: Mail, Contact.CountryId: Country, Contact.LanguageId: Lang}}
`), 0o600))
	p.must(t, p.writeTable())
	return p
}

func (*memoryProof) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *memoryProof) path(name string) string { return filepath.Join(p.dir, name) }

// checkRoom looks whether the table, its journal and its result have room.
func (p *memoryProof) checkRoom(t *testing.T) {
	var disk unix.Statfs_t
	p.must(t, unix.Statfs(p.dir, &disk))
	each := int64(300 + 3*p.wide)
	if free := int64(disk.Bavail) * disk.Bsize; free < int64(p.rows)*each {
		t.Skipf("%s has room for %d MB, and %d MB may be needed: set TMPDIR", p.dir, free>>20, int64(p.rows)*each>>20)
	}
}

func (p *memoryProof) writeTable() error {
	f, err := os.Create(p.path("in.csv"))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	line, note := []byte("Id,Mail,Country,Lang,Note\n"), strings.Repeat("x", p.wide)
	for row := 1; ; row++ {
		if _, err := w.Write(line); err != nil || row > p.rows {
			return errors.Join(err, w.Flush(), f.Close())
		}
		line = fmt.Appendf(line[:0], "S%08d,row-%d@example.com,DE,de,%s\n", row, row, note)
	}
}

func (p *memoryProof) start(t *testing.T, screen *os.File, command string) *watched {
	t.Helper()
	args := []string{command, "-m", p.path("map.yaml"), p.path("in.csv"), "--state", p.path("state")}
	if command == "run" {
		args = append(args, "--rate", "cleverbridge=10000000/s", "--in-flight", "cleverbridge=64")
	}
	m, err := startWatched(t.Context(), p.binary, args, screen,
		p.gc, "HOME="+p.dir, "CLEVERBRIDGE_BASE_URL="+p.sink.URL("cleverbridge"), "CLEVERBRIDGE_USERNAME=x", "CLEVERBRIDGE_PASSWORD=x")
	p.must(t, err)
	return m
}

// stall starts a run and lets it come as far as it can: the server answers a thousand
// requests, and holds the rest.
func (p *memoryProof) stall(t *testing.T, screen *os.File) *watched {
	const answered, inFlight = 1000, 64
	p.must(t, p.sink.Hold(answered))
	run := p.start(t, screen, "run")
	p.must(t, p.sink.Await(answered+inFlight))
	return run
}

// prove plans, runs, kills, resumes and makes the result again, and holds what comes
// against what the server saw.
func (p *memoryProof) prove(t *testing.T) (steps []memoryStep) {
	took := func(name string, end watchedEnd, rows, status int) {
		if end.status != status {
			t.Fatalf("%s: exit status %d, want %d\n%s", name, end.status, status, end.said)
		}
		t.Logf("%9d rows, %-17s %6.1f MB at most, %6.1f s, %8.0f rows/s, %5.1f us CPU a row", p.rows, name+":",
			float64(end.peak)/(1<<20), end.took.Seconds(), float64(rows)/end.took.Seconds(), float64(end.cpu.Microseconds())/float64(max(1, rows)))
		steps = append(steps, memoryStep{name, end.peak})
	}
	const killed = -1
	took("plan", p.start(t, nil, "plan").wait(t), p.rows, 0)
	run := p.start(t, nil, "run")
	p.must(t, p.sink.Await(p.rows/2))
	end := run.kill(t)
	before, err := p.sink.Seen()
	p.must(t, err)
	took("run until a kill", end, before.Requests, killed)
	took("resumed", p.start(t, nil, "run").wait(t), p.rows-before.Requests, 0)
	p.check(t)
	p.must(t, os.Remove(p.path("in.result.csv")))
	took("result once more", p.start(t, nil, "run").wait(t), p.rows, 6)
	p.check(t)
	return steps
}

// check: each row was sent, at most those in flight twice, and the result has all.
func (p *memoryProof) check(t *testing.T) {
	t.Helper()
	seen, err := p.sink.Seen()
	p.must(t, err)
	if seen.Rows != p.rows || seen.Requests > p.rows+64 {
		t.Errorf("%d rows were sent by %d requests, of %d", seen.Rows, seen.Requests, p.rows)
	}
	f, err := os.Open(p.path("in.result.csv"))
	p.must(t, err)
	defer func() { _ = f.Close() }()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.ReuseRecord = true
	head, err := r.Read()
	p.must(t, err)
	number, status := slices.Index(head, "rp_row"), slices.Index(head, "rp_status")
	for row := 1; ; row++ {
		line, err := r.Read()
		if err == io.EOF && row == p.rows+1 {
			return
		}
		if err != nil || line[number] != strconv.Itoa(row) || line[status] != "succeeded" {
			t.Fatalf("line %d of the result: %v, row %s", row, err, strings.Join(line, ","))
		}
	}
}
