package batch

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

// fakeAsk is a put of which the provider can be asked whether it was applied.
type fakeAsk struct{ fakePut }

func (fakeAsk) Lookup(r providers.Request) (providers.Request, bool) {
	return providers.Request{Method: http.MethodGet, Path: r.Path}, true
}

func (fakeAsk) Settle(_, _ providers.Request, r providers.Response) providers.Outcome {
	if r.Status == 200 {
		return providers.Outcome{Kind: providers.Succeeded}
	}
	return providers.Outcome{Kind: providers.Rejected, Code: "http_404"}
}

// silentAsk is one that cannot be asked about the request at hand.
type silentAsk struct{ fakeAsk }

func (silentAsk) Lookup(providers.Request) (providers.Request, bool) {
	return providers.Request{}, false
}

// hangUp takes a request and gives no answer.
func hangUp(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }

// askJob is a job whose operation is not safe to repeat and can be asked about.
func askJob(t testing.TB, rows Source, put, get func(http.ResponseWriter, *http.Request, int)) (Job, *fakeAPI) {
	api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Method == http.MethodGet {
			get(w, r, n)
			return
		}
		put(w, r, n)
	})
	job := newJob(t, rows, fakeProvider{name: "acme"}, api)
	job.Requests[0].Operation = fakeAsk{}
	setInFlight(job, "acme", 1)
	return job, api
}

// past makes the journal of a start that left these entries.
func past(t testing.TB, job Job, entries ...Entry) {
	t.Helper()
	l, err := job.Journal.Lane("acme", journalWindow)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := l.Finish(e); err != nil {
			t.Fatal(err)
		}
	}
	job.Journal.(*memory).restart()
}

// A person's word is no answer of the provider: that several rows have the same says
// nothing of the configuration, and what is not to be sent must stay unsent.
func TestWhatAPersonDecidedIsNoRefusal(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, ok)
		job := newJob(t, table(8), fakeProvider{name: "acme"}, api)
		var decided []Entry
		for row := range probationers {
			decided = append(decided, Entry{
				Row: row + 1, Status: Failed, HTTPStatus: 500, Code: CodeResolved, Attempts: 1,
				Message: "a person settled this doubt: it was not applied and is not to be sent",
			})
		}
		past(t, job, decided...)
		got, sum := lines(t, job)
		if want := "1 failed resolved, 2 failed resolved, 3 failed resolved, 4 failed resolved, 5 failed resolved, 6 succeeded, 7 succeeded, 8 succeeded"; statuses(got) != want {
			t.Errorf("%s, stop %v", statuses(got), sum.Lanes[0].Stop)
		}
		for _, r := range got {
			if r.Again {
				t.Errorf("row %d would be sent again", r.Row.Num)
			}
		}
	})
}

// Doubts that asking does not settle are as many doubts as if nobody had asked.
func TestDoubtsThatALookupLeavesStopTheLane(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		job, _ := askJob(t, table(20), status(500), status(404))
		got, sum := lines(t, job)
		doubts := 0
		for _, r := range got {
			if r.Status == InDoubt {
				doubts++
			}
		}
		if s := sum.Lanes[0].Stop; s == nil || s.Code != "in_doubt" || doubts != ambiguousInARow {
			t.Errorf("%d in doubt, stop %v", doubts, s)
		}
	})
}

// However often it takes to ask, it is one request in doubt.
func TestALookupThatFailsIsOneDoubt(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		job, _ := askJob(t, table(1), status(500), hangUp)
		got, sum := lines(t, job)
		if got[0].Status != InDoubt || got[0].Attempts < ambiguousInARow || sum.Lanes[0].Stop != nil {
			t.Errorf("%s, stop %v", statuses(got), sum.Lanes[0].Stop)
		}
	})
}

// What earlier starts left in doubt is asked about, however much it is.
func TestOldDoubtsDoNotStopTheLane(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		job, _ := askJob(t, table(9), ok, status(404))
		var doubts []Entry
		for row := range 8 {
			doubts = append(doubts, Entry{Row: row + 1, Status: InDoubt, Code: CodeUnrecorded, Message: UnrecordedMessage, Attempts: 1})
		}
		past(t, job, doubts...)
		got, sum := lines(t, job)
		if got[8].Status != Succeeded || sum.Lanes[0].Stop != nil {
			t.Errorf("%s, stop %v", statuses(got), sum.Lanes[0].Stop)
		}
	})
}

// A doubt that nobody can ask about stays one, and nothing is sent.
func TestWhatCannotBeAskedAboutStaysInDoubt(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		rows := table(3)
		rows[1][0] = "c1"
		job, api := askJob(t, rows, ok, ok)
		job.Requests[0].Operation = silentAsk{}
		past(t, job, Entry{Row: 1, Status: InDoubt, Code: CodeUnrecorded, Message: UnrecordedMessage, Attempts: 1})
		got, _ := lines(t, job)
		if want := "1 in_doubt unrecorded, 2 not_sent key_in_doubt, 3 succeeded"; statuses(got) != want || len(api.seen()) != 1 {
			t.Errorf("%s after %v", statuses(got), api.seen())
		}
	})
}

// People sort results. What counts is the row's place in the table that was read first.
func TestASortedResultSendsNoRowAfterALaterOneOfItsKey(t *testing.T) {
	for _, tc := range []struct {
		name string
		rows int // between the two
	}{
		{"one right behind the other", 0},
		{"far apart", 2 * windowRows},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				rows := table(tc.rows + 2)
				rows[0][0], rows[tc.rows+1][0] = "same", "same"
				before := map[int]Before{1: {Num: 99, Request: "acme", Status: Failed}, tc.rows + 2: {Num: 7, Request: "acme", Status: Failed}}
				for row := range tc.rows {
					before[row+2] = Before{Num: 100 + row, Request: "acme", Status: Succeeded}
				}
				api := newFakeAPI(t, ok)
				job := newJob(t, &fakeResult{rows, before}, fakeProvider{name: "acme", safe: true}, api)
				got, _ := lines(t, job)
				if last := got[len(got)-1]; got[0].Status != Succeeded || last.Code != CodeSuperseded || len(api.seen()) != 1 {
					t.Errorf("%+v, then %+v after %d requests", got[0].Entry, last.Entry, len(api.seen()))
				}
			})
		})
	}
}

// leisurely has a place for everybody, and so a turn in any order.
type leisurely struct{ *fakeCommons }

func (leisurely) Enter(context.Context) (func(), error) { return func() {}, nil }

// A request that waits for its turn among other runs when the provider asks all to wait
// has not left yet.
func TestAPauseHoldsForWhoWaitsAmongOtherRuns(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var asked time.Time // when the provider asked to wait
		var early []time.Duration
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if r.URL.Path == "/c3" && n == 0 {
				status(429, "Retry-After", "60")(w, r, n)
				asked = time.Now()
				return
			}
			if after := time.Since(asked); !asked.IsZero() && after < 60*time.Second {
				early = append(early, after)
			}
			ok(w, r, n)
		})
		job := newJob(t, table(8), fakeProvider{name: "acme", safe: true}, api)
		setCommons(job, leisurely{newFakeCommons()})
		if got, _ := lines(t, job); got[7].Status != Succeeded || len(early) > 0 {
			t.Errorf("%s; sent although the provider asked to wait: after %v", statuses(got), early)
		}
	})
}

// reading is a table that tells how far it was read.
type reading struct {
	fakeTable
	at func(row int)
}

func (s reading) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		for row, err := range s.fakeTable.Rows() {
			if s.at(row.Num); !yield(row, err) {
				return
			}
		}
	}
}

func TestAnInterruptEndsTheLookBack(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		const all = 20_000
		read := 0
		rows := reading{table(all), func(row int) {
			if read++; row == 10 {
				cancel()
				<-time.After(time.Second) // the news gets around
			}
		}}
		api := newFakeAPI(t, ok)
		job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, api)
		past(t, job, Entry{Row: 1, Status: Failed, Again: true}, Entry{Row: all, Status: Succeeded})
		sum, err := Run(ctx, job)
		if err != nil || sum.Stop == nil || read > all/2 || len(api.seen()) > 0 {
			t.Errorf("%d rows read, %d sent, stop %v, %v", read, len(api.seen()), sum.Stop, err)
		}
	})
}

// What was refused in trials of other rows is still there when all are sent, near or far.
func TestTheFirstRefusalsOfTrials(t *testing.T) {
	const all = journalWindow + 20
	rows := table(all)
	for i := range rows[30 : all-10] {
		rows[30+i][1] = "skip"
	}
	type chosen struct{ from, to int }
	for _, tc := range []struct {
		name   string
		starts []chosen
		want   []int // requests of each start
	}{
		{"all, then one of those that were refused, then all", []chosen{{}, {1, 1}, {}}, []int{5, 1, 4}},
		{"all, then some others, then all", []chosen{{}, {10, 13}, {}}, []int{5, 4, 1}},
		{"all, then five others, then all", []chosen{{}, {10, 20}, {}}, []int{5, 5, 5}},
		{"the last rows, then the first", []chosen{{all - 3, all}, {}}, []int{4, 5}},
		{"the first rows, then the last: too far apart to say anything", []chosen{{1, 4}, {all - 3, all}}, []int{4, 4}},
		{"some of both ends, then all: likewise", []chosen{{1, 2}, {all - 1, all}, {}}, []int{2, 2, 36}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, status(404))
				job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, api)
				for i, c := range tc.starts {
					sent := len(api.seen())
					job.Options.From, job.Options.To = c.from, c.to
					_ = again(t, &job)
					if n := len(api.seen()) - sent; n != tc.want[i] {
						t.Errorf("start %d sent %d requests, want %d", i+1, n, tc.want[i])
					}
				}
			})
		})
	}
}
