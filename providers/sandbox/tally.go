package sandbox

import (
	"maps"
	"sync"
	"time"
)

// tally counts what a provider meets, and holds what tests want of it.
type tally struct {
	mu       sync.Mutex
	stats    Stats
	inFlight int
	latest   time.Time // arrival of a call that the limiter was asked about
	nth      int
	attempts map[uint64]int // by content; only with faults or a hook
	scripts  []script
	hook     func(Call) Answer
}

// Stats counts what a provider met since the start. The counts are complete whatever
// [Options.Keep] is.
type Stats struct {
	Received    int         `json:"received"`      // requests, tokens included
	Calls       int         `json:"calls"`         // of these, ones that were read and did not ask for a token
	Answers     map[int]int `json:"answers"`       // by status; 0: the connection broke instead
	Applied     int         `json:"applied"`       // changes made
	Duplicates  int         `json:"duplicates"`    // of these, ones that had been made before with the same content, as far as Keep reaches
	Tokens      int         `json:"tokens"`        // tokens given
	MaxInFlight int         `json:"max_in_flight"` // requests under way at once
	Dropped     int         `json:"dropped"`       // objects whose values were not kept
}

// Stats gives the counts of a provider; zeros for an unknown one.
func (s *Sandbox) Stats(provider string) Stats {
	sim := s.sim(provider)
	if sim == nil {
		return Stats{}
	}
	sim.mu.Lock()
	dropped := sim.store.dropped
	sim.mu.Unlock()
	t := &sim.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	stats := t.stats
	stats.Dropped = dropped
	stats.Answers = maps.Clone(t.stats.Answers)
	return stats
}

func (t *tally) arrive() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Received++
	t.inFlight++
	t.stats.MaxInFlight = max(t.stats.MaxInFlight, t.inFlight)
}

func (t *tally) called() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Calls++
}

func (t *tally) leave(status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inFlight--
	if t.stats.Answers == nil {
		t.stats.Answers = map[int]int{}
	}
	t.stats.Answers[status]++
}

// admit asks the limiter. A call that was held up on its way here comes now, not when
// it arrived: the limiter's time goes on only.
func (t *tally) admit(l limiter, arrived time.Time) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if arrived.After(t.latest) {
		t.latest = arrived
	}
	return l.admit(t.latest, t.inFlight)
}

func (t *tally) applied(repeat int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Applied++
	if repeat > 0 {
		t.stats.Duplicates++
	}
}

func (t *tally) gaveToken() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Tokens++
}

// attempt counts a call's content, if there is need to, and gives its count.
func (t *tally) attempt(content uint64, need bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !need && t.hook == nil {
		return 0
	}
	if t.attempts == nil {
		t.attempts = map[uint64]int{}
	}
	t.attempts[content]++
	return t.attempts[content]
}
