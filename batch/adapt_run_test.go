package batch

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rowpost/providers"
)

// behind lets only those requests of a fake API pass that a server's own limit lets in, and
// counts the rows that did.
func (s *limited) behind(passed map[string]int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		status, wait := s.serve()
		if status == http.StatusOK {
			s.mu.Lock()
			passed[r.URL.Path]++
			s.mu.Unlock()
			ok(w, r, n)
			return
		}
		if wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
		}
		w.WriteHeader(status)
	}
}

// The whole engine before a limit that nobody knew of: each row is applied once, none is given
// up, and the result says what the limit seems to be.
func TestARunBehindAHiddenLimit(t *testing.T) {
	for _, tc := range []struct {
		name  string
		limit hiddenLimit
		rate  float64
		safe  bool
	}{
		{"bucket", &tokens{perSecond: 50, burst: 5}, 50, true},
		{"window, not safe to repeat", &fixedWindow{n: 100, per: 5 * time.Second}, 20, false},
		{"sliding second", &slidingWindow{n: 40, per: time.Second}, 40, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				s := &limited{limit: tc.limit, latency: jittered(50*time.Millisecond, 0.2)}
				passed := map[string]int{}
				rows := int(60 * tc.rate)
				job := newJob(t, table(rows), fakeProvider{name: "acme", safe: tc.safe}, newFakeAPI(t, s.behind(passed)))
				setInFlight(job, "acme", 16)
				start := time.Now()
				got, sum := lines(t, job)
				for i, r := range got {
					if path := fmt.Sprintf("/c%d", i+1); r.Status != Succeeded || r.Row.Num != i+1 || passed[path] != 1 {
						t.Fatalf("line %d: row %d %s %s, applied %d times", i+1, r.Row.Num, r.Status, r.Code, passed[path])
					}
				}
				if took := time.Since(start).Seconds(); len(got) != rows || took > 60/0.9 {
					t.Errorf("%d of %d rows took %.0f s, which the limit allows in 60", len(got), rows, took)
				}
				if n := len(s.refused); n == 0 || n > rows/20 {
					t.Errorf("%d of %d requests were refused", n, len(s.at))
				}
				if found := sum.Lanes[0].Found; found < 0.9*tc.rate || found > 1.1*tc.rate {
					t.Errorf("found to be %.1f/s, it is %.0f", found, tc.rate)
				}
			})
		})
	}
}

// Whatever the provider's own limit is: what was stated holds for any second, and no request
// leaves before a Retry-After is over.
func TestWhatWasAllowedHoldsBehindAnyLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.IntRange(1, 300).Draw(rt, "limit")
		retryAfter := time.Duration(rapid.IntRange(0, 3).Draw(rt, "Retry-After")) * time.Second
		limit := rapid.SampledFrom([]hiddenLimit{
			&tokens{perSecond: float64(perSecond), burst: float64(rapid.IntRange(1, 100).Draw(rt, "burst")), retryAfter: retryAfter},
			&fixedWindow{n: perSecond, per: time.Second},
			&fixedWindow{n: perSecond, per: 4 * time.Second},
			&slidingWindow{n: perSecond, per: 3 * time.Second},
			&penalty{slidingWindow: slidingWindow{n: perSecond, per: time.Second}, wait: 4 * time.Second},
			&concurrent{n: 1 + perSecond%10},
		}).Draw(rt, "shape")
		allowed := rapid.IntRange(1, 600).Draw(rt, "allowed")
		inFlight := rapid.IntRange(1, 32).Draw(rt, "in flight")
		latency := time.Duration(rapid.IntRange(1, 400).Draw(rt, "ms")) * time.Millisecond
		s := &limited{limit: limit, latency: func() time.Duration { return latency }}
		synctest.Test(t, func(t *testing.T) {
			sendTo(t, s, []providers.Window{{N: allowed, Per: time.Second}}, inFlight, 20*time.Second)
		})
		if n, most := most(s.at, time.Second), allowed+inHand(float64(allowed)); n > most {
			rt.Errorf("%d requests in a second, allowed %d", n, most)
		}
		if s.early > 0 {
			rt.Errorf("%d requests left before the Retry-After was over", s.early)
		}
		if len(s.accepted) == 0 {
			rt.Error("nothing was sent")
		}
	})
}
