package batch

import (
	"math"
	"time"
)

// How a lane finds out how many requests in flight a provider answers without queueing them.
const (
	// A window lasts at least so long, so many answers and so many times their latency: the
	// rates of two can be compared then.
	widthWindow, widthAnswers, widthLatencies = time.Second, 100, 4
	// Who waits in a queue waits about as long as the others: latencies whose variance is a
	// larger multiple of their mean's square come of something else.
	queueScatter = 0.3
	// After a change of the width so many latencies pass before its effect is looked at.
	widthSettles = 2
	// Answers are slow from so many times the usual latency on, if that is so much more; and
	// quick up to half of that much more.
	slowTimes, quickTimes = 3, 2
	slowBy                = 50 * time.Millisecond
	// So few in flight are let be: what they can queue is little, and a trial with less costs much.
	fewest = 3
	// narrower is the share of the width that a trial keeps, wider what it adds.
	narrower, wider = 0.7, 0.4
	// worth is the share of the rate that a trial may cost, and that a wider width must bring.
	worth = 0.1
	// busyShare is the share of the width that is in use if it is what holds requests back.
	busyShare = 0.7
	// A trial that lowered the rate is not made again for a minute, and for so many times as
	// long as it took.
	trialRest, restPerTrial = time.Minute, 20
	// A wider trial costs no more than longer waiting.
	widerRest = 20 * time.Second
	// longestDoubt is how long at most a lane believes that slow answers are not its doing.
	longestDoubt = 16 * time.Minute
)

// adaptiveWidth is how many requests a lane may have in flight at a provider whose answers may
// grow slow because it queues what it is sent: then fewer in flight are answered as many a
// second, and each of them sooner.
//
// It looks at windows of answers. Is the latency a multiple of what it was when little was in
// flight, about the same for all, and the width what held requests back, it tries three tenths less. If the rate stays
// within a tenth of what it was before the first such trial, the requests did wait in a queue:
// the width stays, and a next trial may follow. If it falls further, they did not: the last
// trial is taken back, and the latency is taken for the usual one, for a minute at first, then
// for two, up to 16. While answers are quick the width grows by an eighth each window, and where
// they are neither, a trial the other way shows now and then whether more in flight brings more.
//
// So at a server that is slow for reasons of its own it costs three tenths of the rate for the
// length of a trial, which is at most a twentieth of the time; more only if the server is slow and
// quick by turns, and a trial falls together with a turn.
//
// It is a state machine without clock and lock. The zero value, and a width of 3 or less, do
// nothing.
type adaptiveWidth struct {
	now, most int
	usual     time.Duration // latency without a queue
	least     time.Duration // the lowest that was measured: usual, unless a trial showed that it is more

	start   time.Time // of the window; answers before it are passed over
	answers int
	sum     time.Duration // of their latencies
	squares float64       // of their latencies, in seconds: the sum

	trial trial
	rest  time.Time     // no narrower trial before
	worse time.Time     // no wider trial before
	until time.Time     // then usual is least again
	doubt time.Duration // for how long usual was believed last
}

// trial is a change of the width whose effect is waited for; the zero value: there is none.
type trial struct {
	from  int // the width before
	began time.Time
	rate  float64 // answers a second, before the first of narrower trials in a row
	mean  time.Duration
}

// widthSeen is what a window shows.
type widthSeen struct {
	mean  time.Duration
	rate  float64 // answers a second
	bound bool    // the width held requests back
	alike bool    // the latencies are about the same
}

func newAdaptiveWidth(most int) adaptiveWidth { return adaptiveWidth{now: most, most: most} }

// took takes an answer that came at now, and how long after its request. It says whether a window
// ended: only then may the width be another one.
func (w *adaptiveWidth) took(now time.Time, latency time.Duration) bool {
	if w.most <= fewest {
		return false
	}
	if w.start.IsZero() { // the only one in flight
		w.start, w.usual, w.least = now, latency, latency
		return false
	}
	span := now.Sub(w.start)
	if span < 0 {
		return false
	}
	w.answers++
	w.sum += latency
	w.squares += latency.Seconds() * latency.Seconds()
	if w.answers < widthAnswers || span < widthWindow {
		return false
	}
	mean := w.sum / time.Duration(w.answers)
	if span < widthLatencies*mean {
		return false
	}
	seen := widthSeen{
		mean: mean, rate: float64(w.answers) / span.Seconds(),
		bound: w.sum.Seconds() >= busyShare*float64(w.now)*span.Seconds(),
		alike: w.scatter() <= queueScatter,
	}
	w.start, w.answers, w.sum, w.squares = now, 0, 0, 0
	w.look(now, seen)
	return true
}

// scatter is the variance of the window's latencies, as a multiple of their mean's square.
func (w *adaptiveWidth) scatter() float64 {
	sum := w.sum.Seconds()
	return float64(w.answers)*w.squares/(sum*sum) - 1
}

// look draws the conclusions of a window.
func (w *adaptiveWidth) look(now time.Time, seen widthSeen) {
	w.least, w.usual = min(w.least, seen.mean), min(w.usual, seen.mean)
	if w.usual > w.least && !now.Before(w.until) {
		w.usual = w.least
	}
	before := w.trial
	w.trial = trial{}
	switch {
	case before.from > w.now:
		w.judgeNarrower(now, before, seen)
	case before.from > 0:
		w.judgeWider(now, before, seen)
	default:
		w.watch(now, seen)
	}
}

// watch begins a trial, or lets the width grow.
func (w *adaptiveWidth) watch(now time.Time, seen widthSeen) {
	switch {
	case w.slow(seen) && !now.Before(w.rest):
		w.try(now, w.narrow(), seen, seen.rate)
	case w.now == w.most:
	case w.quick(seen.mean):
		if w.now = min(w.most, w.now+max(1, w.now/8)); w.now == w.most {
			w.rest = now.Add(trialRest) // it was slow for a while only, and may be so again
		}
	case seen.bound && !now.Before(w.worse):
		w.try(now, min(w.most, w.now+max(1, int(wider*float64(w.now)))), seen, seen.rate)
	}
}

// slow says that a narrower width could bring quicker answers.
func (w *adaptiveWidth) slow(seen widthSeen) bool {
	return w.now > fewest && seen.bound && seen.alike && seen.mean > slowTimes*w.usual && seen.mean-w.usual > slowBy
}

func (w *adaptiveWidth) quick(mean time.Duration) bool {
	return mean <= quickTimes*w.usual || mean-w.usual <= slowBy/2
}

// narrow is the width of a trial with less.
func (w *adaptiveWidth) narrow() int {
	return max(fewest, min(w.now-1, int(math.Round(narrower*float64(w.now)))))
}

// try changes the width and lets the change take effect. Rate is what its effect is held against.
func (w *adaptiveWidth) try(now time.Time, width int, seen widthSeen, rate float64) {
	w.trial = trial{from: w.now, began: now, rate: rate, mean: seen.mean}
	w.set(now, width, seen)
}

func (w *adaptiveWidth) set(now time.Time, width int, seen widthSeen) {
	w.now, w.start = width, now.Add(widthSettles*seen.mean)
}

func (w *adaptiveWidth) judgeNarrower(now time.Time, t trial, seen widthSeen) {
	if seen.rate >= (1-worth)*t.rate && seen.alike {
		w.doubt = 0
		if w.now > fewest && seen.bound && !w.quick(seen.mean) {
			w.try(now, w.narrow(), seen, t.rate)
		}
		return
	}
	w.rest = now.Add(max(trialRest, restPerTrial*now.Sub(t.began)))
	if seen.bound { // else something other than the width lowered the rate, and nothing was learnt
		w.believe(now, seen)
	}
	w.set(now, t.from, seen)
}

// judgeWider keeps a wider width that brings more. A latency that is as before has nothing to do
// with the width, and is the usual one.
func (w *adaptiveWidth) judgeWider(now time.Time, t trial, seen widthSeen) {
	if seen.rate < (1+worth)*t.rate {
		w.worse = now.Add(max(widerRest, restPerTrial*now.Sub(t.began)))
		w.set(now, t.from, seen)
		return
	}
	if seen.mean.Seconds() <= (1+worth)*t.mean.Seconds() {
		w.believe(now, seen)
	}
}

// believe takes a latency for the usual one, though a lower one was measured: each time twice
// as long, unless a narrower width did good meanwhile.
func (w *adaptiveWidth) believe(now time.Time, seen widthSeen) {
	w.usual, w.doubt = seen.mean, min(longestDoubt, max(2*w.doubt, trialRest))
	w.until = now.Add(w.doubt)
}

// settled is the width that was found lower than it may be; 0: there is none, or not yet.
func (w *adaptiveWidth) settled() int {
	if w.now == w.most || w.trial.from > 0 {
		return 0
	}
	return w.now
}
