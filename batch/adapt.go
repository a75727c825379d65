package batch

import (
	"math"
	"time"
)

// How a lane finds the pace of a provider that answers 429.
const (
	// backTo is the share of the measured limit with which a lane goes on after a 429.
	backTo = 0.92
	// retreat is what it keeps at most if a pace was refused almost at once.
	retreat = 0.7
	// A lane takes at least so long to come back to the limit that it measured, and at least so
	// many times as long as the 429 made it wait: then waiting costs a twentieth at most.
	slowProbe = 12 * time.Second
	perPause  = 20
	// perRefused is how many requests each 429 of a probe must be worth.
	perRefused = 150
	longProbe  = 30 * time.Minute
	// slowestPace is the least that a lane falls to, requests a second.
	slowestPace = 0.1
	// searchFrom is the least with which it begins to search.
	searchFrom = 2
	// longIdle is how long a pace that holds nothing back is kept.
	longIdle = 30 * time.Second
	// A limit counts as measured after so long, and so many requests, without a 429.
	soonAfter, soonRequests = time.Second, 10
	// The search doubles its pace each second, or grows by a fifth.
	fastGrowth, slowGrowth = 1, 0.26
	// A Retry-After of so much tells of a window that is used up; a shorter one is rounded up.
	wholeWindow = 2 * time.Second
)

// adaptive is the pace of a lane whose provider answered 429: the provider has a limit below
// what the lane was allowed, and did not say which.
//
// At first it searches: from what got through until the first 429 it doubles each second
// until the next one, and comes to that place once more in smaller steps. What was accepted
// in the second before that is the limit. From then on it goes like TCP's CUBIC: a little
// below the limit, quickly back to near it, slowly past it, then faster and faster, until
// there is a 429 again. The more a 429 costs, in time and in refused requests, the slower is
// the next approach.
//
// It is a state machine without clock and lock.
type adaptive struct {
	pace    float64 // requests a second
	ceiling float64 // the limit as it was measured last; 0: searching
	growth  float64 // while searching, doublings a second
	quota   bool    // measured over a window that was used up
	hasty   bool    // ceiling was too high, and has been lowered a little

	event   time.Time // of the last 429 that told something of the pace
	resumed time.Time // when the pause after the last 429 ended, or will
	refused int       // 429s of the last event, if it was a probe beyond a measured limit

	accepted int           // answers since event that were no 429
	lost     time.Duration // of the time since event, what passed until a pause was long enough
	before   cycle         // the one that ended with event
	crowd    cycle         // the same, as one with those before it that were too short
	lately   slots         // accepted, by time
	grown    time.Time     // when pace was last looked at
	active   time.Duration // since event, without pauses
	idle     time.Duration // for how long pace has held nothing back
	rtt      time.Duration // smoothed
}

// cycle is what was accepted between two 429s.
type cycle struct {
	accepted int
	sending  time.Duration // without pauses
	said     time.Duration // how long the provider asked to wait at its end
}

// newAdaptive begins at a lane's first 429 behind what was accepted, which is more than nothing.
// Until resumed nothing is sent.
func newAdaptive(now, resumed time.Time, c cycle) *adaptive {
	a := &adaptive{event: now, resumed: resumed, growth: fastGrowth, before: c, crowd: c, grown: now, lately: slots{start: now}}
	if c.sending >= 3*soonAfter {
		a.measured(float64(c.accepted) / c.sending.Seconds())
	} else {
		a.pace = max(searchFrom, backTo*float64(c.accepted)/(c.sending+resumed.Sub(now)).Seconds())
	}
	return a
}

// measured goes on below a limit.
func (a *adaptive) measured(limit float64) {
	a.ceiling = max(slowestPace, limit)
	a.pace = backTo * a.ceiling
	a.active = 0
}

// again takes a 429 to a request that was sent at sentAt, after the last event. Said is what
// the provider asked to wait; nothing is sent until resumed.
func (a *adaptive) again(now, sentAt, resumed time.Time, said time.Duration) {
	if a.accepted == 0 { // the pause was too short: this says nothing of the pace
		a.lost, a.resumed = now.Sub(a.event), resumed
		return
	}
	c := cycle{accepted: a.accepted, sending: max(0, sentAt.Sub(a.resumed)), said: said}
	crowd, ceiling := c, a.ceiling
	if a.soon(c) {
		crowd.accepted += a.crowd.accepted
		crowd.sending += a.crowd.sending + a.resumed.Sub(a.event)
	}
	a.learn(now, c)
	a.refused = 0
	if ceiling > 0 && a.ceiling > backTo*ceiling {
		a.refused = 1
	}
	a.event, a.resumed, a.grown, a.before, a.crowd = now, resumed, now, c, crowd
	a.accepted, a.active, a.idle, a.lost = 0, 0, 0, 0
}

// learn changes the pace at the end of a cycle.
func (a *adaptive) learn(now time.Time, c cycle) {
	// From one 429 to the next a bucket of tokens is as empty as before, and a window as full:
	// so much was let in, neither more nor less.
	pause := min(a.resumed.Sub(a.event.Add(a.lost)), soonAfter)
	between := float64(c.accepted) / (c.sending + a.lost + pause + time.Millisecond).Seconds()
	a.quota = c.likeWindow(a.before)
	switch {
	case a.quota:
		a.measured(c.overWindow(c.said - soonAfter/2))
	case a.soon(c) && a.ceiling > 0 && !a.hasty:
		a.measured(a.ceiling * backTo)
		a.hasty = true
		return
	case a.soon(c):
		a.search()
	case a.ceiling == 0 && a.growth == fastGrowth:
		a.search()
	case a.ceiling == 0:
		a.measured(min(a.pace, a.lately.rate(now, soonAfter)*math.Exp2(slowGrowth/2)))
	default:
		limit := a.pace
		if rate := a.lately.rate(now, min(c.sending, 3*soonAfter)); rate < backTo*limit {
			limit = rate // the pace was not used
		}
		a.measured((3*limit + between) / 4)
	}
	a.hasty = false
}

// soon says that a cycle was too short to measure a limit.
func (a *adaptive) soon(c cycle) bool {
	return c.sending < soonAfter || c.sending.Seconds() < soonRequests/a.pace
}

// search looks for the limit from below the pace on, which was too fast.
func (a *adaptive) search() {
	a.ceiling, a.growth, a.pace = 0, slowGrowth, max(slowestPace, retreat*a.pace)
}

// likeWindow says that what the provider counts is a window, used up twice: as much was
// accepted in both, and the later it was used up, the sooner it ended. A ban is always as long.
func (c cycle) likeWindow(before cycle) bool {
	ratio := float64(c.accepted) / float64(before.accepted)
	whole := (c.sending + c.said) - (before.sending + before.said)
	return min(c.said, before.said) >= wholeWindow && (c.said-before.said).Abs() >= soonAfter &&
		whole.Abs() <= c.said/10+soonAfter && ratio > 0.8 && ratio < 1.25
}

// overWindow is the mean rate if nothing more is accepted for a time.
func (c cycle) overWindow(rest time.Duration) float64 {
	return float64(c.accepted) / (c.sending + rest).Seconds()
}

// took takes an answer that was no 429. Bound says that the pace held requests back since the
// last call, most is what the lane may send at most. It says whether the pace has moved.
func (a *adaptive) took(now, sentAt time.Time, bound func() bool, most float64) bool {
	a.accepted++
	a.lately.add(now)
	a.rtt += (now.Sub(sentAt) - a.rtt) / 8
	if a.accepted == 1 && a.lost > 0 {
		if a.lost >= wholeWindow { // a window that was used up, or a ban: either way so much
			a.quota = true
			a.measured(a.crowd.overWindow(a.lost))
		}
		return true
	}
	from := a.grown
	if a.resumed.After(from) {
		from = a.resumed // a pause is no time without a 429
	}
	step := min(now.Sub(from), max(soonAfter, seconds(2/a.pace)))
	if step < slotLength {
		return false
	}
	a.grown = now
	if held := bound(); !held || a.pace >= most {
		a.idle += step
		return false
	}
	a.idle = 0
	a.active += step
	a.grow(step)
	a.pace = min(a.pace, most)
	return true
}

func (a *adaptive) grow(step time.Duration) {
	if a.ceiling == 0 {
		a.pace *= math.Exp2(a.growth * float64(step) / float64(max(soonAfter, 2*a.rtt)))
		return
	}
	x := a.active.Seconds()/a.probe().Seconds() - 1
	a.pace = a.ceiling * (1 + (1-backTo)*x*x*x)
}

// allowed is how many requests a second may be sent now, and how many in one go.
func (a *adaptive) allowed() (perSecond float64, burst int) {
	if a.lost > 0 && a.accepted == 0 {
		return 1, 2 // one to see, and one more: the first may be of a row that is always refused
	}
	return a.pace, inHand(a.pace)
}

// probe is the time in which the pace comes back to the ceiling.
func (a *adaptive) probe() time.Duration {
	cost := perPause * a.resumed.Sub(a.event)
	if a.quota {
		cost = 0 // what was waited was the rest of a window, and lost nothing
	}
	return min(longProbe, max(slowProbe, cost, seconds(perRefused*float64(max(1, a.refused))/a.ceiling)))
}

// over says that the pace has held nothing back for long: what it was for is gone.
func (a *adaptive) over() bool {
	if a.ceiling == 0 {
		return a.idle >= longIdle
	}
	return a.idle >= max(longIdle, a.probe())
}

func seconds(s float64) time.Duration {
	return time.Duration(min(s, longProbe.Seconds()) * float64(time.Second))
}

// slotLength is the unit in which answers are counted by time.
const slotLength = 100 * time.Millisecond

// slots counts events of the last seconds.
type slots struct {
	start  time.Time
	counts [32]int
	last   int // number of the slot that was last added to, from start
}

func (s *slots) add(now time.Time) {
	n := int(now.Sub(s.start) / slotLength)
	for k := max(s.last+1, n-len(s.counts)+1); k <= n; k++ {
		s.counts[k%len(s.counts)] = 0
	}
	s.last = max(s.last, n)
	s.counts[s.last%len(s.counts)]++
}

// rate is the mean number of events a second in the span before now, at most 3 s.
func (s *slots) rate(now time.Time, span time.Duration) float64 {
	since := now.Sub(s.start)
	n, whole := int(since/slotLength), int(span/slotLength)
	sum := 0
	for k := max(0, n-whole, s.last-len(s.counts)+1); k <= min(n, s.last); k++ {
		sum += s.counts[k%len(s.counts)]
	}
	return float64(sum) / (time.Duration(whole)*slotLength + since%slotLength).Seconds()
}
