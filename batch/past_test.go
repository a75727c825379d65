package batch

import (
	"errors"
	"iter"
	"testing"
)

// An --errors file does not show what came later in its table and was confirmed.
func TestARowThatAnEarlierRunOvertookIsNotSent(t *testing.T) {
	rows := table(4) // of which 2 and 4 have the same key
	rows[1][0], rows[3][0] = "same", "same"
	all := []Entry{
		{Row: 1, Status: Failed, Code: "http_422"},
		{Row: 2, Status: Failed, Code: "http_422"},
		{Row: 3, Status: Succeeded},
		{Row: 4, Status: Succeeded},
	}
	for _, tc := range []struct {
		name    string
		entries []Entry
		want    string
	}{
		{"the later row was confirmed", all, "1 succeeded, 2 failed superseded"},
		{"the later row failed, too", append(all[:3:3], Entry{Row: 4, Status: Failed}), "1 succeeded, 2 succeeded"},
		{"an earlier row was confirmed", []Entry{{Row: 1, Status: Succeeded}}, "1 succeeded, 2 succeeded"},
		{"for another account", nil, "1 succeeded, 2 succeeded"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T) {
				failed := fakeTable{rows[0], rows[1]}
				before := map[int]Before{1: {Num: 1, Request: "acme", Status: Failed}, 2: {Num: 2, Request: "acme", Status: Failed}}
				job := newJob(t, &fakeResult{failed, before}, fakeProvider{name: "acme", safe: true}, newFakeAPI(t, ok))
				job.Past = []Past{{Source: rows, Binding: job.Binding, Entries: entriesOf(tc.entries)}}
				got, _ := lines(t, job)
				if statuses(got) != tc.want {
					t.Errorf("got  %s\nwant %s", statuses(got), tc.want)
				}
				if after := again(t, &job); statuses(after) != tc.want {
					t.Errorf("after one more start: %s", statuses(after))
				}
			})
		})
	}
}

func entriesOf(list []Entry) func(string) iter.Seq2[Entry, error] {
	return func(string) iter.Seq2[Entry, error] {
		return func(yield func(Entry, error) bool) {
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

func TestAPastThatCannotBeReadSendsNothing(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, ok)
		job := newJob(t, &fakeResult{table(1), nil}, fakeProvider{name: "acme", safe: true}, api)
		broken := errors.New("the disk is gone")
		job.Past = []Past{{Source: table(2), Binding: job.Binding, Entries: func(string) iter.Seq2[Entry, error] {
			return func(yield func(Entry, error) bool) { yield(Entry{}, broken) }
		}}}
		if _, err := Run(t.Context(), job); !errors.Is(err, broken) || len(api.seen()) > 0 {
			t.Errorf("%v after %v", err, api.seen())
		}
	})
}
