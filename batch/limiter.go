package batch

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"rowpost/providers"
)

// catchUp is how much of its pace a window may send in one go. Timers are late by
// some tens of microseconds, so a faster pace needs a few tokens in hand; any more
// would let a server see a burst.
const catchUp = 5 * time.Millisecond

// Limiter keeps a lane to its windows. Those of a second or less are paced
// evenly: in any span of length T at most N*T/Per + max(1, 5 ms worth) requests
// are let through. Longer ones are counted: at most N in any span of length Per.
//
// Callers are served in the order in which they came, one timer at a time. A provider that
// answers 429 all the same has a limit that is lower: see [Limiter.Slow].
type Limiter struct {
	turn chan struct{} // holds one token: whoever has it is next
	even []*rate.Limiter
	long []*span
	// most is the pace that the windows allow in the long run.
	most  rate.Limit
	taken []*rate.Reservation // of whoever has the turn

	// own is the pace that the lane found out for itself; nil unless the provider throttled.
	own      atomic.Pointer[rate.Limiter]
	bound    atomic.Bool  // own held somebody back since this was last looked at
	accepted atomic.Int64 // answers that were no 429, while there is no own

	mu      sync.Mutex
	until   time.Time     // nothing passes before
	changed chan struct{} // closed and replaced when until or own moves
	adapt   *adaptive     // what sets own; nil: there is none
	since   time.Time     // when accepted was 0
	idle    time.Duration // of the time since then, what was spent in pauses
	slowed  time.Time     // when a 429 last told something
}

// NewLimiter makes a limiter for windows that all hold at once. None: no limit.
func NewLimiter(windows []providers.Window) *Limiter {
	l := &Limiter{turn: make(chan struct{}, 1), changed: make(chan struct{}), most: rate.Inf, since: time.Now()}
	for _, w := range windows {
		limit := rate.Limit(float64(w.N) / w.Per.Seconds())
		if l.most = min(l.most, limit); w.Per > time.Second {
			l.long = append(l.long, newSpan(w))
			continue
		}
		l.even = append(l.even, rate.NewLimiter(limit, inHand(float64(limit))))
	}
	l.taken = make([]*rate.Reservation, len(l.even), len(l.even)+1)
	return l
}

// inHand is how many requests a pace may send in one go.
func inHand(perSecond float64) int { return max(1, int(math.Ceil(perSecond*catchUp.Seconds()))) }

// Wait returns when a request may be sent, or with the cause of the context's end.
func (l *Limiter) Wait(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		l.mu.Lock()
		at, changed := l.until, l.changed
		l.mu.Unlock()
		for _, s := range l.long {
			if t := s.free(); t.After(at) {
				at = t
			}
		}
		now := time.Now()
		if wait := at.Sub(now); wait > 0 {
			if err := sleep(ctx, wait, changed); err != nil {
				return err
			}
			continue
		}
		// Tokens are taken last: one that waits while the bucket fills is one too many.
		wait := l.take(now)
		if wait <= 0 {
			break
		}
		if err := sleep(ctx, wait, changed); err != nil {
			return err
		}
		if time.Since(now) >= wait && !l.paused() {
			break
		}
		l.putBack()
	}
	for _, s := range l.long {
		s.sent(time.Now())
	}
	return context.Cause(ctx)
}

// take reserves a token of each even window, and of the lane's own pace, and says how long
// to wait for the last.
func (l *Limiter) take(now time.Time) (wait time.Duration) {
	own := l.own.Load()
	if own == nil && len(l.even) == 1 && l.even[0].AllowN(now, 1) {
		return 0 // the common case, without a reservation that could be given back
	}
	l.taken = l.taken[:len(l.even)]
	for i, e := range l.even {
		l.taken[i] = e.ReserveN(now, 1)
		wait = max(wait, l.taken[i].DelayFrom(now))
	}
	if own != nil {
		r := own.ReserveN(now, 1)
		l.taken = append(l.taken, r)
		if d := r.DelayFrom(now); d > 0 && d >= wait {
			l.bound.Store(true)
			wait = d
		}
	}
	return wait
}

// putBack gives back the tokens that take reserved.
func (l *Limiter) putBack() {
	for _, r := range l.taken {
		r.Cancel()
	}
}

// Pause lets nothing through for d, counted from now. A shorter pause does not
// shorten a longer one.
func (l *Limiter) Pause(d time.Duration) {
	until := time.Now().Add(d)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !until.After(l.until) {
		return
	}
	l.idle += min(d, until.Sub(l.until))
	l.until = until
	l.wake()
}

// wake lets whoever waits for a token look anew.
func (l *Limiter) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// PausedUntil says when the current pause ends; it is in the past if there is none.
func (l *Limiter) PausedUntil() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.until
}

// paused says whether a pause is under way.
func (l *Limiter) paused() bool {
	until := l.PausedUntil()
	return !until.IsZero() && until.After(time.Now())
}

// sleep waits for d, for the context's end, or until interrupt is closed.
func sleep(ctx context.Context, d time.Duration, interrupt <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-interrupt:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// span counts requests in a sliding window that is too long to be paced evenly. It
// is used by whoever has the limiter's turn.
type span struct {
	window providers.Window
	start  time.Time
	times  []time.Duration // since start: ring of the last N requests, oldest at head
	head   int
}

func newSpan(w providers.Window) *span { return &span{window: w, start: time.Now()} }

// free says from when on one more request is allowed.
func (s *span) free() time.Time {
	if len(s.times) < s.window.N || Planted("window-uncounted") {
		return time.Time{}
	}
	return s.start.Add(s.times[s.head] + s.window.Per)
}

// sent counts a request.
func (s *span) sent(now time.Time) {
	if len(s.times) < s.window.N {
		s.times = append(s.times, now.Sub(s.start))
		return
	}
	s.times[s.head] = now.Sub(s.start)
	s.head = (s.head + 1) % s.window.N
}
