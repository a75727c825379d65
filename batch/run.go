package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rowpost/providers"
)

// run is one call of Run.
type run struct {
	job     Job
	log     *slog.Logger
	lanes   []*lane
	started time.Time
	// reimport says that the source is an earlier result.
	reimport bool

	mu       sync.Mutex
	stop     *Stop
	finished int // lines with an answer, or in doubt
	bad      int // of these, failed or in doubt
}

// Run sends what the job says and returns when all that it started has ended.
//
// When ctx ends it takes no more rows and lets what is in flight finish for
// Options.Grace; the cause of its end, if it is a *Stop, is told as the reason. A
// request that failed is a line of [Results], not an error: an error means that the
// run could not go on (the journal or the source failed), and the summary that comes
// with it is still true of what was sent.
func Run(ctx context.Context, job Job) (Summary, error) {
	r := &run{job: job, log: job.Log, started: time.Now()}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	_, r.reimport = job.Source.(Reimport)
	hard, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	if err := r.openLanes(hard); err != nil {
		return Summary{}, err
	}
	ended := make(chan struct{})
	if ctx.Err() != nil {
		r.halt(feedStop(ctx))
	}
	var watch, send errgroup.Group
	watch.Go(func() error {
		r.watch(ctx, cancel, ended)
		return nil
	})
	for _, l := range r.lanes {
		send.Go(func() error { return l.send(hard) })
	}
	err := send.Wait()
	close(ended)
	err = errors.Join(err, watch.Wait())
	return r.summary(), err
}

// watch ends the lanes when the feed does, and drops what is in flight when the
// grace time is over or the user will not wait for it.
func (r *run) watch(feed context.Context, drop context.CancelCauseFunc, ended <-chan struct{}) {
	fed := feed.Done()
	var grace <-chan time.Time
	for {
		select {
		case <-ended:
			return
		case <-fed:
			fed = nil
			r.halt(feedStop(feed))
			timer := time.NewTimer(r.job.Options.Grace)
			defer timer.Stop()
			grace = timer.C
		case <-grace:
			drop(fmt.Errorf("the grace time for requests in flight is over: %w", context.Canceled))
			<-ended
			return
		case <-r.job.Abort:
			r.halt(interrupted())
			drop(fmt.Errorf("interrupted a second time: %w", context.Canceled))
			<-ended
			return
		}
	}
}

// feedStop is the reason why a context ended.
func feedStop(ctx context.Context) *Stop {
	if s, ok := errors.AsType[*Stop](context.Cause(ctx)); ok {
		return s
	}
	return interrupted()
}

func interrupted() *Stop {
	return &Stop{Kind: Interrupted, Code: codeInterrupted, Message: "interrupted"}
}

// halt ends the run early. The first reason stays.
func (r *run) halt(s *Stop) {
	r.mu.Lock()
	if r.stop == nil {
		r.stop = s
	}
	r.mu.Unlock()
	for _, l := range r.lanes {
		l.halt(s)
	}
}

// count takes a finished line into account for --max-errors.
func (r *run) count(s Status) {
	limit := r.job.Options.MaxErrors
	if !limit.Set || s == NotSent {
		return
	}
	r.mu.Lock()
	r.finished++
	if s != Succeeded {
		r.bad++
	}
	over := limit.exceeded(r.bad, r.finished)
	bad, finished := r.bad, r.finished
	r.mu.Unlock()
	if over {
		r.halt(&Stop{Kind: Refused, Code: CodeMaxErrors, Message: fmt.Sprintf(
			"%d of %d lines failed or are in doubt, more than --max-errors allows", bad, finished)})
	}
}

// percentAfter is how many lines must be finished before a share of them is judged.
const percentAfter = 200

func (m MaxErrors) exceeded(bad, finished int) bool {
	if m.Percent > 0 {
		return finished >= percentAfter && float64(bad)*100 > m.Percent*float64(finished)
	}
	return bad > m.Lines
}

// openLanes makes a lane for each provider that the mapping names.
func (r *run) openLanes(hard context.Context) error {
	progress := r.job.Progress
	if progress == nil {
		progress = NewProgress()
	}
	byName := map[string]*lane{}
	for i, target := range r.job.Requests {
		name := target.Provider.Describe().Name
		l := byName[name]
		if l == nil {
			var err error
			if l, err = r.openLane(hard, target.Provider.Describe()); err != nil {
				return err
			}
			byName[name] = l
			r.lanes = append(r.lanes, l)
			progress.Lanes = append(progress.Lanes, l.progress)
		}
		l.addOperation(i, target.Operation)
	}
	for i, b := range r.job.Binding.Requests() {
		byName[r.job.Requests[i].Provider.Describe().Name].ops[i].id = b.ID
	}
	for _, l := range r.lanes {
		l.evaluator = r.job.Binding.Evaluator(l.positions()...)
	}
	close(progress.Ready)
	return nil
}

func (r *run) openLane(hard context.Context, d providers.Description) (*lane, error) {
	account, ok := r.job.Accounts[d.Name]
	if !ok {
		return nil, fmt.Errorf("%s: no account", d.Name)
	}
	s, err := newSender(d, account, r.job.Options)
	if err != nil {
		return nil, err
	}
	journal, err := r.job.Journal.Lane(d.Name, journalWindow)
	if err != nil {
		return nil, fmt.Errorf("journal of %s: %w", d.Name, err)
	}
	l := &lane{
		run: r, provider: d, ops: make([]*operation, len(r.job.Requests)),
		sender: s, limiter: NewLimiter(account.Limit.Windows), journal: journal,
		progress: &LaneProgress{Provider: d.Name}, log: r.log.With("provider", d.Name),
		inFlight: max(1, account.Limit.InFlight),
		keys:     map[string]*task{}, doubted: map[string]int{},
		chooser: &chooser{options: r.job.Options}, keyring: newKeyring(&r.job, d, account),
	}
	if Planted("one-too-many-in-flight") {
		l.inFlight++
	}
	l.share = newShare(account)
	l.taking, l.stopTaking = context.WithCancel(hard)
	l.change.L = &l.mu
	l.health = laneHealth{limiter: l.limiter, opts: r.job.Options, title: d.Title, log: l.log, width: newAdaptiveWidth(l.inFlight)}
	return l, nil
}

// addOperation gives the lane one of the mapping's requests.
func (l *lane) addOperation(position int, op providers.Operation) {
	d := op.Describe()
	o := &operation{
		Operation: op, name: d.Name, safe: d.SafeToRepeat || d.IdempotencyHeader != "",
		idempotency: http.CanonicalHeaderKey(d.IdempotencyHeader), probation: &probation{over: l.run.reimport},
	}
	for _, other := range l.ops {
		if other != nil && other.name == d.Name {
			o.probation = other.probation
		}
	}
	for i, f := range d.Schema.Fields {
		if f.Secret {
			o.secret = append(o.secret, i)
		}
	}
	l.ops[position] = o
	l.operations++
}

// positions are those of the mapping's requests that are the lane's.
func (l *lane) positions() []int {
	var out []int
	for i, op := range l.ops {
		if op != nil {
			out = append(out, i)
		}
	}
	return out
}

// send posts all that the lane has, by as many workers as may be in flight.
func (l *lane) send(hard context.Context) error {
	defer l.stopTaking()
	defer l.sender.close()
	if err := l.begin(); err != nil {
		l.run.halt(broken(err))
		return err
	}
	defer l.closeLines()
	defer l.known.close()
	l.alarm = time.AfterFunc(time.Hour, l.ring)
	l.alarm.Stop()
	var workers errgroup.Group
	for range l.inFlight {
		workers.Go(func() error {
			err := l.work(hard)
			if err != nil && !Planted("disk-error-ignored") {
				// No request is sent after the run cannot record it; the other lanes drain, too.
				l.run.halt(broken(err))
			}
			return err
		})
	}
	err := workers.Wait()
	l.alarm.Stop()
	if left := l.leave(); left != nil {
		l.run.halt(broken(left))
		err = alsoFailed(err, left)
	}
	return err
}

// begin learns what earlier runs left, and opens the table.
func (l *lane) begin() error {
	l.lines, l.closeLines = iter.Pull2(LinesOf(l.run.job.Source))
	err := l.recall()
	if err == nil {
		l.known, err = newRecord(l.journal.Earlier())
	}
	if err == nil {
		err = l.obeyPark()
	}
	if err != nil {
		l.closeLines()
		if l.known != nil {
			l.known.close()
		}
		return fmt.Errorf("%s: %w", l.provider.Name, err)
	}
	return nil
}

// obeyPark has the lane wait for as long as the provider told any run of the account to, or
// stops it at once if that is longer than the user allows.
func (l *lane) obeyPark() error {
	wait, err := l.share.parked()
	if err != nil || wait <= 0 {
		return err
	}
	if wait <= l.run.job.Options.MaxWait {
		l.limiter.Pause(wait)
		return nil
	}
	l.halt(&Stop{
		Kind: Unavailable, Code: "max_wait", Until: time.Now().Add(wait),
		Message: fmt.Sprintf("%s asked another run to wait, and %s of that are left, more than --max-wait %s",
			l.provider.Title, wait.Round(time.Second), l.run.job.Options.MaxWait),
	})
	return nil
}

// alsoFailed adds another error, unless it is the one that is known.
func alsoFailed(err, other error) error {
	if err != nil && errors.Is(other, err) {
		return err
	}
	return errors.Join(err, other)
}

func broken(err error) *Stop {
	return &Stop{Kind: Broken, Code: "run_failed", Message: err.Error()}
}

// leave records what became of requests that were under way and not finished when
// the lane ended.
func (l *lane) leave() (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t := l.open.pop(); t != nil; t = l.open.pop() {
		if t.done || t.last.Row == 0 {
			continue // settled, or not tried in this start
		}
		e := t.last
		switch {
		case t.lookup != nil:
			e = t.lookup.doubt
			e.Attempts = t.sent
		case t.history.doubt:
			e.Status, e.Again = InDoubt, t.op.safe
		case e.Status == "":
			e.Status, e.Again = Failed, true
		}
		l.tally(e.Status)
		// A journal that fails keeps it all the same, for its end.
		if failed := l.journal.Finish(e); err == nil {
			err = failed
		}
	}
	return err
}

// summary is what the lanes did.
func (r *run) summary() Summary {
	s := Summary{Stop: r.stop, Started: r.started, Elapsed: time.Since(r.started)}
	for _, l := range r.lanes {
		ls := LaneSummary{Provider: l.provider.Name, Requests: l.requests, Retries: l.repeated, Stop: l.stop}
		ls.Found, _ = l.limiter.Found()
		if !l.lastAt.IsZero() {
			ls.Elapsed = l.lastAt.Sub(r.started)
		}
		s.Lanes = append(s.Lanes, ls)
	}
	return s
}
