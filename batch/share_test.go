package batch

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rowpost/providers"
)

// fakeCommons has one place, and lets one request a second through.
type fakeCommons struct {
	place  chan struct{}
	mu     sync.Mutex
	next   time.Time
	parked time.Time
}

func newFakeCommons() *fakeCommons { return &fakeCommons{place: make(chan struct{}, 1)} }

func (c *fakeCommons) Enter(ctx context.Context) (func(), error) {
	select {
	case c.place <- struct{}{}:
		return func() { <-c.place }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c *fakeCommons) Reserve(int) (int, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := time.Now()
	if c.next.After(at) {
		at = c.next
	}
	c.next = at.Add(time.Second)
	return 1, at, nil
}

func (c *fakeCommons) Park(until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parked = until
	return nil
}

func (c *fakeCommons) Parked() (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.parked.After(time.Now()) {
		return time.Time{}, nil
	}
	return c.parked, nil
}

func setCommons(job Job, c Commons) {
	a := job.Accounts["acme"]
	a.Commons = c
	job.Accounts["acme"] = a
}

// runTwo runs two jobs of ten rows at once, for one account.
func runTwo(t *testing.T, api *fakeAPI) {
	t.Helper()
	commons := newFakeCommons()
	var wg sync.WaitGroup
	for range 2 {
		job := newJob(t, table(10), fakeProvider{name: "acme", safe: true}, api)
		setCommons(job, commons)
		wg.Go(func() {
			if _, err := Run(t.Context(), job); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestRunsOfOneAccountShareItsPaceAndPlaces(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		start := time.Now()
		var under, most atomic.Int64
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			most.Store(max(most.Load(), under.Add(1)))
			<-time.After(200 * time.Millisecond)
			under.Add(-1)
			ok(w, r, n)
		})
		runTwo(t, api)
		if took := time.Since(start); len(api.seen()) != 20 || most.Load() != 1 || took < 19*time.Second || took > 21*time.Second {
			t.Errorf("%d requests in %s, %d at once; want 20 in 19 s, one at a time", len(api.seen()), took, most.Load())
		}
	})
}

func TestAParkedLaneStaysParkedOverStarts(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		commons := newFakeCommons()
		api := newFakeAPI(t, byPath(map[string]func(http.ResponseWriter, *http.Request, int){"c1": first(1, status(429, "Retry-After", "3600"), ok)}))
		job := newJob(t, table(3), fakeProvider{name: "acme", safe: true}, api)
		setCommons(job, commons)
		_, sum := lines(t, job)
		if s := sum.Lanes[0].Stop; s == nil || s.Until.IsZero() {
			t.Fatalf("stop: %+v", s)
		}
		until := sum.Lanes[0].Stop.Until
		<-time.After(30 * time.Minute)
		sent := len(api.seen())
		job.Journal.(*memory).restart()
		job.Progress = nil
		_, sum = lines(t, job)
		if s := sum.Lanes[0].Stop; s == nil || s.Kind != Unavailable || !s.Until.Equal(until) || len(api.seen()) != sent {
			t.Errorf("after half of the time: %d requests, stop %+v", len(api.seen())-sent, s)
		}
		<-time.After(25 * time.Minute) // the rest is shorter than --max-wait
		before := time.Now()
		if got := again(t, &job); statuses(got) != "1 succeeded, 2 succeeded, 3 succeeded" || time.Since(before) < 4*time.Minute {
			t.Errorf("%s after %s", statuses(got), time.Since(before))
		}
	})
}

func TestWhatIsReservedAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name    string
		windows []providers.Window
		want    int
	}{
		{"no limit", nil, 512},
		{"slow", []providers.Window{{N: 10, Per: time.Second}}, 1},
		{"fast: 2 ms of it", []providers.Window{{N: 10_000, Per: time.Second}}, 20},
		{"a counted window: nothing may be wasted", []providers.Window{{N: 10_000, Per: time.Second}, {N: 40_000, Per: 24 * time.Hour}}, 1},
	} {
		if got := reservation(tc.windows); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

// What a provider asks of one run holds for those that are under way, too.
func TestAPauseOfOneRunHoldsForTheOthers(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var told atomic.Int64
		early := make(chan time.Duration, 100)
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			at := time.Now().UnixNano()
			if r.URL.Path == "/c5" && told.CompareAndSwap(0, at) {
				status(429, "Retry-After", "60")(w, r, n)
				return
			}
			if since := time.Duration(at - told.Load()); told.Load() > 0 && since < 59*time.Second {
				early <- since
			}
			ok(w, r, n)
		})
		runTwo(t, api)
		close(early)
		for since := range early {
			t.Errorf("a request %s after the provider had asked for 60 s", since)
		}
	})
}
