package batch

import (
	"math/rand/v2"
	"testing"
	"time"

	"rowpost/providers"
)

// A lane that was told nothing, or too much, uses at least 90 % of what a server lets in and
// is refused less than one request in a hundred, once it has had some seconds to find out.
func TestAHiddenLimitIsFoundAndKept(t *testing.T) {
	bucket := func(perSecond, burst float64, retryAfter time.Duration) func() hiddenLimit {
		return func() hiddenLimit { return &tokens{perSecond: perSecond, burst: burst, retryAfter: retryAfter} }
	}
	fixed := func(n int, per time.Duration, silent bool) func() hiddenLimit {
		return func() hiddenLimit { return &fixedWindow{n: n, per: per, silent: silent} }
	}
	sliding := func(n int, per time.Duration) func() hiddenLimit {
		return func() hiddenLimit { return &slidingWindow{n: n, per: per} }
	}
	for _, tc := range []struct {
		name      string
		limit     func() hiddenLimit
		perSecond float64 // the limit's mean
		latency   time.Duration
		jitter    float64       // of the latency
		settle, d time.Duration // how long to find out, and to look then
	}{
		{"bucket of 10 a second", bucket(10, 10, 0), 10, 20 * time.Millisecond, 0.2, 10 * time.Second, 200 * time.Second},
		{"bucket of 10 a second, far away", bucket(10, 10, 0), 10, 500 * time.Millisecond, 0.2, 20 * time.Second, 200 * time.Second},
		{"leaky bucket: never two at once", bucket(10, 1, 0), 10, 20 * time.Millisecond, 0, 10 * time.Second, 200 * time.Second},
		{"bucket of 100 a second, next door", bucket(100, 10, 0), 100, 2 * time.Millisecond, 0.5, 10 * time.Second, 60 * time.Second},
		{"bucket of 100 a second, far away", bucket(100, 10, 0), 100, 200 * time.Millisecond, 0.2, 10 * time.Second, 60 * time.Second},
		{"bucket that says: in a second", bucket(100, 10, time.Second), 100, 20 * time.Millisecond, 0.2, 10 * time.Second, 100 * time.Second},
		{"deep bucket", bucket(100, 100, 0), 100, 20 * time.Millisecond, 0.2, 10 * time.Second, 60 * time.Second},
		{"bucket of 1,000 a second", bucket(1000, 50, 0), 1000, 20 * time.Millisecond, 0.2, 10 * time.Second, 15 * time.Second},
		{"window of ten seconds that says when it ends", fixed(1000, 10*time.Second, false), 100, 50 * time.Millisecond, 0.2, 40 * time.Second, 100 * time.Second},
		{"window of a second that does not", fixed(100, time.Second, true), 100, 20 * time.Millisecond, 0, 20 * time.Second, 100 * time.Second},
		{"window of a minute that says when it ends", fixed(60, time.Minute, false), 1, 50 * time.Millisecond, 0.2, 5 * time.Minute, 15 * time.Minute},
		{"sliding second", sliding(50, time.Second), 50, 50 * time.Millisecond, 0.2, 10 * time.Second, 100 * time.Second},
		{"sliding ten seconds", sliding(600, 10*time.Second), 60, 100 * time.Millisecond, 0, 40 * time.Second, 100 * time.Second},
		{"four at once", func() hiddenLimit { return &concurrent{n: 4} }, 40, 100 * time.Millisecond, 0, 10 * time.Second, 100 * time.Second},
	} {
		for _, allowed := range []float64{0, 2, 10} {
			t.Run(tc.name+map[float64]string{0: ", no limit known", 2: ", twice as much allowed", 10: ", ten times as much allowed"}[allowed], func(t *testing.T) {
				inVirtualTime(t, func(t *testing.T) {
					s := &limited{limit: tc.limit(), latency: jittered(tc.latency, tc.jitter)}
					var windows []providers.Window
					if allowed > 0 {
						windows = []providers.Window{{N: int(allowed * tc.perSecond), Per: time.Second}}
					}
					start := time.Now()
					sendTo(t, s, windows, max(4, int(3*tc.perSecond*tc.latency.Seconds())), tc.settle+tc.d)
					s.check(t, start.Add(tc.settle), tc.perSecond)
				})
			})
		}
	}
}

// jittered draws latencies, evenly between (1-by) and (1+by) times the mean.
func jittered(mean time.Duration, by float64) func() time.Duration {
	rnd := rand.New(rand.NewPCG(1, 2))
	return func() time.Duration { return time.Duration(float64(mean) * (1 + by*(2*rnd.Float64()-1))) }
}

// check is what must be true of a server's limit from a moment on, until now.
func (s *limited) check(t *testing.T, from time.Time, perSecond float64) {
	t.Helper()
	accepted, refused := s.used(from)
	if share := float64(accepted) / time.Since(from).Seconds() / perSecond; share < 0.9 {
		t.Errorf("%.1f %% of the limit used", 100*share)
	}
	if share := float64(refused) / float64(accepted+refused); share > 0.01 {
		t.Errorf("%.2f %% were refused", 100*share)
	}
	if s.early > 0 {
		t.Errorf("%d requests came before the Retry-After was over", s.early)
	}
}

// A limit may change while a run lasts: others use it, too.
func TestALimitThatChangesIsFollowed(t *testing.T) {
	for _, tc := range []struct {
		name   string
		low    float64
		settle time.Duration // until the lower limit is kept
		back   time.Duration // until all of the old limit is used again
	}{
		{"to a third", 30, 10 * time.Second, 80 * time.Second},
		{"to a tenth", 9, 20 * time.Second, 180 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				b := &tokens{perSecond: 90, burst: 10}
				s := &limited{limit: b, latency: jittered(50*time.Millisecond, 0.2)}
				start := time.Now()
				after := func(d time.Duration, do func()) {
					time.AfterFunc(d, func() {
						s.mu.Lock()
						defer s.mu.Unlock()
						do()
					})
				}
				after(time.Minute, func() { s.check(t, start.Add(10*time.Second), 90); b.perSecond = tc.low })
				after(2*time.Minute, func() { s.check(t, start.Add(time.Minute+tc.settle), tc.low); b.perSecond = 90 })
				after(6*time.Minute, func() { s.check(t, start.Add(2*time.Minute+tc.back), 90) })
				sendTo(t, s, []providers.Window{{N: 200, Per: time.Second}}, 16, 6*time.Minute+time.Second)
			})
		})
	}
}

// A server that says nothing of when it will take more is asked by few requests.
func TestAShutServerIsAskedByFewRequests(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		s := &limited{limit: &fixedWindow{n: 500, per: time.Minute, silent: true}, latency: jittered(20*time.Millisecond, 0)}
		start := time.Now()
		sendTo(t, s, nil, 16, time.Minute)
		pauses := 0
		var last time.Time
		asked := 0
		for _, at := range s.refused {
			if at.Sub(start) < time.Second {
				continue // at the pace at which all was let in until then
			}
			if asked++; at.Sub(last) > 400*time.Millisecond {
				pauses++
			}
			last = at
		}
		if pauses < 3 || asked > 16+2*pauses { // all that may be in flight, once
			t.Errorf("%d requests after %d pauses", asked, pauses)
		}
	})
}

// A problem that passes leaves no trace.
func TestThePaceComesBackAndIsForgotten(t *testing.T) {
	for _, tc := range []struct {
		name    string
		windows []providers.Window
		least   float64 // requests in the last second
	}{
		{"to the pace that is allowed", []providers.Window{{N: 70, Per: time.Second}}, 69},
		{"to as much as can be in flight", nil, 95}, // 4 at once, each of 40 ms
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				b := &tokens{perSecond: 20, burst: 1}
				s := &limited{limit: b, latency: jittered(40*time.Millisecond, 0)}
				time.AfterFunc(30*time.Second, func() {
					s.mu.Lock()
					defer s.mu.Unlock()
					b.perSecond, b.burst = 1e6, 1e6
				})
				h := sendTo(t, s, tc.windows, 4, 4*time.Minute)
				if found, paced := h.limiter.Found(); paced {
					t.Errorf("still paced at %.1f/s", found)
				}
				if accepted, _ := s.used(time.Now().Add(-time.Second)); float64(accepted) < tc.least {
					t.Errorf("%d requests in the last second", accepted)
				}
			})
		})
	}
}

// A lane may wait for its source, or be held by how many requests can be in flight: what it did
// not use says nothing of what the provider would take.
func TestAPaceThatIsNotUsedDoesNotGrow(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		now := time.Now()
		a := newAdaptive(now, now.Add(time.Second), cycle{accepted: 500, sending: 5 * time.Second})
		before := a.pace
		for range 100 {
			pause(100 * time.Millisecond)
			a.took(time.Now(), time.Now(), func() bool { return false }, 1000)
		}
		if a.pace != before || a.over() {
			t.Errorf("from %.1f/s to %.1f/s, forgotten: %v", before, a.pace, a.over())
		}
	})
}

// Refused at the first request, a lane knows of no pace that was too fast.
func TestA429BeforeAnythingWasAcceptedOnlyPauses(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		h := laneHealth{limiter: NewLimiter(nil), opts: DefaultOptions()}
		_ = h.observe(verdict{step: hold, health: throttled, wait: time.Minute}, time.Now(), true)
		if wait := time.Until(h.limiter.PausedUntil()); wait != time.Minute {
			t.Errorf("a pause of %s", wait)
		}
		start := time.Now()
		for range 1000 {
			_ = h.limiter.Wait(t.Context())
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("1000 requests were let through within %s", took)
		}
	})
}
