package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/state"
)

func TestRunsAreListedNewestFirst(t *testing.T) {
	p := newPast(t)
	p.finished("customers.csv")
	p.now = p.now.Add(time.Hour)
	p.write("more.csv", pastTable+"15,e,f\n")
	run := p.begin("more.csv")
	p.must(run.End(state.Ending{Exit: statusLater, Counts: map[batch.Status]int{batch.NotSent: 5}, Stop: "asks to wait", Until: p.now.Add(time.Hour)}))
	p.must(run.Close())
	p.now = p.now.Add(time.Minute)
	p.write("last.csv", pastTable+"16,e,f\n")
	open := p.begin("last.csv")
	p.expectStatus(0, "runs")
	p.expect("runs.golden")
	p.must(open.Close())
	p.expectStatus(0, "runs", "last", "--json")
	p.expect("runs-last.golden")
}

func TestNoRunYet(t *testing.T) {
	p := newPast(t)
	p.expectStatus(0, "runs")
	if got := p.out.String(); got != "there is no run yet\n" {
		t.Errorf("got %q", got)
	}
	p.expectStatus(0, "runs", "--json")
	if got := p.out.String(); got != "[]\n" {
		t.Errorf("got %q", got)
	}
	p.expectStatus(2, "runs", "last")
	p.expectStatus(2, "resolve", "last")
	p.expectStatus(0, "runs", "prune", "--older-than", "1d")
	if _, err := os.Stat(p.dir); err == nil {
		t.Error("looking at runs made a folder")
	}
}

func TestOneRunWhole(t *testing.T) {
	p := newPast(t)
	p.killed()
	p.expectStatus(0, "runs", "last")
	p.expect("run-killed.golden")
	p.expectStatus(0, "runs", "last", "--json")
	var doc wholeRunDoc
	p.must(json.Unmarshal(p.out.Bytes(), &doc))
	if doc.ExitStatus != nil || doc.State != "unfinished" || len(doc.InDoubt) != 2 || len(doc.Repeats) != 1 || doc.Journal[0].Succeeded != 1 {
		t.Errorf("got %s", p.out.String())
	}
}

// Whoever looks at what is in doubt must not see a person's data in a mail or a log: a
// provider's message may repeat it.
func TestNoCellIsShownOfWhatIsInDoubt(t *testing.T) {
	for name, spoil := range map[string]func(p *past){
		"table and mapping as they were": func(*past) {},
		"the table changed":              func(p *past) { p.write("customers.csv", strings.ReplaceAll(pastTable, "bert", "rosa")) },
		"the mapping is gone":            func(p *past) { p.must(os.Remove(filepath.Join(p.work, "map.yaml"))) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPast(t)
			p.killed()
			spoil(p)
			for _, args := range [][]string{{"runs", "last"}, {"resolve", "last"}, {"runs", "last", "--json"}, {"resolve", "last", "--json"}} {
				p.expectStatus(0, args...)
				if text := p.out.String() + p.err.String(); strings.Contains(text, "bert@") || !strings.Contains(text, "bad_response") && !strings.Contains(text, "the answer names ... and no type") {
					t.Errorf("%s prints\n%s", strings.Join(args, " "), text)
				}
			}
		})
	}
}

// An id that a request got later must not name another one of an earlier run.
func TestRequestsOfAMappingThatChanged(t *testing.T) {
	swapped := strings.NewReplacer("id: mail", "id: mobile", "id: mobile", "id: mail").Replace(pastMapping)
	more := pastMapping + `  - id: contact
    provider: cleverbridge
    fields: {SubscriptionId: Id, ContactType: {value: BillingContact}, Contact.CountryId: {value: DE}, Contact.LanguageId: {value: de}}
`
	for name, change := range map[string]func(p *past){
		"to other names":                   func(p *past) { p.writeMapping(swapped, time.Hour) },
		"to other operations":              func(p *past) { p.writeMapping(more, time.Hour) },
		"without a trace in the file time": func(p *past) { p.writeMapping(swapped, -time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPast(t)
			p.killed()
			change(p)
			p.expectStatus(0, "resolve", "last")
			if text := p.out.String(); !strings.Contains(text, "   3  request 2  paysafe ") || !strings.Contains(text, "map.yaml: was changed since the run") {
				t.Errorf("got %s", text)
			}
		})
	}
}

func TestFindingARun(t *testing.T) {
	p := newPast(t)
	first := p.finished("customers.csv").Info.ID
	p.now = p.now.Add(time.Minute)
	p.write("more.csv", pastTable+"15,e,f\n")
	second := p.finished("more.csv").Info.ID
	for _, test := range []struct {
		name, word, want string // want is an id; empty: refused
	}{
		{"its id", first, first},
		{"a beginning that only one has", first[:len("20261122-1903")], first},
		{"the newest", "last", second},
		{"a beginning of both", "20261122", ""},
		{"a slip of the pen", first[:len(first)-1] + "x", ""},
		{"nothing like it", "zzz", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			info, err := p.p.findRun(p.store, test.word)
			f, refused := errors.AsType[*failure](err)
			if info.ID != test.want || refused != (test.want == "") || refused && (f.status != statusUsage || len(f.hints) == 0) {
				t.Errorf("got %q, %v", info.ID, err)
			}
		})
	}
	p.expectStatus(2, "runs", "20261122")
	if text := p.err.String(); !strings.Contains(text, first) || !strings.Contains(text, second) {
		t.Errorf("those that may be meant are not named: %s", text)
	}
}

func TestPruneKeepsWhatIsUnfinished(t *testing.T) {
	p := newPast(t)
	p.finished("customers.csv")
	p.write("more.csv", pastTable+"15,e,f\n")
	p.now = p.now.Add(time.Second)
	open := p.begin("more.csv")
	p.must(open.Close())
	p.now = p.now.Add(100 * 24 * time.Hour)
	p.expectStatus(0, "runs", "prune", "--older-than", "101d")
	if got := p.out.String(); got != "no run is older than 101d\n" {
		t.Errorf("got %q", got)
	}
	p.expectStatus(0, "runs", "prune", "--older-than", "90d")
	p.expect("runs-prune.golden")
	p.expectStatus(0, "runs", "--json")
	if got := p.out.String(); strings.Count(got, `"id"`) != 1 || !strings.Contains(got, open.Info.ID) {
		t.Errorf("kept are %s", got)
	}
	p.expectStatus(2, "runs", "prune")
	p.expectStatus(2, "runs", "prune", "--older-than", "soon")
}

func TestForgettingAnUnfinishedRunNeedsForce(t *testing.T) {
	p := newPast(t)
	run := p.killed()
	p.expectStatus(2, "runs", "forget", run.Info.ID)
	if text := p.err.String(); !strings.Contains(text, "--force") {
		t.Errorf("got %s", text)
	}
	p.expectStatus(0, "runs", "forget", run.Info.ID, "--force")
	p.expectStatus(2, "runs", run.Info.ID)
}

func TestARunWhoseRecordIsDamaged(t *testing.T) {
	p := newPast(t)
	run := p.finished("customers.csv")
	p.must(os.WriteFile(filepath.Join(filepath.Dir(run.Journal), "run.json"), []byte("{"), 0o600))
	p.expectStatus(0, "runs")
	if !strings.Contains(p.out.String(), "cannot be read") || !strings.Contains(p.err.String(), "run "+run.Info.ID+": run.json") {
		t.Errorf("listed as\n%s%s", p.out.String(), p.err.String())
	}
	p.expectStatus(1, "runs", "last")
	p.expectStatus(1, "resolve", "last")
	p.expectStatus(2, "runs", "forget", "last")
	p.expectStatus(0, "runs", "forget", "last", "--force")
	p.expectStatus(2, "runs", run.Info.ID)
}

func TestARunUnderWayIsLeftAlone(t *testing.T) {
	p := newPast(t)
	run := p.begin("customers.csv")
	p.record(run, [][2]int{{3, 1}})
	p.expectStatus(1, "runs", "forget", run.Info.ID, "--force")
	p.expectStatus(1, "resolve", run.Info.ID, "--all", "--as", "again")
	p.expectStatus(0, "resolve", run.Info.ID)
	if !strings.Contains(p.out.String(), "what is in flight just now looks like a doubt") {
		t.Errorf("got %s", p.out.String())
	}
	p.must(run.Close())
	p.expectStatus(0, "resolve", run.Info.ID, "--all", "--as", "again")
}

func TestAges(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "2w": 14 * day, "1w2d": 9 * day, "1d12h": 36 * time.Hour, "36h": 36 * time.Hour, "1d1h1m": 25*time.Hour + time.Minute,
		"": 0, "0d": 0, "d": 0, "-1d": 0, "1.5d": 0, "90": 0, "2d1w": 0, "1d1d": 0, "99999999w": 0, "soon": 0,
	} {
		got, err := parseAge(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestRunsAreCompleted(t *testing.T) {
	p := newPast(t)
	first := p.finished("customers.csv").Info.ID
	p.p.Env["ROWPOST_STATE"] = p.dir
	for _, args := range [][]string{{"runs"}, {"resolve"}, {"runs", "forget"}} {
		p.out.Reset()
		p.p.Args = append(append([]string{"__complete"}, args...), "2026")
		if status := p.p.Run(t.Context()); status != 0 || !strings.HasPrefix(p.out.String(), first+"\tcustomers, finished\n") {
			t.Errorf("%s: %d, %q", args, status, p.out.String())
		}
	}
}
