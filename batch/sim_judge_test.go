package batch

import (
	"math"
	"net/http"
	"slices"
	"time"

	"rowpost/providers"
)

// judgeLedger holds what the servers saw against what may ever be sent. It knows nothing
// of the engine: only the ledger, the plan, and what the journals said when a start began.
func (w *simWorld) judgeLedger() {
	w.judgeUnsafe()
	for _, s := range w.starts {
		for lane := range w.plan.lanes {
			arrivals := w.arrivals(s.number, lane)
			w.judgeInFlight(s, lane, arrivals)
			w.judgeKeys(s, arrivals)
			passes := w.passesOf(s.number, lane)
			w.judgeHolds(s, arrivals, passes)
			w.judgeTokens(s, lane, arrivals, passes)
			w.judgePace(s, lane, passes)
		}
	}
}

// arrivals are the ledger's lines of a lane and start.
func (w *simWorld) arrivals(start, lane int) []*simArrival {
	var out []*simArrival
	for _, a := range w.ledger {
		if a.start == start && a.lane == lane {
			out = append(out, a)
		}
	}
	return out
}

func (w *simWorld) passesOf(start, lane int) []simPass {
	var out []simPass
	for _, p := range w.passes {
		if p.start == start && p.lane == lane {
			out = append(out, p)
		}
	}
	return out
}

// notApplied says that an answer proves that the request changed nothing.
func (a *simArrival) notApplied() bool {
	switch a.status {
	case http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return a.delivered
	}
	return false
}

// judgeUnsafe sees that what is not safe to repeat is sent again only after an answer that
// proves that it was not applied.
func (w *simWorld) judgeUnsafe() {
	for id, n := range w.applied {
		if n > 1 && w.plan.requests[id.request].kind != simSafe {
			w.fault("row %d request %d is not safe to repeat and was applied %d times", id.row, id.request, n)
		}
	}
	last := map[simID]*simArrival{}
	for _, a := range w.ledger {
		if a.lookup || w.plan.requests[a.id.request].kind == simSafe {
			continue
		}
		if before := last[a.id]; before != nil && !before.notApplied() {
			w.fault("start %d, %s: row %d request %d is sent again after one in start %d that may have been applied (%s)",
				a.start, a.at, a.id.row, a.id.request, before.start, before.fate.named())
		}
		last[a.id] = a
	}
}

// judgeCrash sees that the death of the last process left no more in doubt than it had in
// flight, and nothing whose answer it had had the time to write down.
func (w *simWorld) judgeCrash() {
	if len(w.starts) == 0 || !w.starts[len(w.starts)-1].dead {
		return
	}
	s := w.starts[len(w.starts)-1]
	for _, l := range w.plan.lanes {
		n := 0
		for _, e := range fold(w.disk[l.name]) {
			if e.Message != UnrecordedMessage || e.SentAt.Before(w.began.Add(s.began)) {
				continue
			}
			a := w.lastOf(s, simID{e.Row, e.Request})
			switch {
			case a == nil, e.SentAt.After(w.began.Add(a.ended)), a.ended >= s.diedAt:
				n++ // it was under way, or about to be
			case !a.notApplied() && (!a.delivered || a.fate != fateOK): // in doubt with or without the crash
			case a.ended+2*simCommit < s.diedAt:
				w.fault("start %d: row %d request %d is in doubt, and its answer came at %s, long before the process died", s.number, e.Row, e.Request, a.ended)
			default:
				n++
			}
		}
		if n > l.inFlight {
			w.fault("start %d: its death left %d requests of %s in doubt, and %d could be in flight", s.number, n, l.name, l.inFlight)
		}
	}
}

// lastOf is the last time that a start sent a request; nil: it did not.
func (w *simWorld) lastOf(s *simStart, id simID) *simArrival {
	for _, a := range slices.Backward(w.ledger) {
		if a.start == s.number && a.id == id && !a.lookup {
			return a
		}
	}
	return nil
}

func (w *simWorld) judgeInFlight(s *simStart, lane int, arrivals []*simArrival) {
	for i, a := range arrivals {
		n := 1
		for _, b := range arrivals[:i] {
			if b.ended == 0 || b.ended > a.at {
				n++
			}
		}
		if most := w.plan.lanes[lane].inFlight; n > most {
			w.fault("start %d, %s: %d requests of %s are in flight, %d may be", s.number, a.at, n, w.plan.lanes[lane].name, most)
		}
	}
}

// judgeKeys sees that requests of one object go one after the other and in the order of
// the table; none goes behind one that was confirmed, or that is in doubt.
func (w *simWorld) judgeKeys(s *simStart, arrivals []*simArrival) {
	last := map[simKey]*simArrival{}
	for _, a := range arrivals {
		key := w.key(a.id)
		if b := last[key]; b != nil {
			if b.ended == 0 || b.ended > a.at {
				w.fault("start %d, %s: rows %d and %d have one key and are in flight at once", s.number, a.at, b.id.row, a.id.row)
			}
			if b.id.row > a.id.row || b.id.row == a.id.row && b.id.request > a.id.request {
				w.fault("start %d, %s: row %d is sent after row %d of the same key", s.number, a.at, a.id.row, b.id.row)
			}
		}
		last[key] = a
		if a.lookup {
			continue
		}
		if row := s.confirmed[key]; row > a.id.row {
			w.fault("start %d, %s: row %d is sent, and row %d of the same key was confirmed before", s.number, a.at, a.id.row, row)
		}
		if id, ok := s.doubted[key]; ok && !settled(arrivals, id, a.at) {
			w.fault("start %d, %s: row %d is sent, and row %d of its key is in doubt", s.number, a.at, a.id.row, id.row)
		}
	}
}

// settled says that a doubt was looked up before a moment, and that the answer showed that
// it had been applied.
func settled(arrivals []*simArrival, id simID, at time.Duration) bool {
	return slices.ContainsFunc(arrivals, func(a *simArrival) bool {
		return a.lookup && a.id == id && a.delivered && a.status == http.StatusOK && a.ended <= at
	})
}

// judgeHolds sees that a lane sends nothing while it was asked to wait, once it was told
// to end, or once its journal had failed.
func (w *simWorld) judgeHolds(s *simStart, arrivals []*simArrival, passes []simPass) {
	between := func(from, to time.Duration, why string) {
		for _, p := range passes {
			if p.at > from && p.at < to {
				w.fault("start %d, %s: row %d request %d is let go %s at %s", s.number, p.at, p.id.row, p.id.request, why, from)
			}
		}
	}
	if s.failed {
		between(s.failedAt, math.MaxInt64, "after the journal failed")
	}
	if s.halted > 0 {
		between(s.halted, math.MaxInt64, "after the interrupt")
	}
	for _, a := range arrivals {
		switch {
		case !a.delivered || a.wait == 0:
		case a.wait > s.options.MaxWait:
			between(a.ended, math.MaxInt64, "after a wait longer than allowed was asked for")
		default:
			between(a.ended, a.ended+a.wait, "in spite of a Retry-After of "+a.wait.String())
		}
	}
}

// judgeTokens sees that a refusal of the credentials ends a lane, unless a token that had
// been good can be renewed.
func (w *simWorld) judgeTokens(s *simStart, lane int, arrivals []*simArrival, passes []simPass) {
	oauth := w.plan.lanes[lane].scheme == providers.OAuth2
	refused := map[string]int{}
	for _, a := range arrivals {
		if a.fate != fateUnauthorized || !a.delivered {
			continue
		}
		refused[a.token]++
		if oauth && accepted(arrivals, a) {
			continue
		}
		for _, p := range passes {
			if p.at > a.ended {
				w.fault("start %d, %s: row %d is let go after a 401 at %s", s.number, p.at, p.id.row, a.ended)
			}
		}
	}
	for token, n := range refused {
		if n > w.plan.lanes[lane].inFlight+1 {
			w.fault("start %d: %d requests of %s met a 401 with one proof (%s)", s.number, n, w.plan.lanes[lane].name, token)
		}
	}
}

// accepted says that a token had been good for another request before this one's answer.
// What a lookup is told is never the row's fault.
func accepted(arrivals []*simArrival, a *simArrival) bool {
	return slices.ContainsFunc(arrivals, func(b *simArrival) bool {
		good := b.fate == fateOK || b.fate == fateRefused || b.lookup && (b.fate == fateTruncated || b.fate == fateError)
		return good && b.token == a.token && b.delivered && b.ended <= a.ended
	})
}

// judgePace holds the moments at which a lane let requests go against its windows.
func (w *simWorld) judgePace(s *simStart, lane int, passes []simPass) {
	for _, window := range w.plan.lanes[lane].windows {
		if window.Per > time.Second {
			for i := window.N; i < len(passes); i++ {
				if span := passes[i].at - passes[i-window.N].at; span < window.Per {
					w.fault("start %d, %s: %d requests of %s in %s, allowed are %s", s.number, passes[i].at, window.N+1, w.plan.lanes[lane].name, span, window)
				}
			}
			continue
		}
		rate := float64(window.N) / window.Per.Seconds()
		burst, level := max(1, math.Ceil(rate*0.005)), 0.0
		for i, p := range passes {
			if i > 0 {
				level = max(0, level-rate*(p.at-passes[i-1].at).Seconds())
			}
			if level++; level > burst+1e-4 {
				w.fault("start %d, %s: %s is %g requests ahead of %s", s.number, p.at, w.plan.lanes[lane].name, level-burst, window)
			}
		}
	}
}
