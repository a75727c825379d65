package batch

import (
	"testing"
	"testing/synctest"
	"time"

	"rowpost/providers"
)

// A lane that was held must not catch up on what it did not send meanwhile.
func TestLimiterHasNoBurstAfterAWait(t *testing.T) {
	for _, tc := range []struct {
		name  string
		long  []providers.Window
		pause time.Duration
		d     time.Duration
	}{
		{"a pause", nil, time.Minute, 63 * time.Second},
		{"a counted window that was used up", []providers.Window{{N: 60, Per: time.Minute}}, 0, 150 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(append(tc.long, providers.Window{N: 10, Per: time.Second}))
				time.AfterFunc(1050*time.Millisecond, func() { l.Pause(tc.pause) })
				checkEven(t, grants(t, l, 4, tc.d), 10, time.Second)
			})
		})
	}
}

// checkEven checks the documented bound for every span between two of the moments.
func checkEven(t *testing.T, at []time.Time, n int, per time.Duration) {
	t.Helper()
	for i := range at {
		for j := i; j < len(at); j++ {
			span := at[j].Sub(at[i])
			allowed := float64(n)*float64(span)/float64(per) + 1 + 1e-6 // floats are not exact
			if float64(j-i+1) > allowed {
				t.Errorf("%d requests in the %s after %s, allowed %.2f", j-i+1, span, at[i].Sub(at[0]), allowed)
				return
			}
		}
	}
}

// A pause is no time without a 429.
func TestLimiterDoesNotGrowByAPause(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before time.Duration // at 200/s, until a 429
		pause  time.Duration
		from   int // requests in the first second after the pause
		to     int
	}{
		{"a limit that was measured: a little less", 10 * time.Second, time.Minute, 170, 190},
		{"one to be searched for: what got through, in the mean", time.Second, 4 * time.Second, 35, 45},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter([]providers.Window{{N: 200, Per: time.Second}})
				throttle(t, l, tc.before, tc.pause)
				for range 2 { // the second has to wait for its turn
					_ = l.Wait(t.Context())
				}
				l.Accept(time.Now())
				if n := len(grants(t, l, 4, time.Second)); n < tc.from || n > tc.to {
					t.Errorf("%d requests in the first second after the pause, want %d to %d", n, tc.from, tc.to)
				}
			})
		})
	}
}

// A counted window lets all it has go at once; what a provider throttled must not.
func TestLimiterPacesAThrottledCountedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter([]providers.Window{{N: 100_000, Per: time.Hour}})
		for range 50 {
			_ = l.Wait(t.Context())
			l.Accept(time.Now())
		}
		pause(time.Second)
		throttle(t, l, 0, time.Second)
		if n := len(grants(t, l, 8, 3*time.Second)); n < 20 || n > 60 {
			t.Errorf("%d requests in two seconds, 50 were accepted in the second before a 429", n)
		}
	})
}

// throttle lets a limiter pass what it will for a time, all of it accepted, then one 429 that
// asks to wait.
func throttle(t *testing.T, l *Limiter, d, wait time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		_ = l.Wait(t.Context())
		l.Accept(time.Now())
	}
	h := laneHealth{limiter: l, opts: DefaultOptions()}
	_ = h.observe(verdict{step: hold, health: throttled, wait: wait}, time.Now(), true)
}
