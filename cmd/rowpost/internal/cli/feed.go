package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"rowpost/batch"
)

// feed decides how long a run takes rows: until a signal or the deadline. Of the
// signals the first ends the feed, the second drops what is in flight, and the third
// ends the process.
type feed struct {
	cancel  context.CancelCauseFunc
	abort   chan struct{}
	signals chan os.Signal
	done    chan struct{} // closed by close
	ended   chan struct{} // closed when the goroutine has ended
	stop    func()        // ends the delivery of signals
}

// newFeed starts to watch for signals and the deadline, until close is called. The
// context's cause is the *batch.Stop that ended it.
func (p *Program) newFeed(ctx context.Context, opts *options) (context.Context, *feed) {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &feed{
		cancel:  cancel,
		abort:   make(chan struct{}),
		signals: make(chan os.Signal, 3), // none is lost while another is dealt with
		done:    make(chan struct{}),
		ended:   make(chan struct{}),
	}
	f.stop = p.Notify(f.signals)
	go f.watch(p, deadlineOf(opts, p.Now()))
	return ctx, f
}

// close ends the watching and waits for it.
func (f *feed) close() {
	f.stop()
	close(f.done)
	<-f.ended
	f.cancel(nil)
}

// deadline is when a run takes no more rows.
type deadline struct {
	in     time.Duration
	reason string // empty: there is no deadline
}

// deadlineOf gives the nearer of --until and --max-duration.
func deadlineOf(opts *options, now time.Time) deadline {
	var d deadline
	if opts.maxDuration > 0 {
		d = deadline{opts.maxDuration, fmt.Sprintf("the time is over (--max-duration %s)", opts.maxDuration)}
	}
	if opts.until.set {
		if in := opts.until.next(now).Sub(now); d.reason == "" || in < d.in {
			d = deadline{in, fmt.Sprintf("it is %02d:%02d (--until)", opts.until.hour, opts.until.minute)}
		}
	}
	return d
}

func (f *feed) watch(p *Program, d deadline) {
	defer close(f.ended)
	var due <-chan time.Time
	if d.reason != "" {
		timer := time.NewTimer(d.in)
		defer timer.Stop()
		due = timer.C
	}
	received := 0
	for {
		select {
		case <-f.done:
			return
		case <-due:
			f.cancel(&batch.Stop{Kind: batch.Unavailable, Code: "deadline", Message: d.reason})
		case s := <-f.signals:
			received++
			f.interrupted(p, received, signalNumber(s))
		}
	}
}

func (f *feed) interrupted(p *Program, received, number int) {
	switch received {
	case 1:
		f.cancel(&batch.Stop{Kind: batch.Interrupted, Code: "interrupted", Message: "interrupted", Signal: number})
		p.say("interrupted: no more rows are taken, and what is in flight is finished; interrupt again to drop it")
	case 2:
		close(f.abort)
		p.say("interrupted again: what is in flight is dropped, and the result is written; interrupt again to end at once")
	default:
		p.Exit(signalStatusBase + number)
	}
}
