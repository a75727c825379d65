package batch

import (
	"fmt"
	"log/slog"
	"math/bits"
	"slices"
	"time"

	"rowpost/providers"
)

// ambiguousInARow is how many requests of an operation that is not safe to repeat may
// end in doubt one after the other before the lane stops making more of them.
const ambiguousInARow = 5

// laneHealth follows what the answers say of a provider. The lane's lock guards it.
type laneHealth struct {
	limiter *Limiter
	opts    Options
	title   string
	log     *slog.Logger // nil: nobody is told
	slowed  bool         // it was told that the pace is lowered
	width   adaptiveWidth
	fewer   bool // it was told that the width is lowered

	// proven says that a sound answer came, and that no breaker opened since: the lane may
	// send more than one request at a time.
	proven bool
	// ailingSince is when the first of the requests was sent whose answers tell nothing but
	// trouble; zero: the last answer was sound.
	ailingSince time.Time
	throttles   int // 429s since the last other answer
	// troubles counts answers of the ailing kind since the last sound one, broken is when
	// the breaker last opened.
	troubles int
	recent   uint32 // the last answers, a bit for each: 1 is trouble; the last one is the lowest
	answers  int    // in recent
	broken   time.Time
	doubts   int // unsafe requests that ended in doubt since the last sound answer
}

// observe takes one attempt into account and gives a reason to stop the lane, if
// there is one now. Pauses of the whole lane begin here. Safe says that the request cannot
// add to the doubts that a person has to settle.
func (h *laneHealth) observe(v verdict, sentAt time.Time, safe bool) *Stop {
	now := time.Now()
	if h.doubtful(v, safe) {
		return &Stop{Kind: Unavailable, Code: "in_doubt", Message: fmt.Sprintf(
			"%s: %d requests in a row ended in doubt, and more of them would too", h.title, h.doubts)}
	}
	switch v.health {
	case sound:
		h.proven, h.ailingSince, h.throttles, h.troubles = true, time.Time{}, 0, 0
		h.remember(0)
		if h.limiter.Accept(sentAt) {
			h.tellPace()
		}
		return nil
	case refusing, neutral:
		return nil // a refusal's verdict has the reason itself
	case throttled:
		h.slow(v.wait, sentAt)
	case ailing:
		h.throttles = 0
		h.breakOff(sentAt)
		if v.wait > 0 {
			h.limiter.Pause(v.wait)
		}
	}
	if h.ailingSince.IsZero() {
		h.ailingSince = sentAt
	}
	if idle := now.Sub(h.ailingSince); idle >= h.opts.GiveUp {
		return &Stop{Kind: Unavailable, Code: "give_up", Message: fmt.Sprintf(
			"%s gave no usable answer for %s (--give-up)", h.title, idle.Round(time.Second))}
	}
	return nil
}

// slow lets the lane wait for as long as a 429 says, and lowers its pace. Said is 0 if the
// provider did not say how long.
func (h *laneHealth) slow(said time.Duration, sentAt time.Time) {
	news := h.limiter.Throttled(sentAt) // one more, not another answer of the same burst
	if news {
		h.throttles++
	}
	wait := said
	if wait == 0 || Planted("retry-after-ignored") {
		wait = max(h.opts.pause(h.throttles), firstPause)
	}
	h.limiter.Pause(wait)
	if news {
		h.limiter.Slow(sentAt, said)
		h.tellPace()
	}
}

// tellPace says once that the pace is lowered, when it is known by how much, and once that it
// is what it was.
func (h *laneHealth) tellPace() {
	found, paced := h.limiter.Found()
	switch {
	case h.log == nil:
	case !h.slowed && found > 0:
		h.slowed = true
		h.log.Info(fmt.Sprintf("pace lowered to about %.3g/s: the provider answered 429", found))
	case h.slowed && !paced:
		h.slowed = false
		h.log.Info("pace no longer lowered: no 429 for long")
	}
}

// measure takes the latency of a sound answer into account, and says once that fewer requests are
// in flight because of it, and once that as many are as may be.
func (h *laneHealth) measure(now time.Time, latency time.Duration) {
	if !h.width.took(now, latency) || h.log == nil {
		return
	}
	switch found := h.width.settled(); {
	case !h.fewer && found > 0:
		h.fewer = true
		h.log.Info(fmt.Sprintf("fewer requests in flight: about %d, as the provider's answers grow slow", found))
	case h.fewer && h.width.now == h.width.most:
		h.fewer = false
		h.log.Info("as many requests in flight as before")
	}
}

// doubtful counts requests that ended in doubt one after the other, and says whether they
// are too many. That the provider could be asked, and its answer did not show whether one
// was applied, makes it no better.
func (h *laneHealth) doubtful(v verdict, safe bool) bool {
	ended := v.step == finish && v.entry.Status == InDoubt
	switch {
	case ended && !safe:
		h.doubts++
		return h.doubts >= ambiguousInARow
	case !ended && v.step == finish && v.health == sound:
		h.doubts = 0
	}
	return false
}

// So many troubles in a row open the breaker, or so many among the last answers.
const (
	breakerAfter  = 10
	breakerWindow = 20
	breakerShare  = 16 // of breakerWindow
)

// remember notes the kind of an answer and says whether too many of the last were trouble.
func (h *laneHealth) remember(trouble uint32) bool {
	h.recent = (h.recent<<1 | trouble) & (1<<breakerWindow - 1)
	h.answers = min(h.answers+1, breakerWindow)
	return h.answers == breakerWindow && bits.OnesCount32(h.recent) >= breakerShare
}

// breakOff is the breaker: after many troubles in a row, or among the last answers, the
// lane sends one request at a time, with growing pauses, until an answer is sound again.
// An outage then costs a few rows their attempts, not all that could be sent meanwhile.
func (h *laneHealth) breakOff(sentAt time.Time) {
	if !sentAt.After(h.broken) {
		return // under way when the breaker opened: it tells nothing new
	}
	h.troubles++
	if !h.remember(1) && h.troubles < breakerAfter {
		return
	}
	h.proven, h.broken = false, time.Now()
	h.recent, h.answers = 0, 0
	h.limiter.Pause(ceiling(max(1, h.troubles-breakerAfter+1)))
}

// probation watches the first requests of an operation: if all of them meet the
// same refusal, it is not the rows' fault but the configuration's.
type probation struct {
	firstRow int // of the first of them
	started  int // requests of the operation that were taken from the source
	over     bool
	refusal  providers.Outcome // the first one's
	entries  []Entry           // of those refused alike
	earlier  []Entry           // what earlier starts left of them, and of one more
	stopped  Entry             // one of those that stopped an earlier start, to be sent again
}

// probationers is how many first requests have to be refused alike.
const probationers = 5

// full says that no more requests of the operation may be sent until the first ones
// are answered.
func (p *probation) full() bool { return !p.over && p.started >= probationers }

// observe takes the answer to one of the first requests and says whether all of them
// were refused alike. Any other answer ends the probation.
func (p *probation) observe(e Entry, o providers.Outcome) (alike bool) {
	if p.over {
		return false
	}
	same := len(p.entries) == 0 || o.Code == p.refusal.Code && o.Message == p.refusal.Message && e.HTTPStatus == p.entries[0].HTTPStatus
	if e.Status != Failed || e.Again || !same {
		p.end()
		return false
	}
	p.refusal = o
	p.entries = append(p.entries, e)
	return len(p.entries) == probationers
}

// tooFar says that a row is so far from the first of the requests that what became of both
// says nothing of the configuration.
func (p *probation) tooFar(row int) bool {
	return max(row-p.firstRow, p.firstRow-row) >= windowRows/2
}

// begin counts one of the first requests. What an earlier start left of rows far behind it,
// chosen by --rows, is let be: the first rows of the table have the word.
func (p *probation) begin(row int) {
	if p.started == 0 || row < p.firstRow && p.tooFar(row) {
		p.firstRow, p.started, p.entries = row, 0, nil
	}
	p.started++
}

// end lets all requests of the operation go.
func (p *probation) end() { p.over, p.entries, p.earlier = true, nil, nil }

// recall takes into account what an earlier start left of a request.
func (p *probation) recall(e Entry) {
	toBeSent := e.Status == Failed && e.Again && e.HTTPStatus/100 == 4
	switch {
	case p.over || e.Attempts == 0:
	case toBeSent && p.stopped.Row == 0:
		p.stopped = e
	case toBeSent && alike(p.stopped, e): // all that stopped a lane are as one
	case len(p.earlier) <= probationers:
		p.earlier = append(p.earlier, e)
	}
}

// alike says that two requests met the same refusal. A person's word is none.
func alike(a, b Entry) bool {
	return a.Status == b.Status && a.Code == b.Code && a.Message == b.Message && a.HTTPStatus == b.HTTPStatus && b.Code != CodeResolved
}

// resume goes on from what was recalled, and says whether all of the first requests were
// refused alike. While the probation lasted no others can have been sent; and what was
// not refused like the rest has ended it, also a refusal at a second try.
func (p *probation) resume() bool {
	if p.over || len(p.earlier) == 0 {
		return false
	}
	first := p.stopped
	if first.Row == 0 {
		first = p.earlier[0]
	}
	different := func(e Entry) bool { return e.Status != Failed || !alike(first, e) }
	sentAgain := func(e Entry) bool { return e.Again }
	repeated := func(e Entry) bool { return e.Attempts > 1 }
	if len(p.earlier) > probationers || slices.ContainsFunc(p.earlier, different) ||
		slices.ContainsFunc(p.earlier, repeated) && !slices.ContainsFunc(p.earlier, sentAgain) && p.stopped.Row == 0 {
		p.end()
		return false
	}
	p.entries = slices.DeleteFunc(p.earlier, sentAgain)
	p.earlier, p.started = nil, len(p.entries)
	if p.started == 0 {
		return false
	}
	if p.firstRow = p.entries[0].Row; p.tooFar(p.entries[p.started-1].Row) {
		p.end()
		return false
	}
	p.refusal = providers.Outcome{Code: first.Code, Message: first.Message}
	return p.started == probationers
}
