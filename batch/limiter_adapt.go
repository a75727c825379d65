package batch

import (
	"time"

	"golang.org/x/time/rate"
)

// stale is how far a lane gets beyond a limit that it measured before that one is no longer told.
const stale = 1.25

// Throttled says whether the 429 to a request that was sent at that time tells anything new.
// Answers to requests that were under way at the last one do not: they are counted only.
func (l *Limiter) Throttled(sentAt time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slowed.IsZero() || sentAt.After(l.slowed) {
		return true
	}
	if l.adapt != nil && l.adapt.refused > 0 {
		l.adapt.refused++
	}
	return false
}

// Slow lowers the pace below what the windows allow, because a request sent at that time was
// answered with a 429 that tells something new. The provider asked to wait for said, 0 if it
// did not say, and the pause has begun.
func (l *Limiter) Slow(sentAt time.Time, said time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.slowed = now
	resumed := l.until
	if resumed.Before(now) {
		resumed = now
	}
	switch accepted := int(l.accepted.Load()); {
	case l.adapt != nil:
		l.adapt.again(now, sentAt, resumed, said)
	case accepted == 0:
		return // it was no pace that was refused
	default:
		active := sentAt.Sub(l.since) - (l.idle - resumed.Sub(now))
		l.adapt = newAdaptive(now, resumed, cycle{accepted: accepted, sending: max(0, active), said: said})
	}
	l.setOwn(now)
}

// Accept takes an answer that was no 429, to a request sent at that time: the pace may grow.
// It says whether it did.
func (l *Limiter) Accept(sentAt time.Time) bool {
	if l.own.Load() == nil {
		l.accepted.Add(1)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.adapt == nil {
		return false
	}
	now := time.Now()
	moved := l.adapt.took(now, sentAt, func() bool { return l.bound.Swap(false) }, float64(l.most))
	switch {
	case l.adapt.over():
		l.adapt, l.since, l.idle = nil, now, max(0, l.until.Sub(now))
		l.accepted.Store(0)
		l.own.Store(nil)
		l.wake()
		return true
	case moved:
		l.setOwn(now)
	}
	return moved
}

// Found is the provider's limit as it was measured, in requests a second, when its 429s made
// the pace lower than what the windows allow; 0: there is none, or it is not known yet. Paced
// says that the pace is lowered, known or not.
func (l *Limiter) Found() (perSecond float64, paced bool) {
	if l.own.Load() == nil {
		return 0, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.adapt == nil:
		return 0, false
	case l.adapt.pace >= float64(l.most), l.adapt.pace > stale*l.adapt.ceiling:
		return 0, true
	}
	return l.adapt.ceiling, true
}

// setOwn changes the lane's own pace. A token that somebody waits for was reserved at the old
// one, and its time would be given back too early by a faster pace: it is reserved anew.
func (l *Limiter) setOwn(now time.Time) {
	defer l.wake()
	perSecond, burst := l.adapt.allowed()
	if own := l.own.Load(); own != nil {
		own.SetLimitAt(now, rate.Limit(perSecond))
		own.SetBurstAt(now, burst)
		return
	}
	l.own.Store(rate.NewLimiter(rate.Limit(perSecond), burst))
}
