package batch

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rowpost/providers"
)

// Bounds of the adaptive pace: how far below the allowed pace a throttled lane
// can fall, and how much of it comes back with each second without a 429.
const (
	slowestShare = 1.0 / 64
	growthShare  = 0.02
)

// catchUp is how much of its pace a window may send in one go. Timers are late by
// some tens of microseconds, so a faster pace needs a few tokens in hand; any more
// would let a server see a burst.
const catchUp = 5 * time.Millisecond

// Limiter keeps a lane to its windows. Those of a second or less are paced
// evenly: in any span of length T at most N*T/Per + max(1, 5 ms worth) requests
// are let through. Longer ones are counted: at most N in any span of length Per.
//
// Callers are served in the order in which they came, one timer at a time.
type Limiter struct {
	turn chan struct{} // holds one token: whoever has it is next
	even []*rate.Limiter
	caps []rate.Limit // what even may grow back to
	long []*span
	// spare is the mean pace of a lane that has only counted windows; 0: it has others.
	spare rate.Limit
	taken []*rate.Reservation // of whoever has the turn

	mu      sync.Mutex
	until   time.Time     // nothing passes before
	changed chan struct{} // closed and replaced when until or share moves
	share   float64       // of the caps, in use now: 1 unless a provider throttled
	slowed  time.Time     // when share was last lowered
	grown   time.Time     // when share was last raised or lowered
}

// NewLimiter makes a limiter for windows that all hold at once. None: no limit.
func NewLimiter(windows []providers.Window) *Limiter {
	mean := rate.Inf
	l := &Limiter{turn: make(chan struct{}, 1), changed: make(chan struct{}), share: 1}
	for _, w := range windows {
		if w.Per > time.Second {
			l.long = append(l.long, newSpan(w))
			mean = min(mean, rate.Limit(float64(w.N)/w.Per.Seconds()))
			continue
		}
		perSecond := float64(w.N) / w.Per.Seconds()
		burst := max(1, int(math.Ceil(perSecond*catchUp.Seconds())))
		limit := rate.Limit(perSecond)
		l.even = append(l.even, rate.NewLimiter(limit, burst))
		l.caps = append(l.caps, limit)
	}
	if len(l.even) == 0 && mean < rate.Inf {
		// Nothing paces this lane until it is throttled; then its mean pace is what is slowed.
		l.spare = mean
		l.even, l.caps = []*rate.Limiter{rate.NewLimiter(rate.Inf, 1)}, []rate.Limit{rate.Inf}
	}
	l.taken = make([]*rate.Reservation, len(l.even))
	return l
}

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

// take reserves a token of each even window and says how long to wait for the last.
func (l *Limiter) take(now time.Time) (wait time.Duration) {
	if len(l.even) == 1 && l.even[0].AllowN(now, 1) {
		return 0 // the common case, without a reservation that could be given back
	}
	for i, e := range l.even {
		l.taken[i] = e.ReserveN(now, 1)
		wait = max(wait, l.taken[i].DelayFrom(now))
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

// Slow halves the pace, because a request sent at that time was answered with 429.
// Answers to requests that were sent before the last halving tell nothing new; it says
// whether this one did.
func (l *Limiter) Slow(sentAt time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.slowed.IsZero() && !sentAt.After(l.slowed) {
		return false
	}
	now := time.Now()
	l.slowed, l.grown = now, now
	l.setShare(now, max(l.share/2, slowestShare))
	return true
}

// Grow lets the pace come back slowly. It is called after each answer that is no 429.
func (l *Limiter) Grow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.share >= 1 {
		return
	}
	now := time.Now()
	if l.until.After(l.grown) {
		l.grown = l.until // a pause is no time without a 429
	}
	elapsed := now.Sub(l.grown)
	if elapsed < time.Second {
		return
	}
	l.grown = now
	l.setShare(now, min(1, l.share+growthShare*elapsed.Seconds()))
}

// Share is the part of the allowed pace that is in use, 1 unless a provider throttled.
func (l *Limiter) Share() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.share
}

// setShare changes the pace. A token that somebody waits for was reserved at the old one,
// and its time would be given back too early by a faster pace: it is reserved anew.
func (l *Limiter) setShare(now time.Time, share float64) {
	l.share = share
	defer l.wake()
	for i, e := range l.even {
		limit := l.caps[i] * rate.Limit(share)
		if l.spare > 0 && share < 1 {
			limit = l.spare * rate.Limit(share)
		}
		e.SetLimitAt(now, limit)
	}
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
