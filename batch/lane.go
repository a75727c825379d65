package batch

import (
	"container/heap"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

// windowRows is how far, in rows, a lane works ahead of its oldest unfinished row.
// It bounds the lane's memory, and how long one row in trouble can go unnoticed by
// the others.
const windowRows = 4096

// journalWindow is how far an entry can be finished after one of a later row: a row of
// the window, or one of the refusals alike that were its operation's first.
const journalWindow = 2 * windowRows

// rowsInOneGo is how many rows a worker reads before it lets others at the lane's lock.
const rowsInOneGo = 256

// lane sends all that a run has for one provider. It reads the source by a cursor
// of its own, so that no lane waits for another.
//
// Workers share it: each calls next for a task, sends it, and hands it to settle.
// The lane has no goroutine of its own; a worker that needs a row reads it.
type lane struct {
	run      *run
	provider providers.Description
	ops      []*operation // by position of the mapping's requests; nil: another lane's
	sender   *sender
	limiter  *Limiter
	share    *share
	journal  LaneJournal
	progress *LaneProgress
	log      *slog.Logger
	inFlight int

	// taking ends when the lane takes no more tasks; it cuts waits for the limiter short.
	taking     context.Context
	stopTaking context.CancelFunc

	mu      sync.Mutex
	change  sync.Cond // a task may be there to take, or the lane has ended
	stop    *Stop     // why it takes no more; nil while it does
	health  laneHealth
	active  int // tasks in workers' hands
	idle    int // workers that wait for a task
	queue   fifo
	retries waiting
	alarm   *time.Timer // for the first of retries
	keys    map[string]*task
	doubted map[string]int // keys of requests in doubt, and their rows
	// confirmed are keys of rows that earlier starts confirmed behind others.
	confirmed confirmations
	waiting   awaited // what is still to be sent, while the past is asked about it
	open      fifo    // all unfinished tasks in the source's order, and finished ones among them
	held      []*task // wait for the end of their operation's probation

	// The cursor. Whoever holds the lock may read on.
	lines      func() (Line, error, bool)
	closeLines func()
	known      *record // what earlier starts left, in step with lines
	chooser    *chooser
	evaluator  *mapping.Evaluator
	keyring    *keyring
	operations int // of the mapping's requests, how many are the lane's
	cursor     int // the last row read
	exhausted  bool
	requests   int // attempts that may have reached the provider
	repeated   int
	lastAt     time.Time
}

// next gives a task to send, nil when there will be none any more. The caller hands
// it to settle.
func (l *lane) next() (*task, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.stop == nil {
		if l.active < l.width() {
			t, more, err := l.take()
			if err != nil {
				return nil, err
			}
			if t != nil {
				l.active++
				l.change.Signal() // there may be more where this one came from
				return t, nil
			}
			if more { // let others at the lock, then look at everything anew
				l.mu.Unlock()
				l.mu.Lock()
				continue
			}
			if l.exhausted && l.active == 0 && l.open.peek() == nil {
				l.change.Broadcast()
				return nil, nil
			}
		}
		if l.stop != nil {
			break // what was read just now stopped the lane
		}
		l.idle++
		l.change.Wait()
		l.idle--
	}
	return nil, nil
}

// width is how many requests may be under way: one, until an answer shows that address and
// credentials are right, and fewer than it may be if the provider would let them queue.
func (l *lane) width() int {
	if !l.health.proven {
		return 1
	}
	return l.health.width.now
}

// take finds a task: a repetition that is due, else one that is ready, else a new one.
// More says that it found none yet, but read rows and may read on. The lock stays held
// from the first look to the last: whoever waits after it has missed nothing.
func (l *lane) take() (t *task, more bool, err error) {
	if len(l.retries) > 0 {
		if t := l.retries.ready(time.Now()); t != nil {
			l.arm()
			return t, false, nil
		}
	}
	for range rowsInOneGo {
		if t := l.queue.pop(); t != nil {
			return t, false, nil
		}
		if more, err = l.read(); err != nil || !more {
			return nil, false, err
		}
	}
	return nil, true, nil
}

// arm sets the alarm for the first repetition that is to come.
func (l *lane) arm() {
	if len(l.retries) == 0 {
		return
	}
	l.alarm.Reset(max(0, time.Until(l.retries[0].due)))
}

// ring wakes a worker for a repetition that is due.
func (l *lane) ring() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change.Signal()
}

// read takes one row from the source and queues what it makes for this lane. It
// says false when no row may be read now.
func (l *lane) read() (bool, error) {
	if l.exhausted || len(l.held) > 0 || l.stop != nil {
		return false, nil
	}
	if front := l.open.peek(); front != nil && l.cursor-front.row >= windowRows {
		return false, nil
	}
	line, err, ok := l.lines()
	if err != nil {
		return false, fmt.Errorf("reading the table: %w", err)
	}
	chosen := ok && l.chooser.take(&line)
	if !ok || l.chooser.over {
		l.exhausted = true
		l.showProgress()
		return false, nil
	}
	l.cursor = line.Num
	l.endOldProbations()
	if err := l.takeLine(&line, chosen); err != nil {
		return false, err
	}
	l.showProgress()
	return true, nil
}

// takeLine makes tasks of a line, as far as it is not settled.
func (l *lane) takeLine(line *Line, chosen bool) error {
	row, err := l.known.of(line.Num)
	if err != nil {
		return fmt.Errorf("journal of %s: %w", l.provider.Name, err)
	}
	for _, e := range row {
		if !e.Again && !l.ops[e.Request].canLookUp(e) {
			l.tally(e.Status) // as if it had come now
		}
	}
	if !chosen || l.allDone(row) {
		return nil
	}
	for d := range l.drafts(line) {
		if _, settled := l.settled(line, row, d.Request); settled {
			continue
		}
		before, _ := entryOf(row, d.Request)
		if err := l.admit(line, d, before); err != nil {
			return err
		}
	}
	return nil
}

// drafts are what a line makes for the lane. A line of an earlier result is about one
// request of its row, unless it is about the row as a whole.
func (l *lane) drafts(line *Line) iter.Seq[mapping.Draft] {
	return func(yield func(mapping.Draft) bool) {
		if line.Fault != nil {
			return
		}
		for _, d := range l.evaluator.Records(line.Row) {
			if b := line.Before; b != nil && b.Request != "" && b.Request != l.ops[d.Request].id {
				continue
			}
			if !yield(d) {
				return
			}
		}
	}
}

// endOldProbations ends those whose first requests are too few and too far apart to
// say anything. It depends on the table alone, not on how fast answers come.
func (l *lane) endOldProbations() {
	for _, op := range l.ops {
		if op == nil || op.probation.over || op.probation.started == 0 || op.probation.full() {
			continue
		}
		if l.cursor > op.probation.firstRow && op.probation.tooFar(l.cursor) {
			op.probation.end()
		}
	}
}

// admit makes a task of what a row makes for one of the lane's requests.
// Before is what earlier starts know of it; the zero Entry: nothing.
func (l *lane) admit(line *Line, d mapping.Draft, before Entry) error {
	if d.Err != nil {
		l.progress.Invalid.Add(1)
		return nil
	}
	op := l.ops[d.Request]
	t := &task{
		row: line.Num, shown: line.Shown(), request: d.Request, op: op, key: d.Record.Key,
		history: history{safe: op.safe, doubt: before.Status == InDoubt}, sent: before.Attempts,
	}
	call, err := op.build(d.Record)
	if err != nil {
		l.progress.Invalid.Add(1)
		return l.journal.Finish(invalidEntry(t, err))
	}
	t.call = l.withKey(call, op, line.Row)
	lookUp := op.canLookUp(before)
	if e, held := l.heldBack(t); held && !lookUp {
		if e.Code == CodeKeyInDoubt && t.sent > 0 {
			return nil // what an earlier start found out says more
		}
		l.tally(e.Status)
		return l.journal.Finish(e)
	}
	for _, i := range op.secret {
		if v, ok := d.Record.Get(i); ok && v != "" {
			t.secrets = append(t.secrets, v)
		}
	}
	if lookUp {
		if !t.beginLookup(before) {
			l.tally(before.Status)
			return nil // it stays in doubt, and is not sent
		}
		t.lookup.earlier = true
	}
	l.open.push(t)
	if l.blocked(t) {
		return nil
	}
	l.enqueue(t)
	return nil
}

// enqueue makes a task ready to be sent, unless its operation's probation has enough.
func (l *lane) enqueue(t *task) {
	p := t.op.probation
	switch {
	case p.over:
	case p.full():
		l.held = append(l.held, t)
		return
	default:
		p.begin(t.row)
		t.first = true
	}
	l.queue.push(t)
}

// release queues what waited for the end of a probation.
func (l *lane) release() {
	held := l.held
	l.held = nil
	for _, t := range held {
		l.enqueue(t)
	}
	l.change.Broadcast()
}

// halt makes the lane take no more tasks. The first reason stays.
func (l *lane) halt(s *Stop) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.haltLocked(s)
}

func (l *lane) haltLocked(s *Stop) {
	if l.stop != nil || l.exhausted && l.active == 0 && l.open.peek() == nil {
		return // stopped before, or done
	}
	l.stop = s
	l.progress.Stopped.Store(s)
	reason := s.Message
	if s.Kind == Broken {
		reason = "the run cannot go on" // why is told once, at its end
	}
	l.log.Warn("lane stopped", "reason", reason)
	l.stopTaking()
	l.change.Broadcast()
}

// drop gives up the place of a task that was taken and will not be settled.
func (l *lane) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	l.change.Broadcast()
}

// delay sends a task again after d.
func (l *lane) delay(t *task, d time.Duration) {
	t.due = time.Now().Add(d)
	heap.Push(&l.retries, t)
	if l.retries[0] == t {
		l.arm()
	}
}

// finished takes a task out of the lane, lets the next of its key go, and moves the
// window on.
func (l *lane) finished(t *task, e Entry) error {
	t.close()
	if confirmed(e) {
		l.confirmed.came(t.key, t.shown)
	}
	if err := l.passOn(t, e.Status == InDoubt); err != nil {
		return err
	}
	for front := l.open.peek(); front != nil && front.done; front = l.open.peek() {
		l.open.pop()
	}
	l.showProgress()
	return nil
}

// showProgress tells how many rows the lane is done with, from the front.
func (l *lane) showProgress() {
	passed := l.cursor
	if front := l.open.peek(); front != nil {
		passed = front.row - 1
	} else if l.exhausted {
		passed = l.run.job.Source.Total()
	}
	l.progress.Rows.Store(int64(passed))
}

// close frees what only an unfinished task needs.
func (t *task) close() {
	t.done = true
	t.call, t.secrets = providers.Request{}, nil
}
