package cli

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/result"
	"rowpost/batch/state"
	"rowpost/mapping"
)

// said reads the last word on each request of a run, by row and position.
func (p *past) said(run *state.Run) map[[2]int]batch.Entry {
	p.t.Helper()
	view, err := journal.Read(run.Journal, nil)
	p.must(err)
	out := map[[2]int]batch.Entry{}
	for e, err := range view.Entries("paysafe") {
		p.must(err)
		out[[2]int{e.Row, e.Request}] = e
	}
	return out
}

func TestWhatIsInDoubtIsListed(t *testing.T) {
	p := newPast(t)
	p.killed()
	p.expectStatus(0, "resolve", "last")
	p.expect("resolve-list.golden")
	p.expectStatus(0, "resolve", "last", "--json", "--rows", "3")
	p.expect("resolve-list.json")
}

func TestSettling(t *testing.T) {
	for _, test := range []struct {
		as     string
		status batch.Status
		again  bool
	}{
		{decideSucceeded, batch.Succeeded, false},
		{decideFailed, batch.Failed, false},
		{decideAgain, batch.NotSent, true},
	} {
		t.Run(test.as, func(t *testing.T) {
			p := newPast(t)
			run := p.killed()
			before := p.said(run)
			p.expectStatus(0, "resolve", "last", "--rows", "3", "--as", test.as, "--note", "ticket 4711")
			p.expect("resolve-" + test.as + ".golden")
			after := p.said(run)
			got := after[[2]int{3, 1}]
			if got.Status != test.status || got.Again != test.again || got.Code != batch.CodeResolved || !strings.Contains(got.Message, "ticket 4711") {
				t.Errorf("row 3 is %+v", got)
			}
			delete(before, [2]int{3, 1})
			delete(after, [2]int{3, 1})
			if !maps.Equal(before, after) {
				t.Errorf("other rows changed: %v, were %v", after, before)
			}
			p.expectStatus(2, "resolve", "last", "--rows", "3", "--as", "failed")
			if !strings.Contains(p.err.String(), "row 3 was settled before, as "+test.as) {
				t.Errorf("a second decision is refused by %s", p.err.String())
			}
		})
	}
}

func TestASlipOfThePenChangesNothing(t *testing.T) {
	p := newPast(t)
	run := p.killed()
	before := p.said(run)
	for _, args := range [][]string{
		{"--rows", "2-3,1"},
		{"--rows", "4"},
		{"--rows", "2,99"},
		{"--all", "--request", "mobil"},
		{"--all", "--provider", "cleverbridge"},
		{"--all", "--remote-id", "4711"},
		{},
	} {
		p.expectStatus(2, append([]string{"resolve", "last", "--as", "succeeded"}, args...)...)
	}
	if after := p.said(run); !maps.Equal(before, after) {
		t.Errorf("the journal changed: %v, was %v", after, before)
	}
}

func TestAllIsSettledAtOnce(t *testing.T) {
	p := newPast(t)
	run := p.killed()
	p.expectStatus(0, "resolve", "last", "--all", "--as", "succeeded")
	after := p.said(run)
	if after[[2]int{2, 0}].Status != batch.Succeeded || after[[2]int{3, 1}].Status != batch.Succeeded || after[[2]int{4, 0}].Status != batch.InDoubt {
		t.Errorf("got %v", after)
	}
	p.expectStatus(2, "resolve", "last", "--all", "--as", "succeeded")
	p.expectStatus(0, "resolve", "last")
	p.expect("resolve-none.golden")
}

func TestAFinishedRunGoesOnAfterADecision(t *testing.T) {
	p := newPast(t)
	run := p.begin("customers.csv")
	p.record(run, [][2]int{{3, 1}})
	p.must(run.End(state.Ending{Exit: statusRows, Finished: true, Counts: map[batch.Status]int{batch.Succeeded: 7, batch.InDoubt: 1}}))
	p.must(run.Close())
	p.expectStatus(0, "resolve", run.Info.ID, "--rows", "3", "--as", "succeeded", "--remote-id", "C4711")
	info, err := p.p.findRun(p.store, run.Info.ID)
	p.must(err)
	if info.Finished {
		t.Error("the run is still finished: the same command would refuse instead of writing the result anew")
	}
	if got := p.said(run)[[2]int{3, 1}].RemoteID; got != "C4711" {
		t.Errorf("the id is %q", got)
	}
}

// A decision is as much of the journal as what was sent: it may not be lost unseen.
func TestADecisionThatIsGoneIsDamage(t *testing.T) {
	p := newPast(t)
	run := p.begin("customers.csv")
	p.record(run, [][2]int{{3, 1}})
	p.must(run.End(state.Ending{Exit: statusRows, Finished: true, Counts: map[batch.Status]int{batch.InDoubt: 1}}))
	p.must(run.Close())
	before, err := journal.Read(run.Journal, nil)
	p.must(err)
	p.expectStatus(0, "resolve", run.Info.ID, "--rows", "3", "--as", "failed")
	after, err := journal.Read(run.Journal, nil)
	p.must(err)
	if len(after.Files) != len(before.Files)+1 {
		t.Fatalf("the decision made %d files of %d", len(after.Files), len(before.Files))
	}
	for _, f := range after.Files {
		if f.Last > before.Files[len(before.Files)-1].Last {
			p.must(os.Remove(f.Path))
		}
	}
	p.expectStatus(1, "resolve", run.Info.ID)
	if !strings.Contains(p.err.String(), "it is missing") {
		t.Errorf("got %s", p.err.String())
	}
}

func TestDecisionsAboutARunThatIsOverAreRefused(t *testing.T) {
	p := newPast(t)
	run := p.begin("customers.csv")
	p.record(run, [][2]int{{3, 1}})
	p.must(run.End(state.Ending{Exit: statusRows, Finished: true, Counts: map[batch.Status]int{batch.InDoubt: 1}}))
	p.must(run.Close())
	p.now = p.now.Add(time.Hour)
	p.again = true
	later := p.begin("customers.csv")
	p.must(later.Close())
	p.expectStatus(2, "resolve", run.Info.ID, "--all", "--as", "failed")
	if !strings.Contains(p.err.String(), "hint: rowpost resolve "+later.Info.ID) {
		t.Errorf("got %s", p.err.String())
	}
}

func TestADamagedJournalIsSaid(t *testing.T) {
	p := newPast(t)
	run := p.killed()
	files, err := filepath.Glob(filepath.Join(run.Journal, "*"))
	p.must(err)
	data, err := os.ReadFile(files[0])
	p.must(err)
	data[len(data)/2] ^= 1
	p.must(os.WriteFile(files[0], data, 0o600))
	for _, args := range [][]string{{"runs", "last"}, {"resolve", "last"}, {"resolve", "last", "--all", "--as", "again"}} {
		p.expectStatus(1, args...)
		if !strings.Contains(p.err.String(), filepath.Base(files[0])+": is damaged at byte ") {
			t.Errorf("%v: got %s", args, p.err.String())
		}
	}
	p.expectStatus(0, "runs")
}

// A run over an earlier result: its journal counts that file's lines, people count the
// rows of the table that was read first.
func TestRowsOfAnEarlierResult(t *testing.T) {
	p := newPast(t)
	p.writeResult("customers.result.csv")
	run := p.begin("customers.result.csv")
	p.record(run, [][2]int{{3, 1}}) // the third line: row 3
	p.must(run.Close())
	p.expectStatus(0, "resolve", "last")
	p.expect("resolve-result.golden")
	p.expectStatus(2, "resolve", "last", "--rows", "1", "--as", "again") // the first line
	p.expectStatus(0, "resolve", "last", "--rows", "3,4", "--as", "again")
	after := p.said(run)
	if !after[[2]int{3, 1}].Again || !after[[2]int{1, 0}].Again || len(after) != 2 {
		t.Errorf("got %v", after)
	}
	p.expectStatus(0, "resolve", "last")
	if !strings.HasPrefix(p.out.String(), "nothing of run ") {
		t.Errorf("still in doubt:\n%s", p.out.String())
	}
}

func TestRowsOfAnEarlierResultThatIsGone(t *testing.T) {
	p := newPast(t)
	file := p.writeResult("customers.result.csv")
	run := p.begin("customers.result.csv")
	p.record(run, [][2]int{{2, 1}})
	p.must(run.Close())
	p.must(os.Remove(file))
	p.expectStatus(0, "resolve", "last")
	p.expectStatus(1, "resolve", "last", "--rows", "3", "--as", "again")
	if !strings.Contains(p.err.String(), "its lines say which row is which") {
		t.Errorf("got %s", p.err.String())
	}
}

// writeResult writes a result that somebody sorted: row 4 in doubt, row 1 succeeded, row
// 3 not sent.
func (p *past) writeResult(name string) string {
	p.t.Helper()
	rows := strings.Split(strings.TrimSpace(pastTable), "\n")
	line := func(row int, request string, e batch.Entry) batch.Result {
		e.Row = row
		return batch.Result{
			Row:     mapping.Row{Num: row, Line: row + 1, Cells: strings.Split(rows[row], ",")},
			Request: request, Provider: "paysafe", Entry: e,
		}
	}
	lines := []batch.Result{
		line(4, "mail", batch.Entry{Status: batch.InDoubt, Code: "timeout", Message: "no answer for dora@example.org", Attempts: 1, SentAt: sentAt(2)}),
		line(1, "mail", batch.Entry{Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1, SentAt: sentAt(1)}),
		line(3, "mobile", batch.Entry{Status: batch.NotSent, Code: "interrupted"}),
	}
	path := filepath.Join(p.work, name)
	_, err := result.Write(func(yield func(batch.Result, error) bool) {
		for _, l := range slices.Clone(lines) {
			if !yield(l, nil) {
				return
			}
		}
	}, result.Options{Path: path, Header: strings.Split(rows[0], ",")})
	p.must(err)
	return path
}
