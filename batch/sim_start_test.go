package batch

import (
	"context"
	"io"
	"reflect"
	"slices"
	"testing"
	"time"

	"rowpost/providers"
)

// simStart is one process: a call of Run over the journals that the ones before it left.
type simStart struct {
	world    *simWorld
	number   int
	end      simEnd
	options  Options
	began    time.Duration
	journal  *simJournal
	abort    chan struct{}
	episodes [][]simEpisode // by lane
	// confirmed and doubted are what the journals said when it began.
	confirmed map[simKey]int // the last confirmed row
	doubted   map[simKey]simID

	// The world's lock guards what follows.
	conns    []*simConn
	writes   map[simID]int // requests that were about to leave
	aborted  bool
	dead     bool
	over     bool
	diedAt   time.Duration
	failed   bool
	failedAt time.Duration
	halted   time.Duration // when it was told to take no more

	job     Job
	sum     Summary
	err     error
	results []Result
}

// simKey is the object that requests change, as a lane sees it.
type simKey struct {
	lane int
	id   string
}

func (w *simWorld) key(id simID) simKey {
	return simKey{w.plan.requests[id.request].lane, w.plan.rows[id.row-1].id}
}

// newStart begins a process.
func (w *simWorld) newStart(number int, end simEnd, o Options) *simStart {
	s := &simStart{
		world: w, number: number, end: end, options: o, began: w.now(), abort: make(chan struct{}),
		confirmed: map[simKey]int{}, doubted: map[simKey]simID{}, writes: map[simID]int{},
	}
	s.options.jitter = func(most time.Duration) time.Duration { return w.plan.span(most, drawPause, int(w.now())) }
	s.journal = &simJournal{start: s, lanes: map[string]*simLaneJournal{}}
	for i := range w.plan.lanes {
		s.episodes = append(s.episodes, w.plan.episodes(number, i))
	}
	for _, records := range w.disk {
		for _, e := range fold(records) {
			s.recall(e)
		}
	}
	w.judgeCrash()
	w.starts = append(w.starts, s)
	return s
}

// recall takes in what is known of a request before the start.
func (s *simStart) recall(e Entry) {
	id := simID{e.Row, e.Request}
	key := s.world.key(id)
	switch {
	case e.Status == Succeeded:
		s.confirmed[key] = max(s.confirmed[key], e.Row)
	case e.Status == InDoubt && !e.Again:
		s.doubted[key] = id
	}
	if e.Code == CodeUnrecorded {
		s.world.hit("unrecorded")
	}
}

// run is the life of the process.
func (s *simStart) run(t *testing.T) {
	w := s.world
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	for _, timer := range s.arm(cancel) {
		defer timer.Stop()
	}
	s.job = w.job(s)
	s.sum, s.err = Run(ctx, s.job)
	w.mu.Lock()
	if s.end.kind == simCrashAfter {
		s.die()
	}
	if !s.dead {
		s.close(!s.failed)
	}
	dead := s.dead
	w.mu.Unlock()
	if dead || s.failed {
		return
	}
	s.results = s.read(t)
	if w.plan.draw(drawRead, s.number) > 0.2 {
		return
	}
	if again := s.read(t); !reflect.DeepEqual(again, s.results) {
		w.fault("start %d: two readings of the results differ", s.number)
	}
}

// arm sets the timers that end the process from outside.
func (s *simStart) arm(cancel context.CancelCauseFunc) []*time.Timer {
	end := func() {
		s.world.mu.Lock()
		defer s.world.mu.Unlock()
		s.world.log(s, -1, "interrupt", simID{}, 0, "")
		s.world.hit("interrupted")
		s.halted = s.world.now()
		cancel(&Stop{Kind: Interrupted, Code: codeInterrupted, Message: "interrupted", Signal: 2})
	}
	locked := func(f func()) func() {
		return func() {
			s.world.mu.Lock()
			defer s.world.mu.Unlock()
			f()
		}
	}
	switch s.end.kind {
	case simFeedEnds:
		return []*time.Timer{time.AfterFunc(s.end.after, end)}
	case simAborted:
		return []*time.Timer{time.AfterFunc(s.end.after, end), time.AfterFunc(s.end.after+s.end.more, locked(func() {
			s.world.hit("aborted")
			s.drop()
		}))}
	case simCrash:
		return []*time.Timer{time.AfterFunc(s.end.after, locked(s.die))}
	case simRunsOut, simCrashAtCall, simDiskFails, simCrashAfter, simEndKinds:
	}
	return nil
}

// drop closes the job's Abort. The lock is held.
func (s *simStart) drop() {
	if !s.aborted {
		s.aborted = true
		s.world.log(s, -1, "abort", simID{}, 0, "")
		close(s.abort)
	}
}

// die is the end of the process in the middle of whatever it does: nothing that it does
// from now on has an effect, and Run only has to return. The lock is held.
func (s *simStart) die() {
	if s.dead || s.over {
		return
	}
	s.dead, s.diedAt = true, s.world.now()
	s.world.hit("crash")
	s.world.log(s, -1, "crash", simID{}, 0, "")
	for _, c := range s.conns {
		c.cut(io.ErrUnexpectedEOF)
	}
	s.close(false)
	s.drop()
}

// fail is a disk that takes nothing any more. The lock is held.
func (s *simStart) fail() {
	s.failed, s.failedAt = true, s.world.now()
	s.world.hit("disk error")
	s.world.log(s, -1, "disk error", simID{}, 0, "")
}

// close leaves the journals to the next start. The lock is held.
func (s *simStart) close(well bool) {
	s.over = true
	for name, l := range s.journal.lanes {
		s.world.disk[name] = l.leave(well)
	}
}

// pass notes that a lane let a request go. The lock is held.
func (s *simStart) pass(lane int, id simID) {
	if !s.dead {
		s.world.passes = append(s.world.passes, simPass{s.number, lane, id, s.world.now()})
	}
}

// read gives the lines of the result.
func (s *simStart) read(t *testing.T) []Result {
	out := make([]Result, 0, 2*len(s.world.plan.rows))
	for r, err := range Results(s.job, s.sum) {
		if err != nil {
			t.Fatal(err)
		}
		r.Row.Cells = slices.Clone(r.Row.Cells)
		out = append(out, r)
	}
	return out
}

// job is what a start hands to Run.
func (w *simWorld) job(s *simStart) Job {
	job := Job{
		Source: simTable{w.plan.rows}, Binding: w.bound, Requests: w.targets, Accounts: map[string]Account{},
		Journal: s.journal, Options: s.options, Abort: s.abort,
	}
	for i, l := range w.plan.lanes {
		values := map[string]providers.Secret{}
		for _, v := range (fakeProvider{name: l.name, scheme: l.scheme}).Describe().Variables {
			values[v.Name] = providers.NewSecret("user-" + v.Name)
		}
		job.Accounts[l.name] = Account{
			BaseURL: "http://127.0.0.1", dial: s.dialer(i), Values: values,
			Limit: providers.Limit{Windows: l.windows, InFlight: l.inFlight},
		}
	}
	return job
}
