package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	// lookEvery is how often a run that has places looks whether others wait for one.
	lookEvery = 50 * time.Millisecond
	// tryEvery is how often a run that waits tries to get a place.
	tryEvery = 5 * time.Millisecond
	// stayAway is how long a run that gave places up leaves them to others: two of their tries.
	stayAway = 12 * time.Millisecond
	// giveUp is what part of its busy places a run gives up each time it sees others wait.
	// As each gives up the same part and takes what it can get, they end up with equally many.
	giveUp = 8
)

// places are an account's places in flight: one file each, locked by the run that has it.
// A run keeps its places between requests, so that a run that is alone makes no system
// calls. Who waits holds a shared lock on a file of its own, which those who have places
// try for now and then; then they give up what is idle, and some of what is in use
// as soon as its request has ended. Kernel locks end with their process.
//
// The waiting and looking is done by one timer, whose calls close waits for.
type places struct {
	dir   string
	limit int // 0: as many as anyone likes

	// kernel is held while locks are tried for, so that only one goroutine does; mu comes
	// inside, for moments without system calls.
	kernel sync.Mutex
	mark   *flock.Flock // shared: somebody here waits; exclusive: nobody else does
	looked time.Time    // when the mark was last tried for
	failed time.Time    // when the last try for all places ended without one

	mu      sync.Mutex
	all     []*place // by number; made when first tried for
	idle    []*place // last in, first out
	held    int      // locked by this run: idle or in use
	waiters []*waiter
	owed    int       // places to give up when their requests have ended
	away    time.Time // none is tried for before
	err     error     // the first of the system's
	closed  bool
	timer   *time.Timer    // nil: not set
	rings   time.Time      // when it does
	calls   sync.WaitGroup // of the timer: one for each that is set or under way
}

// place is one of the account's places.
type place struct {
	lock  *flock.Flock
	held  bool
	leave func()
}

// waiter is a goroutine in enter. It is sent one place, or its channel is closed.
type waiter struct{ got chan *place }

func newPlaces(dir string, limit int) *places {
	p := &places{dir: dir, limit: limit, mark: flock.New(filepath.Join(dir, "waiting.lock"))}
	p.all = make([]*place, limit)
	return p
}

func (p *places) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if p.limit <= 0 {
		return func() {}, nil
	}
	got, w, err := p.take()
	if err != nil {
		return nil, err
	}
	if got != nil {
		return got.leave, nil
	}
	p.fill()
	select {
	case got = <-w.got:
		if got == nil {
			return nil, p.failure()
		}
		return got.leave, nil
	case <-ctx.Done():
		p.withdraw(w)
		return nil, context.Cause(ctx)
	}
}

// take gives an idle place, or the caller's turn to wait for one.
func (p *places) take() (*place, *waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil || p.closed {
		return nil, nil, errors.Join(p.err, p.ended())
	}
	if last := len(p.idle) - 1; last >= 0 {
		got := p.idle[last]
		p.idle = p.idle[:last]
		return got, nil, nil
	}
	w := &waiter{make(chan *place, 1)}
	p.waiters = append(p.waiters, w)
	return nil, w, nil
}

// withdraw ends a wait; a place that came meanwhile is given back.
func (p *places) withdraw(w *waiter) {
	p.mu.Lock()
	i := slices.Index(p.waiters, w)
	if i >= 0 {
		p.waiters = slices.Delete(p.waiters, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 {
		if got := <-w.got; got != nil {
			got.leave()
		}
	}
}

// leave ends a request's use of a place.
func (p *places) leave(it *place) {
	p.mu.Lock()
	if p.owed == 0 && !p.closed {
		p.give(it)
		p.mu.Unlock()
		return
	}
	p.owed = max(0, p.owed-1)
	p.away = time.Now().Add(stayAway)
	p.mu.Unlock()
	p.unlock(it)
}

// give hands a place to whoever waits longest, else keeps it. The lock is held.
func (p *places) give(it *place) {
	if len(p.waiters) == 0 {
		p.idle = append(p.idle, it)
		return
	}
	p.waiters[0].got <- it
	p.waiters = slices.Delete(p.waiters, 0, 1)
}

// unlock gives a place up to other runs.
func (p *places) unlock(it *place) {
	err := it.lock.Unlock()
	p.mu.Lock()
	it.held = false
	p.held--
	p.fail(err)
	p.mu.Unlock()
}

// fail ends all waiting because of an error, if it is one. The lock is held.
func (p *places) fail(err error) {
	if err == nil {
		return
	}
	if p.err == nil {
		p.err = err
	}
	p.dismiss()
}

// dismiss ends all waiting. The lock is held.
func (p *places) dismiss() {
	for _, w := range p.waiters {
		close(w.got)
	}
	p.waiters = nil
}

// failure is why a waiter was dismissed.
func (p *places) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.err, p.ended())
}

func (p *places) ended() error {
	if p.closed {
		return errClosed
	}
	return nil
}

// close gives up all idle places and ends the timer. Places in use are given up by leave.
func (p *places) close() error {
	p.mu.Lock()
	p.closed = true
	p.dismiss()
	idle := p.idle
	p.idle = nil
	p.stop()
	p.mu.Unlock()
	p.calls.Wait()
	for _, it := range idle {
		p.unlock(it)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.err, p.mark.Unlock())
}

// candidate is the next place, from a number on, that this run may try for; nil: none is,
// or nobody waits for one. The lock is not held.
func (p *places) candidate(from int) (it *place, number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.waiters) == 0 || time.Now().Before(p.away) {
		return nil, 0
	}
	for i := from; i < len(p.all); i++ {
		if p.all[i] == nil {
			it = &place{lock: flock.New(filepath.Join(p.dir, fmt.Sprintf("place-%04d.lock", i)))}
			it.leave = func() { p.leave(it) }
			p.all[i] = it
		}
		if !p.all[i].held {
			return p.all[i], i
		}
	}
	return nil, 0
}
