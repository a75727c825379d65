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

func TestLimiterDoesNotGrowByAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter([]providers.Window{{N: 10, Per: time.Second}})
		_ = l.Wait(t.Context())
		l.Slow(time.Now())
		l.Pause(time.Minute)
		_ = l.Wait(t.Context())
		l.Grow()
		if l.Share() > 0.6 {
			t.Errorf("%.2f of the pace at the first answer after the pause, halved before it", l.Share())
		}
	})
}

// A counted window lets all it has go at once; what a provider throttled must not.
func TestLimiterPacesAThrottledCountedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter([]providers.Window{{N: 1000, Per: time.Minute}})
		l.Slow(time.Now())
		if n := len(grants(t, l, 1, time.Second)); n < 8 || n > 10 {
			t.Errorf("%d requests in the first second after a 429, at half of 1000 a minute", n)
		}
	})
}
