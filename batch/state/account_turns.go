package state

import "time"

// The part of places that deals with other runs.

// fill gets places for those who wait here, as far as they can be had, and sets the timer.
func (p *places) fill() {
	p.kernel.Lock()
	defer p.kernel.Unlock()
	err := p.tryAll()
	if err == nil {
		err = p.show()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail(err)
	p.set()
}

// tryAll tries for the places that this run does not have, while somebody here waits.
func (p *places) tryAll() error {
	if time.Since(p.failed) < tryEvery/2 {
		return nil // another goroutine has just seen that there is none
	}
	it, number := p.candidate(0)
	for ; it != nil; it, number = p.candidate(number + 1) {
		ok, err := it.lock.TryLock()
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		p.mu.Lock()
		it.held = true
		p.held++
		p.give(it)
		p.mu.Unlock()
	}
	if p.count() > 0 {
		p.failed = time.Now()
	}
	return nil
}

// count is how many goroutines wait here.
func (p *places) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.waiters)
}

// show lets other runs see whether somebody waits here. A mark that another run is just
// trying for cannot be set; the next call does.
func (p *places) show() error {
	if p.count() == 0 {
		return p.mark.Unlock()
	}
	_, err := p.mark.TryRLock()
	return err
}

// tick is the timer's call.
func (p *places) tick() {
	defer p.calls.Done()
	err := p.look()
	p.mu.Lock()
	p.fail(err)
	p.timer = nil
	p.mu.Unlock()
	p.fill()
}

// look sees from time to time whether other runs wait, and gives places up to them.
func (p *places) look() error {
	p.kernel.Lock()
	defer p.kernel.Unlock()
	now := time.Now()
	if now.Sub(p.looked) < lookEvery {
		return nil
	}
	p.looked = now
	asked, err := p.asked()
	if err != nil {
		return err
	}
	for _, it := range p.yield(asked) {
		p.unlock(it)
	}
	return nil
}

// asked says whether another run waits. Its own mark is taken away for a moment; fill,
// which comes next, puts it back.
func (p *places) asked() (bool, error) {
	if err := p.mark.Unlock(); err != nil {
		return false, err
	}
	alone, err := p.mark.TryLock()
	if err != nil {
		return false, err
	}
	return !alone, p.mark.Unlock()
}

// yield settles how many places are given up: the idle ones, which it returns, and of
// those in use the part that is owed.
func (p *places) yield(asked bool) (now []*place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owed = 0
	if !asked || p.held == 0 {
		return nil
	}
	now, p.idle = p.idle, nil
	if len(now) > 0 {
		p.away = time.Now().Add(stayAway)
	}
	p.owed = max(0, (p.held+giveUp-1)/giveUp-len(now))
	return now
}

// set sets the timer: soon if somebody waits, else for the next look at the others, if
// there is anything to give up. A timer that rings earlier anyhow is left alone, however
// often this is called. The lock is held.
func (p *places) set() {
	wait := tryEvery
	if len(p.waiters) == 0 {
		wait = lookEvery
	}
	rings := time.Now().Add(wait)
	if p.closed || p.err != nil || len(p.waiters)+p.held == 0 {
		return
	}
	if p.timer != nil && (p.rings.Before(rings) || !p.stop()) {
		return
	}
	p.calls.Add(1)
	p.rings = rings
	p.timer = time.AfterFunc(wait, p.tick)
}

// stop takes the timer back; not if its call is under way, which sets it again. The lock
// is held.
func (p *places) stop() bool {
	if p.timer == nil || !p.timer.Stop() {
		return false
	}
	p.timer = nil
	p.calls.Done()
	return true
}
