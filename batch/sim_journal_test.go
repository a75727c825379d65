package batch

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"
)

// simID is a request of a row.
type simID struct{ row, request int }

// simRecord is one call of a journal.
type simRecord struct {
	begin bool
	at    time.Time
	entry Entry // of a Begin: row and request only
}

// simDisk is what the journals of earlier starts left, by lane, in the order of writing.
type simDisk map[string][]simRecord

// Errors of a journal.
var (
	errSimDead = errors.New("the process is dead")
	errSimDisk = errors.New("no space left on device")
)

// simJournal is the journal of one start. What it was told is lost when the process dies,
// but for what a returned Begin vouched for, what the committer wrote, and a beginning of
// the rest.
type simJournal struct {
	start *simStart
	lanes map[string]*simLaneJournal
}

func (j *simJournal) Lane(provider string, _ int) (LaneJournal, error) {
	w := j.start.world
	w.mu.Lock()
	defer w.mu.Unlock()
	l := j.lanes[provider]
	if l == nil {
		l = &simLaneJournal{
			start: j.start, name: provider, lane: w.laneOf(provider), before: slices.Clip(w.disk[provider]),
			calls: map[simID]int{}, begun: map[simID]int{},
		}
		j.lanes[provider] = l
	}
	return l, nil
}

// simLaneJournal is a lane's part. The world's lock guards it.
type simLaneJournal struct {
	start      *simStart
	name       string
	lane       int
	before     []simRecord
	log        []simRecord
	durable    int // of log, how many records are kept for good
	committing bool
	calls      map[simID]int
	begun      map[simID]int // Begins that have returned
}

// simCommit is how long the committer lets pass after a Finish.
const simCommit = 50 * time.Millisecond

// Begin takes time twice, so that calls of several workers each have their own: before it
// is written, and until it is synced.
func (l *simLaneJournal) Begin(row, request int) error {
	id := simID{row, request}
	s, w := l.start, l.start.world
	w.mu.Lock()
	s.pass(l.lane, id)
	stage, err := l.call(id)
	call := l.calls[id]
	w.mu.Unlock()
	if err != nil {
		return err
	}
	<-time.After(w.plan.span(200*time.Microsecond, drawBegin, s.number, row, request, call))
	at, err := l.append(simRecord{begin: true, entry: Entry{Row: row, Request: request}}, stage == dieWhenWritten)
	if err != nil {
		return err
	}
	<-time.After(w.plan.span(3*time.Millisecond, drawSync, s.number, row, request, call))
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case s.dead:
		return errSimDead
	case s.failed:
		return errSimDisk
	}
	l.durable = max(l.durable, at)
	l.begun[id]++
	w.log(s, l.lane, "begun", id, 0, "")
	if stage == dieWhenSynced {
		s.die()
		return errSimDead
	}
	return nil
}

// Finish takes no time: it may be called under a lock.
func (l *simLaneJournal) Finish(e Entry) error {
	id := simID{e.Row, e.Request}
	w := l.start.world
	w.mu.Lock()
	stage, err := l.call(id)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = l.append(simRecord{entry: e}, stage >= dieWhenWritten)
	return err
}

// simStage is when, in a call of the journal, the process dies.
type simStage uint8

const (
	dieNever simStage = iota
	dieWhenWritten
	dieWhenSynced
)

// call decides what becomes of a call.
func (l *simLaneJournal) call(id simID) (simStage, error) {
	s, p := l.start, l.start.world.plan
	l.calls[id]++
	switch {
	case s.dead:
		return dieNever, errSimDead
	case s.failed:
		return dieNever, errSimDisk
	case p.draw(drawEnd, s.number, l.lane, id.row, id.request, l.calls[id]) >= s.end.odds:
		return dieNever, nil
	}
	switch s.end.kind {
	case simDiskFails:
		s.fail()
		return dieNever, errSimDisk
	case simCrashAtCall:
		switch x := p.draw(drawStage, s.number, id.row, id.request); {
		case x < 0.4:
			return dieWhenWritten, nil
		case x < 0.7:
			return dieWhenSynced, nil
		}
		s.die()
		return dieNever, errSimDead
	case simRunsOut, simFeedEnds, simAborted, simCrash, simCrashAfter, simEndKinds:
	}
	return dieNever, nil
}

// append writes a record, and says how many there are now. The committer syncs it soon.
func (l *simLaneJournal) append(r simRecord, die bool) (int, error) {
	s, w := l.start, l.start.world
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case s.dead:
		return 0, errSimDead
	case s.failed:
		return 0, errSimDisk
	}
	r.at = time.Now()
	l.log = append(l.log, r)
	what := "begin"
	if !r.begin {
		what = "finish " + string(r.entry.Status)
	}
	w.log(s, l.lane, what, simID{r.entry.Row, r.entry.Request}, r.entry.Attempts, r.entry.Code)
	if die {
		s.die()
		return 0, errSimDead
	}
	if !l.committing {
		l.committing = true
		time.AfterFunc(simCommit, l.commit)
	}
	return len(l.log), nil
}

// commit is the committer's sync.
func (l *simLaneJournal) commit() {
	l.start.world.mu.Lock()
	defer l.start.world.mu.Unlock()
	l.committing = false
	if !l.start.over && !l.start.failed {
		l.durable = len(l.log)
	}
}

// leave gives what stays of the lane's part. If the process did not close it well, that
// is what was durable and a beginning of the rest.
func (l *simLaneJournal) leave(well bool) []simRecord {
	kept := len(l.log)
	if !well {
		rest := float64(kept - l.durable + 1)
		kept = l.durable + int(rest*l.start.world.plan.draw(drawKept, l.start.number, l.lane))
	}
	return append(l.before, l.log[:kept]...)
}

func (l *simLaneJournal) Earlier() iter.Seq2[Entry, error] { return l.read(false) }

func (l *simLaneJournal) Entries() iter.Seq2[Entry, error] { return l.read(true) }

func (l *simLaneJournal) read(own bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		records := l.before
		if own {
			records = append(records, l.log...)
		}
		for _, e := range fold(records) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// fold gives the last word on each request: what was begun and not finished is in doubt.
func fold(records []simRecord) []Entry {
	last := map[simID]Entry{}
	for _, r := range records {
		id := simID{r.entry.Row, r.entry.Request}
		e := r.entry
		if r.begin {
			e = Entry{
				Row: id.row, Request: id.request, Status: InDoubt, Code: CodeUnrecorded, Message: UnrecordedMessage,
				Attempts: last[id].Attempts + 1, SentAt: r.at,
			}
		}
		last[id] = e
	}
	return slices.SortedFunc(maps.Values(last), func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Request, b.Request))
	})
}
