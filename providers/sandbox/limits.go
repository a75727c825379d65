package sandbox

import "time"

// limiter decides about calls as they come. Time is given to it, and goes on only.
// It is not safe for concurrent use.
type limiter interface {
	// admit takes a call that makes it the given number at once, itself included. If it
	// refuses, the time is how long to wait.
	admit(now time.Time, inFlight int) (time.Duration, bool)
}

// lockout allows n calls in any span and width calls at once. Who passes either is
// refused for the whole penalty.
type lockout struct {
	n, width      int
	span, penalty time.Duration
	recent        []time.Time // the last n admitted, as a ring
	next          int
	until         time.Time
}

// jitter is what a loopback connection may bring calls closer together than they
// were sent.
const jitter = 20 * time.Millisecond

func (l *lockout) admit(now time.Time, inFlight int) (time.Duration, bool) {
	if now.Before(l.until) {
		return l.until.Sub(now), false
	}
	tooMany := len(l.recent) == l.n && now.Sub(l.recent[l.next]) < l.span-jitter
	if tooMany || inFlight > l.width {
		l.until = now.Add(l.penalty)
		return l.penalty, false
	}
	if len(l.recent) < l.n {
		l.recent = append(l.recent, now)
		return 0, true
	}
	l.recent[l.next] = now
	l.next = (l.next + 1) % l.n
	return 0, true
}

// bucket allows one call in every interval, and burst of them at once after a rest.
// A refused call costs nothing.
type bucket struct {
	every time.Duration
	burst int
	full  time.Time // when all of the burst is there again
}

func (b *bucket) admit(now time.Time, _ int) (time.Duration, bool) {
	full := now
	if b.full.After(now) {
		full = b.full
	}
	full = full.Add(b.every)
	if late := full.Sub(now) - time.Duration(b.burst)*b.every; late > 0 {
		return late, false
	}
	b.full = full
	return 0, true
}
