package sandbox

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func customer(id int) ask {
	a := valid(trackfinity)
	a.body = "customer_id=" + strconv.Itoa(id) + "&zip=1"
	return a
}

func TestLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	s := start(t, Options{LedgerFile: path})
	c := newClient(t, s)
	c.expect(customer(1), 200, "")
	c.expect(customer(404), 404, "")
	c.expect(valid(cleverbridge), 200, "")
	c.expect(customer(1), 200, "")
	want := []Applied{
		{Seq: 1, Provider: trackfinity, Operation: "set_customer_details", Object: "1", Fields: map[string]string{"customer_id": "1", "zip": "1"}},
		{Seq: 2, Provider: cleverbridge, Operation: "update_contact", Object: "S67661151", Fields: map[string]string{
			"SubscriptionId": "S67661151", "ContactType": "BillingContact", "Contact.CountryId": "DE",
			"Contact.LanguageId": "en", "Contact.City": "Köln", "Contact.EMail": "a@b.example",
		}},
		{Seq: 3, Provider: trackfinity, Operation: "set_customer_details", Object: "1", Fields: map[string]string{"customer_id": "1", "zip": "1"}, Repeat: 1},
	}
	if diff := cmp.Diff(want, s.Ledger(), cmpopts.IgnoreFields(Applied{}, "Time")); diff != "" {
		t.Error(diff)
	}
	if got := s.Duplicates(); len(got) != 1 || got[0].Seq != 3 {
		t.Errorf("duplicates: %+v", got)
	}
	if got := s.Count(trackfinity, "1"); got != 2 {
		t.Errorf("counted %d changes", got)
	}
	wantFile(t, path, s.Ledger())
}

func wantFile(t *testing.T, path string, want []Applied) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, parseLines[Applied](t, string(data))); diff != "" {
		t.Errorf("the file differs from the ledger:\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("mode %v, want 0600", mode)
	}
}

func parseLines[T any](t *testing.T, text string) []T {
	t.Helper()
	var list []T
	for line := range strings.Lines(text) {
		var value T
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatal(err)
		}
		list = append(list, value)
	}
	return list
}

func TestLedgerFileGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	for i := range 2 {
		s := start(t, Options{LedgerFile: path})
		newClient(t, s).expect(customer(i), 200, "")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := parseLines[Applied](t, string(data)); len(got) != 2 || got[1].Object != "1" {
		t.Errorf("the file holds %+v", got)
	}
}

func TestLedgerFileThatCannotBeWritten(t *testing.T) {
	s, err := Start(t.Context(), Options{LedgerFile: filepath.Join(t.TempDir(), "ledger")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ledger.file.Close(); err != nil {
		t.Fatal(err)
	}
	newClient(t, s).expect(customer(1), 500, "")
	if got := s.Stats(trackfinity).Applied; got != 0 {
		t.Errorf("%d changes are counted as applied", got)
	}
	if err := s.Close(); err == nil {
		t.Error("nobody is told that the ledger is incomplete")
	}
}

func TestKeepBoundsMemory(t *testing.T) {
	for _, keep := range []int{-1, 3} {
		t.Run(strconv.Itoa(keep), func(t *testing.T) {
			s := start(t, Options{Keep: keep})
			c := newClient(t, s)
			for i := range 10 {
				c.expect(customer(i%5), 200, "true")
			}
			kept := max(keep, 0)
			if l, r := len(s.Ledger()), len(s.Requests()); l != kept || r != kept {
				t.Errorf("kept %d changes and %d requests, want %d", l, r, kept)
			}
			got := s.Stats(trackfinity)
			want := Stats{Received: 10, Calls: 10, Applied: 10, Duplicates: kept, MaxInFlight: 1, Dropped: 10 - 2*kept, Answers: map[int]int{200: 10}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRequestsAreInOrderOfArrival(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	hold, arrived := make(chan struct{}), make(chan struct{})
	s.Hook(trackfinity, func(call Call) Answer {
		if call.Object != "1" {
			return Answer{}
		}
		close(arrived)
		return Answer{Hold: hold}
	})
	first := make(chan answer)
	go func() { first <- c.do(customer(1)) }()
	<-arrived
	c.expect(customer(404), 404, "")
	close(hold)
	<-first
	got := s.Requests()
	want := []Received{
		{Provider: trackfinity, Operation: "set_customer_details", Method: "PATCH", Path: "/api/customer/set_customer_details", Object: "1", Status: 200},
		{Provider: trackfinity, Operation: "set_customer_details", Method: "PATCH", Path: "/api/customer/set_customer_details", Object: "404", Status: 404},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Received{}, "Time")); diff != "" {
		t.Error(diff)
	}
}

func TestInspect(t *testing.T) {
	s := start(t, Options{})
	c := newClient(t, s)
	c.expect(customer(1), 200, "")
	c.expect(customer(2), 200, "")
	c.expect(customer(404), 404, "")
	get := func(what string) answer {
		return c.do(ask{method: "GET", path: "/_sandbox/" + what, header: map[string]string{"Content-Type": ""}})
	}
	if got := parseLines[Applied](t, get("ledger?provider=trackfinity&object=2").body); len(got) != 1 || got[0].Object != "2" {
		t.Errorf("ledger: %+v", got)
	}
	if got := parseLines[Received](t, get("requests").body); len(got) != 3 || got[2].Status != 404 {
		t.Errorf("requests: %+v", got)
	}
	if got := get("state?provider=trackfinity&object=1"); got.body != `{"zip":"1"}`+"\n" {
		t.Errorf("state: %s", got.body)
	}
	if got := get("state?provider=trackfinity&object=3"); got.status != http.StatusNotFound {
		t.Errorf("state of nobody: %d", got.status)
	}
	var stats map[string]Stats
	if err := json.Unmarshal([]byte(get("stats").body), &stats); err != nil || len(stats) != 4 || stats[trackfinity].Applied != 2 {
		t.Errorf("stats: %v %+v", err, stats)
	}
	if got := get("rules"); !strings.Contains(got.body, "Item not found") {
		t.Errorf("rules: %s", got.body)
	}
	if got := get("secrets"); got.status != http.StatusNotFound {
		t.Errorf("something else: %d", got.status)
	}
	if got := c.do(ask{method: "POST", path: "/_sandbox/ledger"}); got.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.status)
	}
}

func TestInspectRefusesOtherNames(t *testing.T) {
	s := start(t, Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL("")+"/_sandbox/ledger", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "rebound.example:80"
	res, err := newClient(t, s).http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("answered %d", res.StatusCode)
	}
}
