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
	"time"

	"rowpost/providers"
)

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
		{"in doubt, and asked to wait longer than allowed", status(500, "Retry-After", "86400"), true, Unavailable, "max_wait", time.Minute},
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
		{"no error at all", MaxErrors{Set: true}, 2},
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

func TestWhatWasSentAndNotRecordedIsNeverNotSent(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, ok)
		job := newJob(t, table(3), fakeProvider{name: "acme", safe: true}, api)
		setInFlight(job, "acme", 1)
		broken := errors.New("input/output error")
		failed := false
		job.Journal = &memory{fail: func(e Entry) error {
			if e.Row == 0 {
				t.Errorf("an entry without a row: %+v", e)
			}
			if e.Row == 2 && !failed { // the journal works again at once
				failed = true
				return broken
			}
			return nil
		}}
		sum, err := Run(t.Context(), job)
		got := resultsOf(t, job, sum)
		if !errors.Is(err, broken) || got[1].Status == NotSent || got[2].Status != NotSent {
			t.Errorf("%v: %s, and the server saw %v", err, statuses(got), api.seen())
		}
	})
}

func setPace(job Job, provider string, perSecond int) {
	a := job.Accounts[provider]
	a.Limit.Windows = []providers.Window{{N: perSecond, Per: time.Second}}
	job.Accounts[provider] = a
}

func TestChosenRows(t *testing.T) {
	// The rows that are not chosen are not judged, whatever is wrong with them.
	for _, tc := range []struct {
		name            string
		from, to, limit int
		rows            fakeTable
		want            string
		sent            []string
	}{
		{
			"from, to and limit", 2, 5, 2,
			fakeTable{{"c1", "v"}, {"c2", "v"}, {"c3", "v"}, {"", "v"}, {"ragged"}, {"c6", "skip"}},
			"1 not_sent not_chosen, 2 succeeded, 3 succeeded, 4 not_sent not_chosen, 5 not_sent not_chosen, 6 not_sent not_chosen",
			[]string{"/c2", "/c3"},
		},
		{
			"invalid rows before the first", 4, 0, 0,
			fakeTable{{"", "v"}, {"ragged"}, {"c3", "skip"}, {"c4", "v"}},
			"1 not_sent not_chosen, 2 not_sent not_chosen, 3 not_sent not_chosen, 4 succeeded",
			[]string{"/c4"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				api := newFakeAPI(t, ok)
				job := newJob(t, tc.rows, fakeProvider{name: "acme", safe: true}, api)
				job.Options.From, job.Options.To, job.Options.Limit = tc.from, tc.to, tc.limit
				got, _ := lines(t, job)
				if statuses(got) != tc.want {
					t.Errorf("got  %s\nwant %s", statuses(got), tc.want)
				}
				if seen := slices.Sorted(slices.Values(api.seen())); !slices.Equal(seen, tc.sent) {
					t.Errorf("sent %v", seen)
				}
			})
		})
	}
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
