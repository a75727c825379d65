package state

import (
	"cmp"
	"math"
	"slices"
	"time"

	"rowpost/providers"
)

// burstOf is how much of an even pace may be sent in one go. It is what batch.Limiter
// allows a single run, so all runs together look to the provider like one.
const burstOf = 5 * time.Millisecond

// longestPark bounds how long the account is left alone after one Park: whoever asked for
// more is asked again then. It also bounds what a wrong clock can do.
const longestPark = 24 * time.Hour

// kept are the spans whose history is always kept, so that a run which asks for a window
// that no earlier one had knows what was sent before it.
var kept = [...]time.Duration{time.Minute, time.Hour, 24 * time.Hour}

// mostHistories bounds the ledger, whatever windows people try.
const mostHistories = 12

// pace is what one run keeps to. All even windows hold if the slowest of them does: its
// interval is the longest and its burst the smallest.
type pace struct {
	interval int64 // nanoseconds between two requests; 0: no even window
	burst    int64 // requests
	counted  []providers.Window
}

func paceOf(windows []providers.Window) pace {
	p := pace{burst: 1}
	for _, w := range windows {
		if w.N <= 0 || w.Per <= 0 {
			continue
		}
		if w.Per > time.Second {
			p.counted = append(p.counted, w)
			continue
		}
		if interval := (int64(w.Per) + int64(w.N) - 1) / int64(w.N); interval > p.interval {
			p.interval = interval
			p.burst = max(1, int64(math.Ceil(float64(w.N)*float64(burstOf)/float64(w.Per))))
		}
	}
	return p
}

// ledger is the common history of an account's requests. All times are nanoseconds of the
// wall clock, because they outlive processes.
type ledger struct {
	written int64 // when it was last changed
	// next is where an even pace has got to: the theoretical arrival time of GCRA. A run
	// moves it by its own interval with each request, so that runs of different paces
	// share the account without one starving the other.
	next    int64
	parked  int64 // 0: not parked
	pending []pending
	history []history
}

// pending is a request that may be sent later. The run that asked for it waits till then.
type pending struct {
	at       int64
	interval int64 // what it takes of the even pace
}

// advance brings the ledger to a time: what was pending and is due has become history.
func (l *ledger) advance(now int64) {
	if back := l.written - now; back > 0 {
		l.shift(back)
	}
	l.written = now
	due := 0
	for _, p := range l.pending {
		if p.at > now {
			break
		}
		l.spend(p.at, p.interval, 1)
		due++
	}
	l.pending = slices.Delete(l.pending, 0, due)
	l.history = slices.DeleteFunc(l.history, func(h history) bool {
		return !slices.Contains(kept[:], h.per) && now-h.used > int64(max(h.per, 24*time.Hour))
	})
	for _, per := range kept {
		l.of(per, now)
	}
	for i := range l.history {
		l.history[i].prune(now)
	}
	if l.parked <= now || l.parked > now+int64(longestPark) {
		l.parked = 0
	}
}

// shift moves all times back, because the clock was set back. How long ago they were is
// not known then; that no time has passed since the last change is the careful reading.
func (l *ledger) shift(back int64) {
	l.next -= back
	if l.parked != 0 {
		l.parked -= back
	}
	for i := range l.pending {
		l.pending[i].at -= back
	}
	for i := range l.history {
		l.history[i].shift(back)
	}
}

// of finds or begins the history of a span.
func (l *ledger) of(per time.Duration, now int64) *history {
	for i := range l.history {
		if l.history[i].per == per {
			return &l.history[i]
		}
	}
	if len(l.history) >= mostHistories {
		l.history = slices.DeleteFunc(l.history, func(h history) bool { return h.per == l.leastUsed() })
	}
	l.history = append(l.history, l.begin(per, now))
	return &l.history[len(l.history)-1]
}

// leastUsed is the span, not one of those always kept, that no run has asked for for the longest time.
func (l *ledger) leastUsed() time.Duration {
	var old history
	for _, h := range l.history {
		if !slices.Contains(kept[:], h.per) && (old.per == 0 || h.used < old.used) {
			old = h
		}
	}
	return old.per
}

// begin makes a history out of what the others know of its span: the shortest of those
// that are longer, else the longest.
func (l *ledger) begin(per time.Duration, now int64) history {
	var from history
	for _, h := range l.history {
		if from.per == 0 || h.per >= per && (from.per < per || h.per < from.per) ||
			from.per < per && h.per > from.per {
			from = h
		}
	}
	h := newHistory(per, now)
	for _, b := range from.buckets {
		h.add(min((b.index+1)*from.width-1, now), b.n)
	}
	return h
}

// spend counts n requests that are sent at a time.
func (l *ledger) spend(at, interval, n int64) {
	l.next = max(l.next, at) + n*interval
	for i := range l.history {
		l.history[i].add(at, n)
	}
}

// reserve counts up to n requests for a run: those that may be sent now, else the first
// that may be sent later. Advance has been called for now.
func (l *ledger) reserve(p pace, now int64, n int) (taken int, at int64) {
	free := min(int64(n), l.evenNow(p, now))
	for _, w := range p.counted {
		h := l.of(w.Per, now)
		h.used = now
		free = min(free, l.room(h, int64(w.N), now))
	}
	if free > 0 {
		l.spend(now, p.interval, free)
		return int(free), now
	}
	at = l.first(p, now)
	mine := pending{at, p.interval}
	place, _ := slices.BinarySearchFunc(l.pending, mine, func(a, b pending) int { return cmp.Compare(a.at, b.at+1) })
	l.pending = slices.Insert(l.pending, place, mine)
	return 1, at
}

// first is the first time at which all windows of a run let one more request through.
func (l *ledger) first(p pace, now int64) int64 {
	at := now
	for {
		next := at
		if p.interval > 0 {
			next, _, _ = l.even(p, at)
		}
		for _, w := range p.counted {
			next = l.firstRoom(l.of(w.Per, now), int64(w.N), next)
		}
		if next == at {
			return at
		}
		at = next
	}
}

// even is the first time, not before at, that an even pace leaves for one request; where
// the pace has got to by then; and the pending request, if any, it must not run into. A
// pending one is passed if the place in front of it is too small.
func (l *ledger) even(p pace, at int64) (start, next, before int64) {
	next = l.next
	for _, q := range l.pending {
		start = max(at, next-(p.burst-1)*p.interval)
		if max(next, start)+p.interval <= q.at {
			return start, next, q.at
		}
		next = max(next, q.at) + q.interval
	}
	return max(at, next-(p.burst-1)*p.interval), next, math.MaxInt64
}

// evenNow is how many requests an even pace lets through at once.
func (l *ledger) evenNow(p pace, now int64) int64 {
	if p.interval == 0 {
		return math.MaxInt64
	}
	start, next, before := l.even(p, now)
	if start > now {
		return 0
	}
	return (min(now+p.burst*p.interval, before) - max(next, now)) / p.interval
}

// room is how many more requests a counted window lets through at a time. Later spans
// that hold it may be full of what is pending.
func (l *ledger) room(h *history, n, at int64) int64 {
	free := n - l.sent(h, at)
	for _, q := range l.pending {
		if q.at > at && q.at < at+int64(h.per) {
			free = min(free, n-l.sent(h, q.at))
		}
	}
	return free
}

// sent counts the requests in the span that ends at a time.
func (l *ledger) sent(h *history, end int64) int64 {
	n := h.since(end)
	for _, q := range l.pending {
		if q.at > end-int64(h.per) && q.at <= end {
			n++
		}
	}
	return n
}

// firstRoom is the first time, not before at, with room for one request. There always is
// one: a span in which nothing was sent.
func (l *ledger) firstRoom(h *history, n, at int64) int64 {
	for l.room(h, n, at) < 1 {
		next := h.leaves(at)
		for _, q := range l.pending {
			if gone := q.at + int64(h.per); gone > at {
				next = min(next, gone)
			}
		}
		at = next
	}
	return at
}
