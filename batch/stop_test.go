package batch

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// An interrupt can come while the summary is being made. The race detector judges it.
func TestAnInterruptAsTheLastRowEnds(t *testing.T) {
	for range 30 {
		api := newFakeAPI(t, ok)
		job := newJob(t, table(1), fakeProvider{name: "acme", safe: true}, api)
		ctx, cancel := context.WithCancel(t.Context())
		job.Journal = &memory{fail: func(Entry) error { cancel(); return nil }}
		sum, err := Run(ctx, job)
		if err != nil {
			t.Fatal(err)
		}
		if got := statuses(resultsOf(t, job, sum)); got != "1 succeeded" {
			t.Error(got)
		}
		api.Close()
	}
}

func TestALaneThatTookAllItsRowsIsNotStopped(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		slow := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			<-time.After(2 * time.Second)
			ok(w, r, n)
		})
		job := newJob(t, table(10), fakeProvider{name: "acme", safe: true}, newFakeAPI(t, ok), fakeProvider{name: "zeta", safe: true}, slow)
		setInFlight(job, "zeta", 1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(7*time.Second, cancel)
		sum, err := Run(ctx, job)
		if err != nil || sum.Lanes[0].Stop != nil || sum.Lanes[1].Stop == nil {
			t.Errorf("%v; the lane that was done: %v, the other: %v", err, sum.Lanes[0].Stop, sum.Lanes[1].Stop)
		}
	})
}

func TestARunThatIsInterruptedBeforeItBeginsSendsNothing(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		for range 20 { // which worker is first is chance
			api := newFakeAPI(t, ok)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			sum, err := Run(ctx, newJob(t, table(10), fakeProvider{name: "acme", safe: true}, api))
			if n := len(api.seen()); err != nil || n != 0 || sum.Stop == nil {
				t.Errorf("%d requests, stop %v, %v", n, sum.Stop, err)
			}
		}
	})
}

// A transport goes on with a connection that nobody waits for any more, unless it is
// told to end.
func TestNoConnectionIsOpenedAfterTheRun(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		job := newJob(t, table(1), fakeProvider{name: "acme"}, newFakeAPI(t, ok))
		var dialing atomic.Int32
		a := job.Accounts["acme"]
		a.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialing.Add(1)
			defer dialing.Add(-1)
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			return nil, context.DeadlineExceeded
		}
		job.Accounts["acme"] = a
		abort := make(chan struct{})
		job.Abort = abort
		time.AfterFunc(time.Second, func() { close(abort) })
		sum, err := Run(t.Context(), job)
		synctest.Wait()
		if n := dialing.Load(); err != nil || n != 0 {
			t.Errorf("%d connections are being opened after the run; %v", n, err)
		}
		if got := statuses(resultsOf(t, job, sum)); got != "1 not_sent interrupted" {
			t.Error(got)
		}
	})
}
