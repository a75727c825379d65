package batch

import (
	"iter"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"

	"rowpost/mapping"
	"rowpost/providers"
)

// keyedPut is the fake operation of an API that knows requests again by a key.
type keyedPut struct{ fakePut }

func (o keyedPut) Describe() providers.OperationDescription {
	d := o.fakePut.Describe()
	d.IdempotencyHeader = "Idempotency-Key"
	return d
}

// keyLog keeps the keys of each path, in order.
type keyLog struct {
	mu   sync.Mutex
	keys map[string][]string
}

func (k *keyLog) answering(answer func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		k.mu.Lock()
		k.keys[r.URL.Path] = append(k.keys[r.URL.Path], r.Header.Get("Idempotency-Key"))
		k.mu.Unlock()
		answer(w, r, n)
	}
}

// keyedJob is a job whose requests have keys, and the log of them.
func keyedJob(t *testing.T, rows fakeTable, answer func(http.ResponseWriter, *http.Request, int)) (Job, *keyLog) {
	t.Helper()
	log := &keyLog{keys: map[string][]string{}}
	job := newJob(t, rows, fakeProvider{name: "acme"}, newFakeAPI(t, log.answering(answer)))
	job.Requests[0].Operation = keyedPut{}
	return job, log
}

// keysOf runs a job over rows that are all accepted, and gives each row's key.
func keysOf(t *testing.T, rows fakeTable, change func(*Job)) map[string]string {
	t.Helper()
	job, log := keyedJob(t, rows, ok)
	if change != nil {
		change(&job)
	}
	if got, _ := lines(t, job); len(got) != len(rows) || got[0].Status != Succeeded {
		t.Fatalf("not sent: %s", statuses(got))
	}
	keys := map[string]string{}
	for path, list := range log.keys {
		keys[path] = list[0]
	}
	return keys
}

// With a key a request may be repeated although its operation is not safe by itself; and
// the key is the same at each attempt and after a restart.
func TestKeysStayTheSame(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		broken := true
		job, log := keyedJob(t, table(2), func(w http.ResponseWriter, r *http.Request, n int) {
			if r.URL.Path == "/c2" && (broken || n < job2Failures) {
				status(500)(w, r, n) // nobody knows whether it was applied
				return
			}
			ok(w, r, n)
		})
		got, _ := lines(t, job)
		if want := "1 succeeded, 2 in_doubt http_500"; statuses(got) != want {
			t.Fatalf("got %s, want %s", statuses(got), want)
		}
		broken = false
		if got = again(t, &job); statuses(got) != "1 succeeded, 2 succeeded" {
			t.Errorf("after the restart: %s", statuses(got))
		}
		keys := log.keys["/c2"]
		if len(keys) != job2Failures+1 || len(slices.Compact(slices.Clone(keys))) != 1 {
			t.Errorf("the keys of one request: %v", keys)
		}
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(keys[0]) {
			t.Errorf("%q is no UUID of version 8", keys[0])
		}
		if keys[0] == log.keys["/c1"][0] {
			t.Error("two rows have one key")
		}
	})
}

// job2Failures is how often the second row fails: all attempts of a start.
const job2Failures = 5

// remarked is a table that is an earlier result, in which people filled a column of their own.
type remarked struct{ fakeTable }

func (t remarked) Header() []string { return append(t.fakeTable.Header(), "remark") }

func (remarked) Added() []int { return []int{3} }

func (t remarked) Lines() iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for row, err := range t.Rows() {
			row.Cells = append(row.Cells, "call her")
			if !yield(Line{Row: row, Before: &Before{Num: row.Num, Line: row.Line, Status: Failed}}, err) {
				return
			}
		}
	}
}

// A remark in a column of its own makes no other request.
func TestRemarksAreNoPartOfAKey(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		base := keysOf(t, table(2), nil)
		if keys := keysOf(t, table(2), func(j *Job) { j.Source = remarked{table(2)} }); !maps.Equal(keys, base) {
			t.Errorf("%v, want %v", keys, base)
		}
	})
}

// A row has its key wherever it stands; what makes it another request changes it.
func TestWhatKeysDependOn(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		base := keysOf(t, table(3), nil)
		sorted := fakeTable{table(3)[2], {"new", "v"}, table(3)[0]}
		if keys := keysOf(t, sorted, nil); keys["/c3"] != base["/c3"] || keys["/c1"] != base["/c1"] {
			t.Error("the key depends on where the row stands")
		}
		for name, change := range map[string]func(*Job){
			"a demand to send again": func(j *Job) { j.Again = "20261122-190312-3f2a" },
			"another account": func(j *Job) {
				a := j.Accounts["acme"]
				a.BaseURL += "/v2"
				j.Accounts["acme"] = a
			},
		} {
			changed := keysOf(t, table(3), change)
			for path := range maps.Keys(base) {
				if changed[path] == base[path] || changed["/v2"+path] == base[path] {
					t.Errorf("%s: the key of %s is the same", name, path)
				}
			}
		}
		edited := table(3)
		edited[0][1] = "w"
		if keys := keysOf(t, edited, nil); keys["/c1"] == base["/c1"] || keys["/c2"] != base["/c2"] {
			t.Error("an edited row has its old key, or its neighbour has not")
		}
	})
}

// The requests of other operations share their headers, which nobody may write to.
func TestKeysLeaveSharedHeadersAlone(t *testing.T) {
	shared := http.Header{"Accept": {"x"}}
	l := &lane{keyring: &keyring{rows: NewFingerprint(nil)}}
	r := l.withKey(providers.Request{Header: shared}, &operation{idempotency: "X-Key"}, mapping.Row{Cells: []string{"a"}})
	if shared.Get("X-Key") != "" || r.Header.Get("X-Key") == "" || r.Header.Get("Accept") != "x" {
		t.Errorf("shared %v, request %v", shared, r.Header)
	}
	if plain := l.withKey(providers.Request{Header: shared}, &operation{}, mapping.Row{Cells: []string{"a"}}); len(plain.Header) != 1 {
		t.Errorf("an operation without keys: %v", plain.Header)
	}
}

// A mended mapping makes another request of the same row: no provider may answer for the
// one before.
func TestAnotherRequestHasAnotherKey(t *testing.T) {
	l := &lane{keyring: &keyring{rows: NewFingerprint([]string{"zip"})}}
	key := func(r providers.Request) string {
		keyed := l.withKey(r, &operation{idempotency: "X-Key"}, mapping.Row{Cells: []string{"1067"}})
		return keyed.Header.Get("X-Key")
	}
	sent := providers.Request{Method: "POST", Path: "/a", Query: "x=1", Body: []byte(`{"zip":"1067"}`)}
	if first, second := key(sent), key(sent); first == "" || first != second {
		t.Errorf("the keys of one request: %q and %q", first, second)
	}
	for name, other := range map[string]providers.Request{
		"body":   {Method: "POST", Path: "/a", Query: "x=1", Body: []byte(`{"zip":"01067"}`)},
		"path":   {Method: "POST", Path: "/b", Query: "x=1", Body: sent.Body},
		"query":  {Method: "POST", Path: "/a", Query: "x=2", Body: sent.Body},
		"method": {Method: "PUT", Path: "/a", Query: "x=1", Body: sent.Body},
	} {
		if key(other) == key(sent) {
			t.Errorf("another %s has the same key", name)
		}
	}
}
