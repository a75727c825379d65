package batch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

// work sends tasks until the lane has none any more. Its context is the hard one:
// its end drops what is in flight. The error is the run's, never a row's.
func (l *lane) work(ctx context.Context) error {
	for {
		t, err := l.next()
		if t == nil || err != nil {
			return err
		}
		if err := l.attempt(ctx, t); err != nil {
			return err
		}
	}
}

// attempt sends a task once and deals with what comes of it.
func (l *lane) attempt(ctx context.Context, t *task) error {
	var settled error
	err := l.sender.send(ctx, t.outgoing(), func() error { return l.mayLeave(t) }, func(a attempt) {
		out, a := l.interpret(t, a)
		settled = l.settle(t, a, out, l.verdict(ctx, t, a, out))
	})
	t.place.release()
	if err == nil {
		return settled
	}
	l.drop()
	if l.taking.Err() != nil {
		return nil // the lane has ended, and the task was not sent
	}
	return err
}

// mayLeave waits until a task may be sent, and sees that it can be told afterwards that
// it was: what is not safe to repeat is recorded before each attempt.
func (l *lane) mayLeave(t *task) error {
	if err := l.share.enter(l.taking, &t.place); err != nil {
		return err
	}
	if err := l.pace(); err != nil {
		return err
	}
	if t.op.safe || t.lookup != nil || Planted("no-intent") {
		return nil
	}
	if err := l.journal.Begin(t.row, t.request); err != nil {
		// It is not sent then, whatever the disk made of the record.
		return alsoFailed(err, l.journal.Finish(Entry{
			Row: t.row, Request: t.request, Status: NotSent, Again: true, Attempts: t.sent,
			Code: codeNotReached, Message: "it could not be recorded that it would be sent",
		}))
	}
	return nil
}

// pace waits for the lane's own windows, then for those that it shares with other runs. If
// the provider asked this or another run to wait meanwhile, it waits anew: what was counted for nothing then
// errs on the provider's side.
func (l *lane) pace() error {
	for {
		if err := l.limiter.Wait(l.taking); err != nil {
			return err
		}
		asked, err := l.share.reserve(l.taking)
		if asked && err == nil {
			err = l.obeyPark()
		}
		if err != nil {
			return err
		}
		if l.taking.Err() != nil {
			return context.Cause(l.taking)
		}
		if !l.limiter.paused() {
			return nil
		}
	}
}

// interpret asks the operation what an answer means, and hides secrets in what it says.
func (l *lane) interpret(t *task, a attempt) (providers.Outcome, attempt) {
	secrets := l.sender.secrets.with(t.secrets)
	if a.failure != nil {
		f := *a.failure
		f.msg = secrets.text(f.msg)
		a.failure = &f
		return providers.Outcome{}, a
	}
	return secrets.outcome(t.interpret(a.response)), a
}

// verdict counts the attempt and judges it; a token is renewed on the way.
func (l *lane) verdict(ctx context.Context, t *task, a attempt, out providers.Outcome) verdict {
	if a.failure == nil || a.failure.sent {
		t.sent++
	}
	if out.Kind != providers.Throttled || a.failure != nil {
		t.history.tries++
	}
	v := judge(l.run.job.Options, l.provider, t.history, a.response.Status, out, a.failure)
	if v = t.lookedUp(v); v.step != renewal {
		return v
	}
	t.history.renewed = true
	t.history.tries--
	// A new token may take its time: meanwhile it must be known that this one was refused. A
	// journal that fails says so again when the verdict is kept; until then nothing more may leave.
	if err := l.keep(t, v, entryAfter(t, a, v)); err != nil {
		l.run.halt(broken(err))
	}
	renewed, failure := l.sender.auth.renew(ctx, a.proof)
	if renewed {
		l.log.Info("token renewed")
		return v
	}
	v = t.lookedUp(judge(l.run.job.Options, l.provider, t.history, a.response.Status, out, failure))
	if failure != nil { // the row itself was answered: with the refusal of the old token
		v.entry.HTTPStatus = a.response.Status
	}
	return v
}

// settle records what became of an attempt and gives the task back to the lane.
func (l *lane) settle(t *task, a attempt, out providers.Outcome, v verdict) error {
	if v.stop != nil {
		v.stop.Message = l.run.withoutCells(v.stop.Message, t.row)
	}
	e := entryAfter(t, a, v)
	if err := l.keep(t, v, e); err != nil {
		t.last = e
		l.drop()
		return err
	}
	if v.step == finish {
		if a.failure == nil && v.health == sound {
			l.sender.auth.accepted(a.proof)
		}
	}
	if err := l.giveBack(t, a, out, v, e); err != nil {
		return err
	}
	if v.step == finish {
		l.run.count(e.Status)
	}
	return nil
}

// entryAfter is what a verdict says, with what is known of the attempt.
func entryAfter(t *task, a attempt, v verdict) Entry {
	e := v.entry
	e.Row, e.Request, e.Attempts, e.Duration = t.row, t.request, t.sent, a.took
	if t.sent > 0 {
		e.SentAt = a.at
	}
	if e.Status == NotSent && t.sent > 0 {
		e.Status = Failed // an earlier attempt was answered
	}
	return e
}

// keep records an attempt: its request's end, or that what had been announced did not
// come about. And it tells other runs what the provider asks all to wait.
func (l *lane) keep(t *task, v verdict, e Entry) error {
	if v.wait > 0 && (v.step == hold || v.stop != nil) {
		if err := l.share.park(v.wait); err != nil {
			return err
		}
	}
	switch {
	case v.step == finish:
		return l.journal.Finish(e)
	case t.op.safe || t.lookup != nil || v.step == look:
		return nil
	}
	if e.Status == "" {
		e.Status = Failed
	}
	e.Again = true
	return l.journal.Finish(e)
}

// giveBack is the part of settle that needs the lane's lock.
func (l *lane) giveBack(t *task, a attempt, out providers.Outcome, v verdict, e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.wake()
	l.active--
	stop := l.health.observe(v, a.at, t.addsNoDoubt())
	if v.health == sound {
		l.health.measure(a.at.Add(a.took), a.took)
	}
	if v.stop != nil {
		stop = v.stop
		if v.wait > 0 {
			stop.Until = time.Now().Add(v.wait)
		}
	}
	l.count(t, a)
	t.history.doubt = t.history.doubt || e.Status == InDoubt
	t.last = e
	var err error
	if v.step == finish {
		err = l.conclude(t, e, out)
	} else {
		l.again(t, v)
	}
	if stop != nil {
		l.haltLocked(stop)
	}
	return err
}

// again queues a task for its repetition.
func (l *lane) again(t *task, v verdict) {
	if v.step == look {
		t.beginLookup(t.last)
	}
	if v.step == hold || v.step == renewal {
		l.delay(t, 0) // the limiter holds it as long as the lane waits
		return
	}
	if t.first { // an answer that is no refusal: the first ones are not all refused alike
		t.first = false
		t.op.probation.end()
		l.release()
	}
	if v.wait > 0 || v.step == look {
		l.delay(t, v.wait)
		return
	}
	l.delay(t, l.run.job.Options.pause(t.history.tries))
}

// conclude takes a finished task out of the lane.
func (l *lane) conclude(t *task, e Entry, out providers.Outcome) error {
	l.tally(e.Status)
	if t.first {
		if err := l.onProbation(t, e, out); err != nil {
			return err
		}
	}
	return l.finished(t, e)
}

// onProbation follows the first requests of an operation. If all meet the same
// refusal the lane stops, and they are to be sent again once that is mended.
func (l *lane) onProbation(t *task, e Entry, out providers.Outcome) error {
	p := t.op.probation
	if p.over {
		return nil
	}
	alike := p.observe(e, out)
	if p.over {
		l.release()
	}
	if !alike {
		return nil
	}
	return l.refusedAlike(t.op, e)
}

// refusedAlike stops the lane because an operation's first requests met the same refusal.
// They are to be sent again.
func (l *lane) refusedAlike(op *operation, e Entry) error {
	for _, refused := range op.probation.entries {
		refused.Again = true
		if err := l.journal.Finish(refused); err != nil {
			return err
		}
	}
	l.haltLocked(&Stop{Kind: Refused, Code: e.Code, Message: fmt.Sprintf(
		"%s refused the first %d requests of %s alike (%s): this looks like a wrong configuration, not like wrong rows",
		l.provider.Title, probationers, op.name, l.run.withoutCells(answerWords(e), e.Row))})
	return nil
}

func answerWords(e Entry) string {
	if e.Message == "" {
		return strconv.Itoa(e.HTTPStatus)
	}
	return fmt.Sprintf("%d, %s", e.HTTPStatus, e.Message)
}

// wake lets the workers see what has changed.
func (l *lane) wake() {
	if l.idle == 0 {
		return
	}
	if l.exhausted && l.open.peek() == nil || l.stop != nil || l.idle >= l.inFlight-1 {
		l.change.Broadcast()
		return
	}
	l.change.Signal()
}

// count keeps the lane's figures.
func (l *lane) count(t *task, a attempt) {
	if until := l.limiter.PausedUntil(); !until.IsZero() {
		l.progress.PausedUntil.Store(until.UnixNano())
	}
	if a.failure != nil && !a.failure.sent {
		return
	}
	l.requests++
	l.lastAt = a.at.Add(a.took)
	l.progress.Sent.Add(1)
	if t.sent > 1 {
		l.repeated++
		l.progress.Retries.Add(1)
	}
}

func (l *lane) tally(s Status) {
	switch s {
	case Succeeded:
		l.progress.Succeeded.Add(1)
	case Failed:
		l.progress.Failed.Add(1)
	case InDoubt:
		l.progress.InDoubt.Add(1)
	case Invalid, Skipped, NotSent:
	}
}

// build makes the request; a panic in a provider's code is the row's misfortune, not
// the run's.
func (o *operation) build(r mapping.Record) (call providers.Request, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &mapping.CellError{Code: codeInternal, Msg: "this program failed on the row: please report it"}
		}
	}()
	return o.Build(r)
}

// interpret reads an answer; a panic leaves the request in doubt.
func (o *operation) interpret(call providers.Request, r providers.Response) (out providers.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			out = providers.Outcome{Code: codeInternal, Message: "this program failed on the answer: please report it"}
		}
	}()
	return o.Interpret(call, r)
}

// invalidEntry is the entry of a request that could not be built.
func invalidEntry(t *task, err error) Entry {
	e := Entry{Row: t.row, Request: t.request, Status: Invalid, Code: mapping.CodeBadValue, Message: err.Error()}
	if cell, ok := errors.AsType[*mapping.CellError](err); ok {
		e.Code, e.Message, e.Field = cell.Code, cellWords(cell), cell.Field
	}
	return e
}

// cellWords is what a result says of an invalid cell: the reason and the way out.
func cellWords(e *mapping.CellError) string {
	if e.Hint == "" {
		return e.Msg
	}
	return e.Msg + "; " + e.Hint
}
