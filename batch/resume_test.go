package batch

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// again runs a job once more, as another start of the same run.
func again(t *testing.T, job *Job) []Result {
	t.Helper()
	job.Journal.(*memory).restart()
	job.Progress = nil
	got, _ := lines(t, *job)
	return got
}

func TestResumeSendsOnlyWhatIsOpen(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		broken := true
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			switch r.URL.Path {
			case "/c2":
				status(422)(w, r, n)
			case "/c3":
				if broken {
					status(503)(w, r, n)
					return
				}
				ok(w, r, n)
			default:
				ok(w, r, n)
			}
		})
		rows := table(5)
		rows[3][1] = "skip"
		rows[4][1] = "refuse"
		job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, api)
		got, _ := lines(t, job)
		if want := "1 succeeded, 2 failed http_422, 3 failed http_503, 4 skipped, 5 invalid bad_value"; statuses(got) != want {
			t.Fatalf("first start: %s", statuses(got))
		}
		first, sent := got[0], len(api.seen())
		broken = false
		got = again(t, &job)
		if want := "1 succeeded, 2 failed http_422, 3 succeeded, 4 skipped, 5 invalid bad_value"; statuses(got) != want {
			t.Errorf("second start: %s", statuses(got))
		}
		if got[0].Entry != first.Entry {
			t.Errorf("a finished line changed from %+v to %+v", first.Entry, got[0].Entry)
		}
		if calls := api.seen()[sent:]; len(calls) != 1 || calls[0] != "/c3" {
			t.Errorf("sent again: %v", calls)
		}
		if got[2].Attempts != job.Options.Attempts+1 {
			t.Errorf("row 3 shows %d attempts, with those of the first start it had %d", got[2].Attempts, job.Options.Attempts+1)
		}
		sent = len(api.seen())
		if again(t, &job); len(api.seen()) != sent {
			t.Errorf("a finished run sent %v", api.seen()[sent:])
		}
	})
}

// What was begun and has no end may have been applied: only what is safe to repeat is
// sent again, and rows of the same key wait.
func TestWhatWasUnderWayWhenTheProgramEnded(t *testing.T) {
	for _, tc := range []struct {
		name string
		safe bool
		want string
	}{
		{"safe to repeat", true, "1 succeeded, 2 succeeded, 3 succeeded"},
		{"not safe to repeat", false, "1 succeeded, 2 in_doubt unrecorded, 3 not_sent key_in_doubt"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				rows := table(3)
				rows[2][0] = "c2"
				job := newJob(t, rows, fakeProvider{name: "acme", safe: tc.safe}, newFakeAPI(t, ok))
				if !tc.safe {
					l, err := job.Journal.Lane("acme", journalWindow)
					if err == nil {
						err = l.Begin(2, 0)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				got := again(t, &job)
				if statuses(got) != tc.want {
					t.Error(statuses(got))
				}
				if again(t, &job); statuses(got) != tc.want {
					t.Errorf("after one more start: %s", statuses(got))
				}
			})
		})
	}
}

// A request that was announced and provably not applied is no longer open in the journal:
// a crash while it waits for its repetition leaves no doubt.
func TestARefusedAttemptOfAnUnsafeRequestIsClosed(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		var open []int
		job := newJob(t, table(1), fakeProvider{name: "acme"}, newFakeAPI(t, first(3, status(429, "Retry-After", "5"), ok)))
		journal := job.Journal.(*memory)
		api := job.Accounts["acme"]
		_ = api
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 3 {
				<-time.After(4 * time.Second)
				l := journal.lanes["acme"]
				l.mu.Lock()
				open = append(open, len(l.begun))
				l.mu.Unlock()
			}
		}()
		got, _ := lines(t, job)
		<-done
		if statuses(got) != "1 succeeded" || open[0] != 0 || open[1] != 0 || journal.lanes["acme"].begins != 4 {
			t.Errorf("%s, open while waiting: %v, %d begins", statuses(got), open, journal.lanes["acme"].begins)
		}
	})
}

func TestARowIsNotSentAfterALaterOneOfItsKey(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		rows := table(4)
		rows[0][0], rows[2][0] = "same", "same"
		down := true
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if down && (r.URL.Path == "/c2" || r.URL.Path == "/same" && n < 5) {
				status(503)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, rows, fakeProvider{name: "acme", safe: true}, api)
		got, _ := lines(t, job)
		if want := "1 failed http_503, 2 failed http_503, 3 succeeded, 4 succeeded"; statuses(got) != want {
			t.Fatal(statuses(got))
		}
		down = false
		got = again(t, &job)
		if want := "1 failed superseded, 2 succeeded, 3 succeeded, 4 succeeded"; statuses(got) != want {
			t.Error(statuses(got))
		}
		if !strings.Contains(got[0].Message, "row 3 ") {
			t.Errorf("the message names no row: %s", got[0].Message)
		}
	})
}

func TestTheFirstRefusalsAreCountedOverStarts(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, status(404))
		job := newJob(t, table(20), fakeProvider{name: "acme", safe: true}, api)
		job.Options.Limit = 3
		got, sum := lines(t, job)
		if sum.Lanes[0].Stop != nil || got[2].Status != Failed || got[2].Again {
			t.Fatalf("%v, %+v", sum.Lanes[0].Stop, got[2].Entry)
		}
		job.Options.Limit = 0
		got = again(t, &job)
		if n := len(api.seen()); n != probationers {
			t.Errorf("%d requests, %d of them should have shown it", n, probationers)
		}
		for _, r := range got[:probationers] {
			if !r.Again {
				t.Errorf("row %d would not be sent again", r.Row.Num)
			}
		}
	})
}

func TestMaxErrorsCountsWhatEarlierStartsFound(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, n int) {
			if r.URL.Path != "/c1" {
				status(422)(w, r, n)
				return
			}
			ok(w, r, n)
		})
		job := newJob(t, table(20), fakeProvider{name: "acme", safe: true}, api)
		setInFlight(job, "acme", 1)
		job.Options.MaxErrors = MaxErrors{Set: true, Lines: 3}
		_, _ = lines(t, job)
		sent := len(api.seen())
		got := again(t, &job)
		if len(api.seen()) != sent {
			t.Errorf("sent %v although more had failed than allowed", api.seen()[sent:])
		}
		if s := got[len(got)-1]; s.Status != NotSent || s.Code != "max_errors" {
			t.Errorf("the last line: %+v", s.Entry)
		}
	})
}

func TestAnEarlierResultDecides(t *testing.T) {
	before := map[int]Before{
		1: {Num: 11, Request: "acme", Status: Succeeded, RemoteID: "r1"},
		2: {Num: 12, Request: "acme", Status: Succeeded, Edited: true},
		3: {Num: 13, Request: "acme", Status: Failed, Edited: true},
		4: {Num: 14, Request: "acme", Status: InDoubt, Code: "timeout", Message: "no answer"},
		5: {Num: 15, Request: "acme"}, // emptied by a person
		6: {Num: 16, Status: Skipped},
		7: {Num: 17, Request: "zeta", Status: NotSent},
		8: {Num: 18, Status: Invalid, Code: "ragged_row"},
		9: {Num: 9, Request: "acme", Status: Failed}, // the key of row 11, which was confirmed
	}
	rows := table(9)
	rows[8][0] = "c1"
	for _, tc := range []struct {
		name  string
		again bool
		want  string
	}{
		{"as it is", false, "11 skipped done_before, 12 skipped edited_after_success, 13 succeeded, 14 in_doubt timeout, 15 succeeded, " +
			"16 skipped, 17 invalid bad_value, 18 invalid ragged_row, 9 failed superseded"},
		{"and what was edited again", true, "11 skipped done_before, 12 succeeded, 13 succeeded, 14 in_doubt timeout, 15 succeeded, " +
			"16 skipped, 17 invalid bad_value, 18 invalid ragged_row, 9 failed superseded"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				job := newJob(t, &fakeResult{rows, before}, fakeProvider{name: "acme", safe: true}, newFakeAPI(t, ok))
				job.Options.Again = tc.again
				got, _ := lines(t, job)
				if statuses(got) != tc.want {
					t.Errorf("got  %s\nwant %s", statuses(got), tc.want)
				}
				if got[0].RemoteID != "r1" || got[0].Provider != "acme" {
					t.Errorf("a line that was done: %+v", got[0])
				}
				if after := again(t, &job); statuses(after) != tc.want {
					t.Errorf("after one more start: %s", statuses(after))
				}
			})
		})
	}
}
