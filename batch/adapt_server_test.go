package batch

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/providers"
)

// hiddenLimit is a server's own limit, which it tells nobody.
type hiddenLimit interface {
	// take says whether a request is let in, and if not, what the Retry-After says (0: none).
	take(now time.Time) (ok bool, retryAfter time.Duration)
	// leave is called when the answer to one that was let in goes out.
	leave()
}

// tokens is a bucket of tokens; a leaky bucket that is no queue behaves alike.
type tokens struct {
	perSecond, burst float64
	retryAfter       time.Duration

	have float64
	at   time.Time
}

func (b *tokens) take(now time.Time) (bool, time.Duration) {
	if b.at.IsZero() {
		b.at, b.have = now, b.burst
	}
	b.have = min(b.burst, b.have+b.perSecond*now.Sub(b.at).Seconds())
	b.at = now
	if b.have < 1 {
		return false, b.retryAfter
	}
	b.have--
	return true, 0
}

func (b *tokens) leave() {}

// fixedWindow counts from zero at the beginning of each window, and tells when the next begins.
type fixedWindow struct {
	n      int
	per    time.Duration
	silent bool // it does not tell

	begin time.Time
	used  int
}

func (w *fixedWindow) take(now time.Time) (bool, time.Duration) {
	if w.begin.IsZero() || now.Sub(w.begin) >= w.per {
		w.begin, w.used = now.Truncate(w.per), 0
	}
	if w.used == w.n {
		if w.silent {
			return false, 0
		}
		left := w.begin.Add(w.per).Sub(now)
		return false, time.Second * time.Duration(math.Ceil(left.Seconds()))
	}
	w.used++
	return true, 0
}

func (w *fixedWindow) leave() {}

// slidingWindow lets n in within any span of its length.
type slidingWindow struct {
	n   int
	per time.Duration

	times []time.Time
}

func (w *slidingWindow) take(now time.Time) (bool, time.Duration) {
	for len(w.times) > 0 && now.Sub(w.times[0]) >= w.per {
		w.times = w.times[1:]
	}
	if len(w.times) == w.n {
		return false, 0
	}
	w.times = append(w.times, now)
	return true, 0
}

func (w *slidingWindow) leave() {}

// penalty shuts everybody out for a time once its limit was passed.
type penalty struct {
	slidingWindow
	wait time.Duration

	until time.Time
}

func (p *penalty) take(now time.Time) (bool, time.Duration) {
	if now.Before(p.until) {
		return false, time.Second * time.Duration(math.Ceil(p.until.Sub(now).Seconds()))
	}
	ok, _ := p.slidingWindow.take(now)
	if ok {
		return true, 0
	}
	p.until = now.Add(p.wait)
	return false, p.wait
}

// concurrent lets n be under way at once.
type concurrent struct{ n, now int }

func (c *concurrent) take(time.Time) (bool, time.Duration) {
	if c.now == c.n {
		return false, 0
	}
	c.now++
	return true, 0
}

func (c *concurrent) leave() { c.now-- }

// limited is a server with a limit of its own, and what reached it.
type limited struct {
	limit   hiddenLimit
	latency func() time.Duration

	mu       sync.Mutex
	at       []time.Time // arrivals
	accepted []time.Time
	refused  []time.Time
	read     time.Time // when the last Retry-After was read
	barred   time.Time // by that
	early    int       // requests that left before its end
}

// serve is one request, from its first byte to the answer's last.
func (s *limited) serve() (status int, retryAfter time.Duration) {
	s.mu.Lock()
	latency := s.latency()
	if now := time.Now(); now.After(s.read) && now.Before(s.barred) {
		s.early++
	}
	s.mu.Unlock()
	pause(latency / 2)
	s.mu.Lock()
	now := time.Now()
	s.at = append(s.at, now)
	ok, wait := s.limit.take(now)
	if ok {
		s.accepted = append(s.accepted, now)
	} else {
		s.refused = append(s.refused, now)
	}
	s.mu.Unlock()
	pause(latency - latency/2)
	if !ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		if until := time.Now().Add(wait); wait > 0 && until.After(s.barred) {
			s.read, s.barred = time.Now(), until
		}
		return http.StatusTooManyRequests, wait
	}
	s.mu.Lock()
	s.limit.leave()
	s.mu.Unlock()
	return http.StatusOK, 0
}

// used is what was let in and what was refused from a moment on.
func (s *limited) used(from time.Time) (accepted, refused int) {
	for _, t := range s.accepted {
		if !t.Before(from) {
			accepted++
		}
	}
	for _, t := range s.refused {
		if !t.Before(from) {
			refused++
		}
	}
	return accepted, refused
}

func pause(d time.Duration) { <-time.After(d) }

// drawnOptions are the default ones, but for pauses that are drawn alike each time.
func drawnOptions() Options {
	opts := DefaultOptions()
	rnd := rand.New(rand.NewPCG(3, 4))
	opts.jitter = func(most time.Duration) time.Duration { return time.Duration(rnd.Int64N(int64(most) + 1)) }
	return opts
}

// sendTo lets a lane's limiter and health send to a server for a time.
func sendTo(t *testing.T, s *limited, windows []providers.Window, inFlight int, d time.Duration) *laneHealth {
	t.Helper()
	l := &lane{limiter: NewLimiter(windows), share: &share{}}
	l.health = laneHealth{limiter: l.limiter, opts: drawnOptions()}
	end := time.Now().Add(d)
	l.taking, l.stopTaking = context.WithDeadline(t.Context(), end)
	defer l.stopTaking()
	work := func() error {
		for l.pace() == nil {
			sentAt := time.Now()
			status, wait := s.serve()
			l.mu.Lock()
			v := verdict{}
			if status != http.StatusOK {
				v = verdict{step: hold, health: throttled, wait: wait}
			}
			_ = l.health.observe(v, sentAt, true)
			l.mu.Unlock()
		}
		return nil
	}
	var g errgroup.Group
	for range inFlight {
		g.Go(work)
	}
	_ = g.Wait()
	return &l.health
}
