package state

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"rowpost/batch"
)

// Run is a run that this process has the lock of.
type Run struct {
	Info Info
	// Journal is its folder; empty if Info.Erased.
	Journal string
	// Resumed says that earlier starts left it unfinished.
	Resumed bool
	// Unfinished are other runs of the series, of other tables, that can go on.
	Unfinished []Info
	// Replaced is the newest run of the series that had another table at the same path, and
	// of which some may have been applied; nil: there is none, or this run is no new one.
	Replaced *Info
	// Later are runs of the series, of other jobs, that were begun after this one, which is
	// finished: their data is newer.
	Later []Info

	store *Store
	rec   *record
	now   func() time.Time
	locks []func() error
	lock  *held // that of the job
}

// Ending is how a start ended.
type Ending struct {
	Exit     int
	Finished bool
	Counts   map[batch.Status]int
	Stop     string
	Until    time.Time
	// Journal is as [Info.Journal], of all files: it takes the place of what was known. Nil
	// leaves that as it is.
	Journal map[string]int64
}

// End keeps how this start ended. A start that never says so was killed: its run is unfinished.
func (r *Run) End(e Ending) error {
	r.rec.Exit, r.rec.Finished, r.rec.Counts = e.Exit, e.Finished, maps.Clone(e.Counts)
	r.rec.Stop, r.rec.Until = e.Stop, utc(e.Until)
	r.rec.Last = utc(r.now())
	return r.Wrote(e.Journal)
}

// Wrote keeps how long the files of the run's journal are now, as [Ending.Journal].
func (r *Run) Wrote(journal map[string]int64) error {
	if journal != nil {
		r.rec.Journal = maps.Clone(journal)
	}
	return r.keep()
}

// Reopen marks the run unfinished, so that the same command goes on with it: before
// something is changed in its journal, or a kill in between would leave that unseen.
func (r *Run) Reopen() error {
	r.rec.Finished = false
	return r.keep()
}

func (r *Run) keep() error {
	if r.lock == nil {
		return errors.New("the run is not held any more")
	}
	r.show()
	return r.store.exclusively(func() error { return r.store.write(r.rec) })
}

// show sets what callers see of the run.
func (r *Run) show() {
	r.Info, r.Journal = r.rec.Info, r.store.Journal(r.rec.ID)
	r.Info.Running, r.Info.Counts, r.Info.Journal = true, maps.Clone(r.rec.Counts), maps.Clone(r.rec.Journal)
}

// Close gives the locks back. It may be called more than once.
func (r *Run) Close() error {
	var errs []error
	for i := len(r.locks) - 1; i >= 0; i-- {
		errs = append(errs, r.locks[i]())
	}
	r.locks, r.lock = nil, nil
	return errors.Join(errs...)
}

// hold takes the job's lock.
func (r *Run) hold(ctx context.Context, job string, wait time.Duration) (err error) {
	if r.lock, err = r.store.lock(ctx, job, wait, utc(r.now())); err == nil {
		r.locks = append(r.locks, r.lock.unlock)
	}
	return err
}

func utc(t time.Time) time.Time { return t.UTC().Round(0) }

// Take takes the lock of a known run, to change what it holds without sending anything.
// The id is as in [Store.Get]. It is refused if the run's job has gone on in another run: the
// error says in which. The error is a *[LockedError] if the job is at work.
func (s *Store) Take(ctx context.Context, id string, wait time.Duration) (*Run, error) {
	info, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	r := &Run{store: s, now: time.Now}
	if err := r.hold(ctx, info.Job, wait); err != nil {
		return nil, err
	}
	if err := s.exclusively(func() error { return r.take(info.ID) }); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Run) take(id string) error {
	all, err := r.store.records()
	if err != nil {
		return err
	}
	for _, rec := range all {
		if rec.ID == id {
			r.rec = rec
		}
	}
	switch {
	case r.rec == nil:
		return &UnknownRunError{Asked: id}
	case r.rec.Fault != "":
		return faulty(&r.rec.Info)
	case r.rec.ContinuedBy != "":
		return fmt.Errorf("what run %s left went on in run %s, which had its result as input: change that one", id, r.rec.ContinuedBy)
	}
	if last := latest(all, r.rec.Job); last != r.rec {
		return fmt.Errorf("the job of run %s was sent once more in run %s: change that one", id, last.ID)
	}
	r.show()
	return r.lock.tell(id)
}

// faulty is the error for who needs a run whose record cannot be read.
func faulty(i *Info) error { return fmt.Errorf("run %s: %s", i.ID, i.Fault) }
