package batch

import (
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"testing"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

// slowTable takes its time to read, so that all workers are there before its first
// request is. It holds the lane's lock meanwhile, which a clock in virtual time would
// wait for without end: its tests need the real one.
type slowTable struct{ fakeTable }

func (s slowTable) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		for r, err := range s.fakeTable.Rows() {
			if r.Num%64 == 0 {
				<-time.After(100 * time.Microsecond)
			}
			runtime.Gosched()
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestTheFirstRequestIsAloneThoughManyRowsAreReadBeforeIt(t *testing.T) {
	rows := table(6000)
	for i := range 5000 {
		rows[i][1] = "skip"
	}
	api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
		<-time.After(20 * time.Millisecond) // time enough for others to follow
		status(401)(w, r, n)
	})
	job := newJob(t, slowTable{rows}, fakeProvider{name: "acme", scheme: providers.Basic, safe: true}, api)
	setInFlight(job, "acme", 8)
	_, _ = lines(t, job)
	if n := len(api.seen()); n != 1 {
		t.Errorf("%d requests with wrong credentials, want 1", n)
	}
}

// Whether the first refusals stop a lane must depend on the table, not on how many
// requests are under way.
func TestRefusalsAlikeAreJudgedTheSameAtAnyInFlight(t *testing.T) {
	outcome := map[int]string{}
	for _, inFlight := range []int{1, 16} {
		inVirtualTime(t, func(t *testing.T) {
			rows := table(4000)
			for i := range rows {
				if i%500 != 0 {
					rows[i][1] = "skip"
				}
			}
			job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, newFakeAPI(t, status(404)))
			setInFlight(job, "acme", inFlight)
			_, sum := lines(t, job)
			outcome[inFlight] = fmt.Sprintf("%d requests, stopped %v", sum.Lanes[0].Requests, sum.Lanes[0].Stop != nil)
		})
	}
	if outcome[1] != outcome[16] {
		t.Errorf("1 in flight: %s; 16 in flight: %s", outcome[1], outcome[16])
	}
}
