package batch

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/providers"
)

// grants lets workers take from a limiter for a time and gives the moments at which
// they were let through, in order.
func grants(t *testing.T, l *Limiter, workers int, d time.Duration) []time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var (
		g  errgroup.Group
		mu sync.Mutex
		at []time.Time
	)
	for range workers {
		g.Go(func() error {
			for {
				if l.Wait(ctx) != nil {
					return nil
				}
				mu.Lock()
				at = append(at, time.Now())
				mu.Unlock()
			}
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return at
}

// most is the greatest number of moments in any half-open span of the length.
func most(at []time.Time, span time.Duration) int {
	best, from := 0, 0
	for i := range at {
		for at[i].Sub(at[from]) >= span {
			from++
		}
		best = max(best, i-from+1)
	}
	return best
}

func TestLimiterIsNeverPassedAndIsUsed(t *testing.T) {
	for _, tc := range []struct {
		name    string
		pace    string
		workers int
		burst   int // what the documented bound adds to the pace in any second
	}{
		{"a slow lane", "10/s", 4, 1},
		{"one worker alone", "100/s", 1, 1},
		{"many workers", "100/s", 64, 1},
		{"5 ms worth in hand", "1000/s", 16, 5},
		{"fast", "10000/s", 64, 50},
		{"several windows: the narrowest counts", "50/s,1000/s", 8, 1},
		{"a window below a second", "5/100ms", 8, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				windows, err := providers.ParseWindows(tc.pace)
				if err != nil {
					t.Fatal(err)
				}
				perSecond := math.Inf(1)
				for _, w := range windows {
					perSecond = min(perSecond, float64(w.N)/w.Per.Seconds())
				}
				const seconds = 10
				at := grants(t, NewLimiter(windows), tc.workers, seconds*time.Second)
				if got := most(at, time.Second); got > int(perSecond)+tc.burst {
					t.Errorf("%d requests in a second, allowed %v + %d", got, perSecond, tc.burst)
				}
				if share := float64(len(at)) / (perSecond * seconds); share < 0.97 {
					t.Errorf("%.1f %% of the pace used", 100*share)
				}
			})
		})
	}
}

func TestLimiterCountsLongWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter([]providers.Window{{N: 10, Per: time.Second}, {N: 60, Per: time.Minute}})
		start := time.Now()
		at := grants(t, l, 4, 150*time.Second)
		if got := most(at, time.Minute); got != 60 {
			t.Errorf("%d requests in a minute, want the 60 allowed", got)
		}
		if used := at[59].Sub(start); used > 6*time.Second {
			t.Errorf("60 requests took %s: a long window is to be used as fast as the short one allows", used)
		}
		if len(at) < 150 {
			t.Errorf("%d requests in two and a half minutes", len(at))
		}
	})
}

func TestLimiterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter([]providers.Window{{N: 1, Per: time.Second}})
		start := time.Now()
		_ = l.Wait(t.Context()) // the next one waits a second for its token
		passed := make(chan time.Duration)
		go func() {
			_ = l.Wait(t.Context())
			passed <- time.Since(start)
		}()
		synctest.Wait()
		l.Pause(time.Minute)
		l.Pause(time.Second) // shortens nothing
		if got := <-passed; got != time.Minute {
			t.Errorf("a caller that waited already was let through after %s", got)
		}
	})
}

func TestLimiterWaitEndsWithTheCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter([]providers.Window{{N: 1, Per: time.Second}})
		l.Pause(time.Hour)
		reason := errors.New("lane stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(reason) })
		if err := l.Wait(ctx); !errors.Is(err, reason) {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkLimiter(b *testing.B) {
	l := NewLimiter([]providers.Window{{N: 10_000_000, Per: time.Second}})
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Wait(b.Context())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
