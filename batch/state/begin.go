package state

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"rowpost/batch"
)

// BeginOptions say how to begin. The zero value is fine but for Applied.
type BeginOptions struct {
	// Again sends a finished job once more, and one that conflicts with another.
	Again bool
	// Wait is how long to wait for another run of the job to end.
	Wait time.Duration
	// Result and Errors are the absolute paths of what will be written.
	Result, Errors string
	// Outputs are files to lock until Close, besides the job: see [Store.LockOutput].
	Outputs []string
	// Now is the clock; nil: the system's.
	Now func() time.Time
	// Applied says whether a run's journal, in that folder and of these lengths
	// ([Info.Journal]), shows anything that was or may have been applied; nil: anything that
	// was sent counts.
	Applied func(journalDir string, known map[string]int64) (bool, error)
}

// ConflictError says that the same table was sent by a mapping of another meaning, and
// some of it was or may have been applied; or that the input is the result of runs that
// sent to another account.
type ConflictError struct {
	Run Info
	// Changed are paths of clauses that were added, removed or changed since, then
	// operations and accounts likewise.
	Changed []string
	// Elsewhere, if not empty, is the provider to another account of which the run sent
	// what the input, its result, shows. The mapping may be the same then.
	Elsewhere string
}

func (e *ConflictError) Error() string {
	if e.Elsewhere != "" {
		return fmt.Sprintf("the input shows what run %s sent to another account of %s", e.Run.ID, e.Elsewhere)
	}
	return fmt.Sprintf("the table was sent with another mapping by run %s, and some of it was or may have been applied", e.Run.ID)
}

// Begin takes a job's lock and finds the run that is to go on, or begins one; this start is
// recorded when it returns. If the job was finished, and Again is not asked for, the run is
// returned as it is, with Info.Finished, ContinuedBy or Erased set: nothing was begun then.
// An unfinished run goes on whatever Again says.
//
// The error is a *[LockedError] if another process is at work on the job, on one of Outputs,
// or on a run whose result is the input; a *[ConflictError]; the cause of the context's end
// while waiting; else the system's. The run must be closed.
func (s *Store) Begin(ctx context.Context, job Job, opts BeginOptions) (*Run, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Run{store: s, now: opts.Now}
	b := &beginning{Run: r, job: &job, key: job.Key(), opts: &opts}
	err := r.hold(ctx, b.key, opts.Wait)
	if err == nil {
		err = b.lockOutputs()
	}
	if err == nil {
		err = s.exclusively(b.find)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// beginning is one Begin at work.
type beginning struct {
	*Run
	job  *Job
	key  string
	opts *BeginOptions
	all  []*record
}

func (b *beginning) lockOutputs() error {
	for _, path := range b.opts.Outputs {
		unlock, err := b.store.LockOutput(path)
		if err != nil {
			return err
		}
		b.locks = append(b.locks, unlock)
	}
	return nil
}

// find finds the run, and begins its next start.
func (b *beginning) find() (err error) {
	if b.all, err = b.store.records(); err != nil {
		return err
	}
	way, err := b.decide()
	if err != nil {
		return err
	}
	switch way {
	case goOn:
		b.Resumed = true
		b.later(b.rec.Begun)
		return b.start(b.store.write)
	case haveFinished:
		b.show()
		b.later(b.Info.Last)
		return b.lock.tell(b.rec.ID)
	case haveErased:
		b.later(b.Info.Last)
		return nil
	default:
		return b.fresh()
	}
}

// way is what a beginning comes to.
type way int

const (
	beginAnew    way = iota
	goOn             // with b.rec, which is unfinished
	haveFinished     // b.rec is the job's last run
	haveErased       // b.Info is what is left of it
)

// decide says which run it is, from what is recorded. It changes nothing.
func (b *beginning) decide() (way, error) {
	for _, rec := range b.all {
		if rec.Fault != "" {
			return 0, fmt.Errorf("%w; it may be of this very job, so nothing is sent: give it up with: rowpost runs forget %s --force", faulty(&rec.Info), rec.ID)
		}
	}
	b.rec = latest(b.all, b.key)
	switch {
	case b.rec != nil && !b.rec.settled():
		return goOn, nil
	case b.opts.Again:
		return beginAnew, nil
	case b.rec != nil:
		return haveFinished, nil
	}
	erased, err := b.store.erased(b.key)
	if err != nil {
		return 0, err
	}
	if erased != nil {
		b.Info = *erased
		b.Info.Series, b.Info.Input, b.Info.Mapping = b.job.Series, b.job.Input, b.job.Mapping
		return haveErased, nil
	}
	return beginAnew, b.conflicts()
}

// fresh begins a new run of the job.
func (b *beginning) fresh() error {
	before := b.rec
	now := utc(b.now())
	id, err := b.store.newID(now)
	if err != nil {
		return err
	}
	b.rec = &record{Info: Info{ID: id, Job: b.key, Begun: now, Again: before != nil, Counts: map[batch.Status]int{}}, Generation: 1}
	if before != nil {
		b.rec.Generation = before.Generation + 1
	}
	if b.opts.Again {
		b.rec.Anew = id
	}
	return b.start(b.store.create)
}

// start records that the run has one more start, and what it goes on with.
func (b *beginning) start(write func(*record) error) error {
	rec := b.rec
	parents, err := b.parents()
	if err != nil {
		return err
	}
	before := rec.Input.Path
	rec.Input, rec.Series, rec.Mapping, rec.Targets = b.job.Input, b.job.Series, b.job.Mapping, b.job.targets()
	rec.Origins = b.job.Origins
	rec.Meaning, rec.Accounts = Sums(b.job.Meaning), b.job.accountSums()
	rec.Result, rec.Errors = b.opts.Result, b.opts.Errors
	rec.Starts, rec.Last = rec.Starts+1, utc(b.now())
	rec.Exit, rec.Stop, rec.Until = NoExit, "", time.Time{}
	for _, from := range append(parents, b.writer()) {
		if b.job.Input.Result && from != nil {
			rec.Anew = cmp.Or(rec.Anew, from.Anew)
		}
	}
	for _, parent := range parents {
		if !slices.Contains(rec.Continues, parent.ID) {
			rec.Continues = append(rec.Continues, parent.ID)
		}
	}
	// Once this is written the parents are continued, whatever becomes of what follows.
	if err := write(rec); err != nil {
		return err
	}
	for _, parent := range parents {
		parent.ContinuedBy = rec.ID
		if err := b.store.write(parent); err != nil {
			return err
		}
	}
	if before != rec.Input.Path { // the copy of an earlier start
		if err := b.store.dropInput(before); err != nil {
			return err
		}
	}
	b.show()
	b.unfinished()
	b.replaced()
	return b.lock.tell(rec.ID)
}

func (b *beginning) unfinished() {
	for _, rec := range b.all {
		if rec.Series == b.job.Series && rec.Input.SHA256 != b.job.Input.SHA256 && !rec.settled() {
			b.Unfinished = append(b.Unfinished, rec.Info)
		}
	}
}

// replaced finds what stood at the table's path before.
func (b *beginning) replaced() {
	for _, rec := range b.all {
		same := rec.Series == b.job.Series && rec.Input.Path == b.job.Input.Path && rec.Input.SHA256 != b.job.Input.SHA256
		sent := rec.Counts[batch.Succeeded]+rec.Counts[batch.InDoubt] > 0
		if !same || !sent || b.Resumed || b.job.Input.Result {
			continue
		}
		if b.Replaced == nil || rec.Begun.After(b.Replaced.Begun) {
			info := rec.Info
			b.Replaced = &info
		}
	}
}

// later finds what the series sent since: its data is newer than this table's.
func (b *beginning) later(since time.Time) {
	for _, rec := range b.all {
		if rec.Series == b.job.Series && rec.Job != b.key && rec.Input.SHA256 != b.job.Input.SHA256 && rec.Begun.After(since) {
			b.Later = append(b.Later, rec.Info)
		}
	}
}

// conflicts looks for runs that did something with the table that the job must not do.
func (b *beginning) conflicts() error {
	gone, err := b.store.allErased()
	if err == nil {
		err = b.conflict(gone)
	}
	if err == nil {
		err = b.elsewhere(gone)
	}
	return err
}

// conflict looks for a run that did something else with the same table.
func (b *beginning) conflict(gone []*record) error {
	for _, rec := range b.all {
		if rec.Input.SHA256 != b.job.Input.SHA256 || !b.related(rec) {
			continue
		}
		running, err := b.store.running(rec.Job, rec.ID)
		if err != nil {
			return err
		}
		applied := running // or will be in a moment
		if !applied {
			applied, err = b.applied(rec)
		}
		if err != nil {
			return err
		}
		if applied {
			info := rec.Info
			info.Running = running
			return &ConflictError{Run: info, Changed: b.changed(rec)}
		}
	}
	for _, rec := range gone { // of these nobody can tell any more that nothing was applied
		if rec.Input.SHA256 == b.job.Input.SHA256 && b.related(rec) {
			return &ConflictError{Run: rec.Info, Changed: b.changed(rec)}
		}
	}
	return nil
}

func (b *beginning) applied(rec *record) (bool, error) {
	sent, err := b.store.sent(rec)
	if err != nil || !sent || b.opts.Applied == nil {
		return sent, err
	}
	return b.opts.Applied(b.store.Journal(rec.ID), rec.Journal)
}

// related says whether a run of the same table can have done what the job is about to do:
// one of the same series or with a common operation, at a common account.
func (b *beginning) related(rec *record) bool {
	sums := b.job.accountSums()
	for _, t := range b.job.Targets {
		provider, _, _ := strings.Cut(t, "/")
		common := slices.Contains(rec.Targets, t) || rec.Series == b.job.Series
		if common && rec.Accounts[provider] == sums[provider] {
			return true
		}
	}
	return false
}
