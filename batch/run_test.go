package batch

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"rowpost/providers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inVirtualTime runs a test with a clock of its own: waits of minutes take none.
func inVirtualTime(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// byPath answers by the path's last part.
func byPath(answers map[string]func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		if answer := answers[strings.TrimPrefix(r.URL.Path, "/")]; answer != nil {
			answer(w, r, n)
			return
		}
		ok(w, r, n)
	}
}

// first answers the first n requests for a path in one way, later ones in another.
func first(n int, then, later func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, i int) {
		if i < n {
			then(w, r, i)
			return
		}
		later(w, r, i)
	}
}

// lost takes a request and closes the connection without an answer.
func lost(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }

func TestEveryRowHasItsLineInOrder(t *testing.T) {
	rows := fakeTable{{"c1", "v"}, {"c2", "skip"}, {"", "v"}, {"c4", "refuse"}, {"ragged"}, {"c6", "panic"}, {"c7", "v"}, {"c8", "v"}}
	for _, inFlight := range []int{1, 64} {
		t.Run(fmt.Sprintf("%d in flight", inFlight), func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, byPath(map[string]func(http.ResponseWriter, *http.Request, int){"c7": status(422)}))
				job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, api)
				setInFlight(job, "acme", inFlight)
				got, sum := lines(t, job)
				want := "1 succeeded, 2 skipped, 3 invalid required, 4 invalid bad_value, 5 invalid ragged_row, 6 invalid internal, 7 failed http_422, 8 succeeded"
				if statuses(got) != want {
					t.Errorf("got  %s\nwant %s", statuses(got), want)
				}
				if got[6].Column != "value" || got[6].HTTPStatus != 422 || got[6].Message != "answer" {
					t.Errorf("the refused line: %+v", got[6])
				}
				if got[0].RemoteID != "remote" || got[0].Attempts != 1 || got[0].SentAt.IsZero() {
					t.Errorf("the good line: %+v", got[0].Entry)
				}
				if sum.Stop != nil || sum.Lanes[0].Requests != 3 {
					t.Errorf("summary: %+v", sum)
				}
			})
		})
	}
}

func setInFlight(job Job, provider string, n int) {
	a := job.Accounts[provider]
	a.Limit.InFlight = n
	job.Accounts[provider] = a
}

func TestAnswersOfOneRow(t *testing.T) {
	type answer = func(http.ResponseWriter, *http.Request, int)
	for _, tc := range []struct {
		name     string
		unsafe   bool
		answer   answer
		want     Status
		code     string
		attempts int
	}{
		{name: "503 twice, then good", answer: first(2, status(503), ok), want: Succeeded, attempts: 3},
		{name: "503 twice, then good, not safe to repeat", unsafe: true, answer: first(2, status(503), ok), want: Succeeded, attempts: 3},
		{name: "503 for ever", answer: status(503), want: Failed, code: "http_503", attempts: 5},
		{name: "500 for ever", answer: status(500), want: InDoubt, code: "http_500", attempts: 5},
		{name: "500 once, not safe to repeat", unsafe: true, answer: first(1, status(500), ok), want: InDoubt, code: "http_500", attempts: 1},
		{name: "lost once", answer: first(1, lost, ok), want: Succeeded, attempts: 2},
		{name: "lost once, not safe to repeat", unsafe: true, answer: first(1, lost, ok), want: InDoubt, code: "connection", attempts: 1},
		{name: "lost, then 503 for ever: the doubt stays", answer: first(1, lost, status(503)), want: InDoubt, code: "http_503", attempts: 5},
		{name: "429 six times, then good: not the row's fault", answer: first(6, status(429), ok), want: Succeeded, attempts: 7},
		{name: "200 that does not confirm", answer: status(200), want: InDoubt, code: "http_200", attempts: 5},
		{name: "an answer that this program fails on", answer: func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte("panic")) }, unsafe: true, want: InDoubt, code: "internal", attempts: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, tc.answer)
				got, sum := lines(t, newJob(t, table(1), fakeProvider{name: "acme", safe: !tc.unsafe}, api))
				r := got[0]
				if r.Status != tc.want || r.Code != tc.code || r.Attempts != tc.attempts {
					t.Errorf("got %s %s after %d attempts (%s), want %s %s after %d", r.Status, r.Code, r.Attempts, r.Message, tc.want, tc.code, tc.attempts)
				}
				if len(api.seen()) != tc.attempts || sum.Lanes[0].Requests != tc.attempts || sum.Lanes[0].Retries != tc.attempts-1 {
					t.Errorf("the server saw %d requests; %+v", len(api.seen()), sum.Lanes[0])
				}
			})
		})
	}
}

func TestRefusedCredentialsStopOneLaneAtItsFirstRequest(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		bad, good := newFakeAPI(t, status(401)), newFakeAPI(t, ok)
		job := newJob(t, table(20), fakeProvider{name: "acme", scheme: providers.Basic, safe: true}, bad, fakeProvider{name: "zeta"}, good)
		setInFlight(job, "acme", 8)
		got, sum := lines(t, job)
		if len(bad.seen()) != 1 || len(good.seen()) != 20 {
			t.Errorf("%d requests to the one that refuses, %d to the other", len(bad.seen()), len(good.seen()))
		}
		for _, r := range got {
			want := Succeeded
			if r.Provider == "acme" {
				want = NotSent
				if r.Row.Num == 1 {
					want = Failed
				}
				if r.Code != "http_401" {
					t.Errorf("row %d: code %q", r.Row.Num, r.Code)
				}
			}
			if r.Status != want {
				t.Errorf("row %d, %s: %s, want %s", r.Row.Num, r.Provider, r.Status, want)
			}
		}
		stop := sum.Lanes[0].Stop
		if stop == nil || stop.Kind != Refused || !strings.Contains(stop.Message, "ACME_PASSWORD") || sum.Lanes[1].Stop != nil {
			t.Errorf("stops: %v, %v", stop, sum.Lanes[1].Stop)
		}
	})
}

func TestTheFirstRefusalsAlikeAreTheConfigurations(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, status(404))
		job := newJob(t, table(50), fakeProvider{name: "acme", safe: true}, api)
		setInFlight(job, "acme", 16)
		got, sum := lines(t, job)
		if n := len(api.seen()); n != probationers {
			t.Errorf("%d requests before the lane stopped, want %d", n, probationers)
		}
		for i, r := range got {
			if i < probationers && (r.Status != Failed || !r.Again) || i >= probationers && r.Status != NotSent {
				t.Errorf("row %d: %s, again %v", r.Row.Num, r.Status, r.Again)
			}
		}
		if s := sum.Lanes[0].Stop; s == nil || s.Kind != Refused {
			t.Errorf("stop: %v", s)
		}

		job.Source, job.Journal, job.Progress = &fakeResult{table: table(50)}, &memory{}, nil
		if _, sum = lines(t, job); sum.Lanes[0].Requests != 50 {
			t.Errorf("an earlier result as the source: %d requests", sum.Lanes[0].Requests)
		}
	})
}

func TestOneDifferentAnswerAmongTheFirstKeepsTheLane(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request, int){
		"a success": ok, "another refusal": status(422), "a passing trouble": first(1, status(503), status(404)), "a lost answer": first(1, lost, status(404)),
	} {
		t.Run(name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
					if r.URL.Path == "/c4" {
						answer(w, r, n)
						return
					}
					status(404)(w, r, n)
				})
				got, sum := lines(t, newJob(t, table(20), fakeProvider{name: "acme", safe: true}, api))
				if sum.Lanes[0].Stop != nil || len(got) != 20 || got[19].Status != Failed {
					t.Errorf("stopped: %v; %s", sum.Lanes[0].Stop, statuses(got))
				}
			})
		})
	}
}

// An operation whose requests are rare must not judge a lane by rows that the journal
// has left behind.
func TestRareRefusalsAlikeStopNothing(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		rows := table(windowRows * 2)
		for i := range rows {
			if i%1500 != 0 {
				rows[i][1] = "skip"
			}
		}
		job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, newFakeAPI(t, status(404)))
		got, sum := lines(t, job)
		if sum.Lanes[0].Stop != nil || sum.Lanes[0].Requests != 6 || got[7500].Status != Failed {
			t.Errorf("stop %v after %d requests", sum.Lanes[0].Stop, sum.Lanes[0].Requests)
		}
	})
}

func TestRowsOfOneKeyKeepTheirOrder(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var now atomic.Int32
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if now.Add(1) > 1 && r.URL.Path == "/same" {
				t.Error("two requests of one key at once")
			}
			defer now.Add(-1)
			first(1, status(503), ok)(w, r, n) // the first of them has to be repeated
		})
		var rows fakeTable
		for i := range 20 {
			rows = append(rows, []string{"same", fmt.Sprint(i)})
		}
		job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, api)
		setInFlight(job, "acme", 16)
		got, _ := lines(t, job)
		for i := 1; i < len(got); i++ {
			if !got[i].SentAt.After(got[i-1].SentAt) && !got[i].SentAt.Equal(got[i-1].SentAt) {
				t.Errorf("row %d was sent before row %d", i+1, i)
			}
		}
		if got[19].Status != Succeeded || got[0].Attempts != 2 {
			t.Error(statuses(got))
		}
	})
}

func TestRowsBehindADoubtOfTheirKeyWait(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, byPath(map[string]func(http.ResponseWriter, *http.Request, int){"same": lost}))
		rows := fakeTable{{"same", "1"}, {"other", "1"}, {"same", "2"}, {"same", "3"}}
		got, _ := lines(t, newJob(t, rows, fakeProvider{name: "acme"}, api))
		if want := "1 in_doubt connection, 2 succeeded, 3 not_sent key_in_doubt, 4 not_sent key_in_doubt"; statuses(got) != want {
			t.Errorf("got  %s\nwant %s", statuses(got), want)
		}
	})
}

// A line that says not_sent promises that nothing of the row reached the provider.
func TestAnAnsweredRowIsNotNotSentWhenTheServerGoesAway(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var api *fakeAPI
		api = newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			w.Header().Set("Connection", "close")
			status(503)(w, r, n)
			_ = api.net.Close()
		})
		got, _ := lines(t, newJob(t, table(1), fakeProvider{name: "acme"}, api))
		if want := "1 failed connection"; statuses(got) != want || got[0].Attempts != 1 || got[0].SentAt.IsZero() {
			t.Errorf("%+v", got[0].Entry)
		}
	})
}
