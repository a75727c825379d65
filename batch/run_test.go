package batch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

		job.Options.Reimport, job.Journal, job.Progress = true, &memory{}, nil
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

func TestRetryAfterHoldsTheWholeLaneAndNoOther(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		start := time.Now()
		var late, quick atomic.Int64
		slow := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if r.URL.Path == "/c3" && n == 0 {
				status(429, "Retry-After", "60")(w, r, n)
				return
			}
			if d := time.Since(start); d > time.Second {
				late.Store(int64(d))
			}
			ok(w, r, n)
		})
		other := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			quick.Store(int64(time.Since(start)))
			ok(w, r, n)
		})
		job := newJob(t, table(5), fakeProvider{name: "acme"}, slow, fakeProvider{name: "zeta"}, other)
		setInFlight(job, "acme", 1)
		got, _ := lines(t, job)
		if strings.Count(statuses(got), "succeeded") != 10 {
			t.Error(statuses(got))
		}
		if d := time.Duration(late.Load()); d < 60*time.Second || d > 62*time.Second {
			t.Errorf("the lane went on after %s, told to wait 60 s", d)
		}
		if d := time.Duration(quick.Load()); d > time.Second {
			t.Errorf("the other lane took %s", d)
		}
	})
}

func TestLanesEnd(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, int)
		unsafe bool
		kind   StopKind
		code   string
		within time.Duration
	}{
		{"asked to wait longer than allowed", status(429, "Retry-After", "3600"), false, Unavailable, "max_wait", time.Minute},
		{"nothing but 429", status(429), false, Unavailable, "give_up", 16 * time.Minute},
		{"nothing but 503", status(503, "Retry-After", "20"), false, Unavailable, "give_up", 16 * time.Minute},
		{"a redirect", status(302), false, Refused, "http_302", time.Minute},
		{"doubt after doubt", lost, true, Unavailable, "in_doubt", time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				start := time.Now()
				job := newJob(t, table(300), fakeProvider{name: "acme", safe: !tc.unsafe}, newFakeAPI(t, tc.answer))
				got, sum := lines(t, job)
				s := sum.Lanes[0].Stop
				if s == nil || s.Kind != tc.kind || s.Code != tc.code {
					t.Fatalf("stop: %+v", s)
				}
				if d := time.Since(start); d > tc.within {
					t.Errorf("ended after %s", d)
				}
				if last := got[len(got)-1]; last.Status != NotSent || last.Code != tc.code || last.Message != s.Message {
					t.Errorf("the last line: %+v", last.Entry)
				}
			})
		})
	}
}

func TestMaxErrorsStopsAllLanes(t *testing.T) {
	for _, tc := range []struct {
		name string
		max  MaxErrors
		want int // requests until the stop
	}{
		{"a number", MaxErrors{Lines: 10, Set: true}, 11 * 2},
		{"a share, judged after 200 lines", MaxErrors{Percent: 10, Set: true}, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
					if i := strings.TrimPrefix(r.URL.Path, "/c"); (i[len(i)-1]-'0')%2 == 0 {
						status(422)(w, r, n)
						return
					}
					ok(w, r, n)
				})
				job := newJob(t, table(1000), fakeProvider{name: "acme", safe: true}, api)
				job.Options.MaxErrors = tc.max
				setInFlight(job, "acme", 1)
				_, sum := lines(t, job)
				if sum.Stop == nil || sum.Stop.Kind != Refused || sum.Stop.Code != "max_errors" {
					t.Fatalf("stop: %+v", sum.Stop)
				}
				if n := len(api.seen()); n != tc.want {
					t.Errorf("%d requests, want %d", n, tc.want)
				}
			})
		})
	}
}

func TestTheFirstInterruptDrainsAndTheSecondDrops(t *testing.T) {
	for _, tc := range []struct {
		name   string
		unsafe bool
		abort  bool
		took   time.Duration // of each answer
		want   string
	}{
		{"what is in flight finishes", false, false, 10 * time.Second, "1 succeeded, 2 succeeded, 3 succeeded, 4 not_sent interrupted"},
		{"but not for ever", false, false, time.Hour, "1 succeeded, 2 in_doubt interrupted, 3 in_doubt interrupted, 4 not_sent interrupted"},
		{"a second one drops it", true, true, 10 * time.Second, "1 succeeded, 2 in_doubt interrupted, 3 in_doubt interrupted, 4 not_sent interrupted"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
					if r.URL.Path != "/c1" {
						select {
						case <-time.After(tc.took):
						case <-r.Context().Done():
						}
					}
					ok(w, r, n)
				})
				job := newJob(t, table(4), fakeProvider{name: "acme", safe: !tc.unsafe}, api)
				job.Options.Timeout = 2 * time.Hour
				setInFlight(job, "acme", 2)
				abort := make(chan struct{})
				job.Abort = abort
				ctx, interrupt := context.WithCancelCause(t.Context())
				reason := &Stop{Kind: Interrupted, Code: "interrupted", Message: "interrupted by SIGINT", Signal: 2}
				time.AfterFunc(time.Second, func() { interrupt(reason) })
				if tc.abort {
					time.AfterFunc(2*time.Second, func() { close(abort) })
				}
				sum, err := Run(ctx, job)
				if err != nil {
					t.Fatal(err)
				}
				got := resultsOf(t, job, sum)
				if statuses(got) != tc.want {
					t.Errorf("got  %s\nwant %s", statuses(got), tc.want)
				}
				if !errors.Is(sum.Stop, reason) || got[3].Message != reason.Message {
					t.Errorf("stop %v, last line %q", sum.Stop, got[3].Message)
				}
			})
		})
	}
}

func TestABrokenJournalStopsSending(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api, other := newFakeAPI(t, ok), newFakeAPI(t, ok)
		job := newJob(t, table(1000), fakeProvider{name: "acme", safe: true}, api, fakeProvider{name: "zeta", safe: true}, other)
		setPace(job, "acme", 100)
		setPace(job, "zeta", 1)
		full := errors.New("no space left on device")
		job.Journal = &memory{fail: func(e Entry) error {
			if e.Row >= 10 && e.Request == 0 {
				return full
			}
			return nil
		}}
		sum, err := Run(t.Context(), job)
		if !errors.Is(err, full) || sum.Stop == nil || sum.Stop.Kind != Broken {
			t.Fatalf("error %v, stop %v", err, sum.Stop)
		}
		if n, m := len(api.seen()), len(other.seen()); n > 9+4 || m > 2 {
			t.Errorf("%d and %d requests though nothing can be recorded", n, m)
		}
	})
}

func setPace(job Job, provider string, perSecond int) {
	a := job.Accounts[provider]
	a.Limit.Windows = []providers.Window{{N: perSecond, Per: time.Second}}
	job.Accounts[provider] = a
}

func TestChosenRows(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, ok)
		job := newJob(t, table(6), fakeProvider{name: "acme", safe: true}, api)
		job.Options.From, job.Options.To, job.Options.Limit = 2, 5, 2
		got, _ := lines(t, job)
		want := "1 not_sent not_chosen, 2 succeeded, 3 succeeded, 4 not_sent not_chosen, 5 not_sent not_chosen, 6 not_sent not_chosen"
		if statuses(got) != want {
			t.Errorf("got  %s\nwant %s", statuses(got), want)
		}
		if seen := api.seen(); !slices.Equal(slices.Sorted(slices.Values(seen)), []string{"/c2", "/c3"}) {
			t.Errorf("sent %v", seen)
		}
	})
}

func TestNoSecretComesBack(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			w.WriteHeader(422)
			_, _ = fmt.Fprintf(w, "bad %s with pin 8842 and password hunter2", r.Header.Get("Authorization"))
		})
		job := newJob(t, fakeTable{{"c1", "v", "8842"}}, fakeProvider{name: "acme", scheme: providers.Basic, safe: true}, api)
		got, _ := lines(t, job)
		if want := "bad Basic [redacted] with pin [redacted] and password [redacted]"; got[0].Message != want {
			t.Errorf("got %q", got[0].Message)
		}
	})
}

func TestMemoryIsBoundedByTheWindow(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var maxRow atomic.Int64
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			var row int64
			_, _ = fmt.Sscanf(r.URL.Path, "/c%d", &row)
			if row == 2 { // hangs until the lane can go no further
				<-time.After(time.Minute)
			} else {
				maxRow.Store(max(maxRow.Load(), row))
			}
			if row == 2 && maxRow.Load() > 2+windowRows {
				t.Errorf("row %d was sent while row 2 was unfinished", maxRow.Load())
			}
			ok(w, r, n)
		})
		job := newJob(t, table(windowRows+100), fakeProvider{name: "acme", safe: true}, api)
		job.Options.Timeout = 2 * time.Minute
		_, sum := lines(t, job)
		if sum.Lanes[0].Requests != windowRows+100 {
			t.Errorf("%d requests", sum.Lanes[0].Requests)
		}
	})
}
