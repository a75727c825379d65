package batch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rowpost/providers"
)

func TestARenewalSurvivesPassingTrouble(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var sent, current, old atomic.Int32
		current.Store(1)
		api, _ := tokenAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 1 { // the first try to renew
				refuse(503)(w, r, n)
			}
		}, func(w http.ResponseWriter, r *http.Request, n int) {
			if sent.Add(1) == 3 {
				current.Store(2)
			}
			if r.Header.Get("Authorization") != fmt.Sprintf("Bearer t%d", current.Load()) {
				old.Add(1)
				status(401)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, table(3), tokenProvider, api)
		setInFlight(job, "acme", 1)
		got, sum := lines(t, job)
		if want := "1 succeeded, 2 succeeded, 3 succeeded"; statuses(got) != want || sum.Lanes[0].Stop != nil {
			t.Errorf("%s; stop %v", statuses(got), sum.Lanes[0].Stop)
		}
		if old.Load() != 1 {
			t.Errorf("the token that was refused was sent %d times", old.Load())
		}
	})
}

// The row was answered: its line says so, and what the interrupt kept it from.
func TestARenewalThatIsInterrupted(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var sent atomic.Int32
		api, _ := tokenAPI(t, func(_ http.ResponseWriter, r *http.Request, n int) {
			if n > 0 {
				cancel()
				<-r.Context().Done()
			}
		}, func(w http.ResponseWriter, r *http.Request, n int) {
			if sent.Add(1) == 2 {
				status(401)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, table(5), tokenProvider, api)
		job.Options.Timeout = time.Hour
		setInFlight(job, "acme", 1)
		sum, err := Run(ctx, job)
		if err != nil {
			t.Fatal(err)
		}
		r := resultsOf(t, job, sum)[1]
		if r.Status != Failed || r.HTTPStatus != 401 || r.Code != codeInterrupted || !r.Again || r.Attempts != 1 {
			t.Errorf("%+v", r.Entry)
		}
	})
}

// One caller fetches a token and the others wait for it. Only the user interrupts.
func TestWaitingForAnothersTokenEnds(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		code string
	}{
		{"in time", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, codeTimeout},
		{"by an interrupt", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, codeInterrupted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				a := newTokenAuth(providers.Auth{}, &url.URL{}, func(string) string { return "" }, nil, time.Minute, &redactor{})
				if failure := a.lock(t.Context()); failure != nil {
					t.Fatal(failure)
				}
				ctx, cancel := tc.end(t.Context())
				defer cancel()
				if _, f := a.apply(ctx, http.Header{}); f == nil || f.code != tc.code || f.sent {
					t.Errorf("to send: %+v", f)
				}
				if _, f := a.renew(ctx, 0); f == nil || f.code != tc.code || f.sent {
					t.Errorf("to renew: %+v", f)
				}
			})
		})
	}
}

// Requests that waited for the same token must not all leave when it is there.
func TestThePaceHoldsWhileATokenIsFetched(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Time
		api, _ := tokenAPI(t, func(w http.ResponseWriter, _ *http.Request, n int) {
			if n > 0 {
				<-time.After(4 * time.Second)
			}
			grant(w, fmt.Sprintf("t%d", n), 30)
		}, func(w http.ResponseWriter, r *http.Request, n int) {
			mu.Lock()
			at = append(at, time.Now())
			mu.Unlock()
			ok(w, r, n)
		})
		job := newJob(t, table(60), tokenProvider, api)
		setInFlight(job, "acme", 8)
		setPace(job, "acme", 2)
		_, _ = lines(t, job)
		if n := most(at, time.Second); n > 3 || len(at) != 60 {
			t.Errorf("%d requests in a second at 2/s, %d in all", n, len(at))
		}
	})
}
