package batch

import (
	"net/http"
	"testing"
	"time"

	"rowpost/providers"
)

// A lane that waits by its own limit is not one that gets no usable answer.
func TestWaitsOfTheLanesOwnAreNoReasonToGiveUp(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, byPath(map[string]func(http.ResponseWriter, *http.Request, int){"c2": first(1, status(503), ok)}))
		job := newJob(t, table(3), fakeProvider{name: "acme", safe: true}, api)
		setWindow(job, providers.Window{N: 1, Per: time.Hour})
		got, sum := lines(t, job)
		if want := "1 succeeded, 2 succeeded, 3 succeeded"; statuses(got) != want || sum.Lanes[0].Stop != nil {
			t.Errorf("%s; stop %v", statuses(got), sum.Lanes[0].Stop)
		}
	})
}

// setWindow gives acme's lane a limit in place of its own.
func setWindow(job Job, w providers.Window) {
	a := job.Accounts["acme"]
	a.Limit.Windows = []providers.Window{w}
	job.Accounts["acme"] = a
}

// Requests that were under way at the first 429 say nothing more of the provider: only
// a later 429 makes the pause longer.
func TestABurstOf429CountsOnce(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		h := laneHealth{limiter: NewLimiter(nil), opts: DefaultOptions()}
		tooMany := verdict{step: hold, health: throttled}
		sentAt := time.Now()
		for range 16 {
			<-time.After(time.Millisecond)
			_ = h.observe(tooMany, sentAt, true)
		}
		if wait := time.Until(h.limiter.PausedUntil()); h.throttles != 1 || wait > ceiling(1) {
			t.Errorf("counted %d times, a pause of %s", h.throttles, wait)
		}
		_ = h.observe(tooMany, time.Now(), true)
		if h.throttles != 2 {
			t.Errorf("a later 429: counted %d times", h.throttles)
		}
	})
}

func TestARowThatIsAlwaysThrottledKeepsNoOtherFromSuccess(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, byPath(map[string]func(http.ResponseWriter, *http.Request, int){"c3": status(429, "Retry-After", "60")}))
		job := newJob(t, table(100), fakeProvider{name: "acme"}, api)
		setInFlight(job, "acme", 2)
		got, sum := lines(t, job)
		for _, r := range got {
			if (r.Status == Succeeded) == (r.Row.Num == 3) {
				t.Errorf("row %d: %s", r.Row.Num, r.Status)
			}
		}
		if s := sum.Lanes[0].Stop; s == nil || s.Code != "give_up" {
			t.Errorf("stop: %v", s)
		}
	})
}

// Rows have five attempts each: at full pace an outage would use up those of hundreds.
func TestAnOutageCostsFewRows(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		start := time.Now()
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			<-time.After(50 * time.Millisecond)
			if d := time.Since(start); d > time.Second && d < 10*time.Minute {
				status(503)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, table(2000), fakeProvider{name: "acme", safe: true}, api)
		setPace(job, "acme", 10)
		got, sum := lines(t, job)
		bad := 0
		for _, r := range got {
			if r.Status != Succeeded {
				bad++
			}
		}
		if bad > 20 || sum.Lanes[0].Stop != nil {
			t.Errorf("ten minutes of outage cost %d rows; stop %v", bad, sum.Lanes[0].Stop)
		}
	})
}

// Four of five requests in trouble is no provider to send to at full pace, although
// there are never many troubles in a row.
func TestTheBreakerOpensOnAHighErrorRate(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		h := laneHealth{limiter: NewLimiter(nil), opts: DefaultOptions()}
		observe := func(kind health) {
			<-time.After(time.Second)
			_ = h.observe(verdict{health: kind}, time.Now(), true)
		}
		for range 100 { // half of them: bad, but each success is worth having
			observe(ailing)
			observe(sound)
		}
		if !h.proven || !h.broken.IsZero() {
			t.Fatal("opened at half of the requests")
		}
		for range 3 {
			for range 4 {
				observe(ailing)
			}
			observe(sound)
		}
		observe(ailing)
		if h.broken.IsZero() {
			for range 3 {
				observe(ailing)
			}
		}
		if h.proven || h.broken.IsZero() {
			t.Errorf("still open to all: proven %v", h.proven)
		}
	})
}
