package sandbox

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func epoch() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func newLockout() *lockout {
	return &lockout{n: 30, width: 4, span: time.Second, penalty: time.Minute}
}

func TestLockoutAdmitsThePublishedPace(t *testing.T) {
	l := newLockout()
	now := epoch()
	for i := range 1000 {
		if _, ok := l.admit(now, 1+i%4); !ok {
			t.Fatalf("call %d was refused", i)
		}
		now = now.Add(time.Second / 30)
	}
}

func TestLockoutRefusesForAMinute(t *testing.T) {
	for name, pass := range map[string]func(*lockout, time.Time) (time.Duration, bool){
		"31 calls in a second": func(l *lockout, now time.Time) (time.Duration, bool) {
			for range 30 {
				if _, ok := l.admit(now, 1); !ok {
					return 0, true
				}
			}
			return l.admit(now.Add(900*time.Millisecond), 1)
		},
		"5 calls at once": func(l *lockout, now time.Time) (time.Duration, bool) { return l.admit(now, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			l, now := newLockout(), epoch()
			if wait, ok := pass(l, now); ok || wait != time.Minute {
				t.Fatalf("admitted %v, wait %v", ok, wait)
			}
			now = l.until
			if wait, ok := l.admit(now.Add(-time.Second), 1); ok || wait != time.Second {
				t.Errorf("a second before the end: admitted %v, wait %v", ok, wait)
			}
			if _, ok := l.admit(now, 1); !ok {
				t.Error("refused after the end")
			}
		})
	}
}

// TestLockoutNeverAdmitsMore holds the limiter against a plain count.
func TestLockoutNeverAdmitsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &lockout{n: rapid.IntRange(1, 5).Draw(t, "n"), width: 1, span: time.Second, penalty: time.Millisecond}
		now := epoch()
		var admitted []time.Time
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 400), 1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(step) * time.Millisecond)
			if _, ok := l.admit(now, 1); ok {
				admitted = append(admitted, now)
			}
		}
		for i := l.n; i < len(admitted); i++ {
			if gap := admitted[i].Sub(admitted[i-l.n]); gap < l.span-jitter {
				t.Fatalf("%d calls within %v", l.n+1, gap)
			}
		}
	})
}

func TestBucketNeverRefusesTheExactPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &bucket{every: time.Second, burst: 3}
		for i := range 200 {
			late := time.Duration(rapid.IntRange(0, 900).Draw(t, "ms late")) * time.Millisecond
			if _, ok := b.admit(epoch().Add(time.Duration(i)*time.Second+late), 1); !ok {
				t.Fatalf("write %d was refused", i)
			}
		}
	})
}

func TestBucketRefusesMore(t *testing.T) {
	b := &bucket{every: time.Second, burst: 3}
	for i := range 3 {
		if _, ok := b.admit(epoch(), 1); !ok {
			t.Fatalf("write %d of the burst was refused", i)
		}
	}
	wait, ok := b.admit(epoch().Add(400*time.Millisecond), 1)
	if ok || wait != 600*time.Millisecond {
		t.Fatalf("fourth write: admitted %v, wait %v", ok, wait)
	}
	if _, ok := b.admit(epoch().Add(time.Second), 1); !ok {
		t.Error("refused after the wait it had asked for")
	}
	if _, ok := b.admit(epoch().Add(1500*time.Millisecond), 1); ok {
		t.Error("two writes within a second after the burst")
	}
}

func TestLimitsAreEnforced(t *testing.T) {
	var elapsed atomic.Int64
	clock := func() time.Time { return epoch().Add(time.Duration(elapsed.Load())) }
	s := start(t, Options{Limits: true, now: clock})
	c := newClient(t, s)

	for range 30 {
		c.expect(valid(cleverbridge), 200, "OK")
	}
	wrong := valid(cleverbridge)
	wrong.header = map[string]string{"Authorization": "Basic wrong"}
	got := c.expect(wrong, 429, "<html>") // the limit is the caller's, whoever it is
	if got.header.Get("Retry-After") != "60" || got.header.Get("Content-Type") != mediaHTML {
		t.Errorf("headers of the 429: %v", got.header)
	}
	elapsed.Store(int64(59*time.Second + time.Second/2))
	if got := c.expect(valid(cleverbridge), 429, ""); got.header.Get("Retry-After") != "1" {
		t.Errorf("half a second before the end: Retry-After %q", got.header.Get("Retry-After"))
	}
	elapsed.Store(int64(time.Minute))
	c.expect(valid(cleverbridge), 200, "OK")

	for range 3 {
		c.expect(valid(paysafe), 200, "")
	}
	if got := c.expect(valid(paysafe), 429, `"error":{"code":`); got.header.Get("Retry-After") != "" {
		t.Error("Paysafe documents no Retry-After")
	}
	if got := s.Stats(paysafe); got.Applied != 3 || got.Answers[429] != 1 {
		t.Errorf("stats: %+v", got)
	}
}

func TestFiveAtOnceAreTooMany(t *testing.T) {
	s := start(t, Options{Limits: true, Lockout: 90 * time.Second})
	c := newClient(t, s)
	hold := make(chan struct{})
	arrived := make(chan struct{}, 4)
	s.Hook(cleverbridge, func(call Call) Answer {
		if call.Nth > 4 {
			return Answer{}
		}
		arrived <- struct{}{}
		return Answer{Hold: hold}
	})
	held := make(chan answer, 4)
	for range 4 {
		go func() { held <- c.do(valid(cleverbridge)) }()
	}
	for range 4 {
		<-arrived
	}
	if got := c.expect(valid(cleverbridge), 429, ""); got.header.Get("Retry-After") != "90" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	close(hold)
	for range 4 {
		if got := <-held; got.status != 200 {
			t.Errorf("one of the four was answered %d", got.status)
		}
	}
	if got := s.Stats(cleverbridge).MaxInFlight; got != 5 {
		t.Errorf("%d at once, want 5", got)
	}
}

func TestFourWorkersAreNotTooMany(t *testing.T) {
	var calls atomic.Int64 // each look at the clock is 50 ms later, so that the rate is kept
	s := start(t, Options{Limits: true, now: func() time.Time { return epoch().Add(time.Duration(calls.Add(50)) * time.Millisecond) }})
	c := newClient(t, s)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 100 {
				c.expect(valid(cleverbridge), 200, "OK")
			}
		})
	}
	workers.Wait()
}
