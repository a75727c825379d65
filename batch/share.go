package batch

import (
	"context"
	"math"
	"sync"
	"time"

	"rowpost/providers"
)

// tokenLife is how long a reserved request may stay unused: after that it is given up,
// so that saved ones can never make a burst.
const tokenLife = 5 * time.Millisecond

// share is a lane's part in what all runs of its account have in common. Without a
// Commons it lets everything through.
type share struct {
	commons Commons
	batch   int // requests to reserve at once

	mu    sync.Mutex
	stock int       // reserved requests
	until time.Time // when they are given up
}

func newShare(a Account) *share {
	return &share{commons: a.Commons, batch: reservation(a.Limit.Windows)}
}

// reservation is how many requests to reserve at once: 2 ms worth of an even pace, so
// that a fast lane need not ask for each. What is reserved and not used stays counted, so
// a counted window is asked for each.
func reservation(windows []providers.Window) int {
	n := 512
	for _, w := range windows {
		if w.Per > time.Second {
			return 1
		}
		n = min(n, int(math.Ceil(float64(w.N)/w.Per.Seconds()*0.002)))
	}
	return max(1, n)
}

// place is one of the account's places in flight, while a task has it.
type place struct{ leave func() }

func (p *place) release() {
	if p.leave != nil {
		p.leave()
		p.leave = nil
	}
}

func (s *share) enter(ctx context.Context, p *place) (err error) {
	if s.commons == nil {
		return nil
	}
	p.leave, err = s.commons.Enter(ctx)
	return err
}

// reserve returns when the account's windows let one more request through. It says whether
// it had to ask for that.
func (s *share) reserve(ctx context.Context) (asked bool, err error) {
	if s.commons == nil {
		return false, nil
	}
	s.mu.Lock()
	if s.stock > 0 && time.Now().Before(s.until) {
		s.stock--
		s.mu.Unlock()
		return false, nil
	}
	taken, at, err := s.commons.Reserve(s.batch)
	if err == nil {
		s.stock, s.until = taken-1, at.Add(tokenLife)
	}
	s.mu.Unlock()
	if err != nil {
		return true, err
	}
	if wait := time.Until(at); wait > 0 {
		return true, sleep(ctx, wait, nil)
	}
	return true, nil
}

// park tells the others what the provider asked for.
func (s *share) park(wait time.Duration) error {
	if s.commons == nil {
		return nil
	}
	return s.commons.Park(time.Now().Add(wait))
}

// parked is how much longer the provider asked any run of the account to wait; 0: not at all.
func (s *share) parked() (time.Duration, error) {
	if s.commons == nil {
		return 0, nil
	}
	until, err := s.commons.Parked()
	if err != nil || until.IsZero() {
		return 0, err
	}
	return time.Until(until), nil
}
