package proof

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// pipedSink serves in this process.
func pipedSink(t *testing.T) *Sink {
	t.Helper()
	orders, in := io.Pipe()
	out, replies := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- serveSink(orders, replies) }()
	s := &Sink{in: in, out: bufio.NewReader(out)}
	if _, err := fmt.Fscanln(s.out, &s.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // a pipe's end always closes
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends a body and gives what is answered.
func ask(t *testing.T, url, body string) string {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return ""
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("status %d: %v", res.StatusCode, err)
	}
	return string(text)
}

func TestSinkConfirmsWhatItIsAsked(t *testing.T) {
	s := pipedSink(t)
	for _, c := range []struct{ name, url, want string }{
		{"a provider with one answer for all", s.URL("cleverbridge") + "/x", `{"ResultMessage":"OK"}`},
		{"one whose answer names the customer", s.URL("paysafe") + "/v2/customer-persons/4711/contact-info", `{"customerId":"4711","status":"VERIFIED"}`},
		{"any other", s.URL("acme") + "/things/1", `{"id":"1"}`},
	} {
		if got := ask(t, c.url, "{}"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if got := ask(t, s.URL("paysafe")+"/v1/auth/brands/b/token", "grant_type=x"); !strings.Contains(got, "access_token") {
		t.Errorf("a token: %s", got)
	}
	if seen, err := s.Seen(); err != nil || seen.Requests != 3 || seen.Rows != 0 {
		t.Errorf("seen: %+v, %v", seen, err)
	}
}

func TestSinkCountsRowsAndHoldsThem(t *testing.T) {
	s := pipedSink(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Hold(3))
	for _, row := range []string{"row-7@example.com", `{"Mail":"row-100000@example.com"}`, "mail=row-7%40example.com"} {
		ask(t, s.URL("acme"), row)
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		ask(t, s.URL("acme"), "row-8")
	}()
	must(s.Await(4))
	select {
	case <-answered:
		t.Error("the fourth request was answered")
	default:
	}
	must(s.Release())
	<-answered
	if seen, err := s.Seen(); err != nil || seen.Requests != 4 || seen.Rows != 3 {
		t.Errorf("seen: %+v, %v", seen, err)
	}
	must(s.Forget())
	ask(t, s.URL("acme"), "row-8")
	if seen, err := s.Seen(); err != nil || seen.Requests != 1 || seen.Rows != 1 {
		t.Errorf("seen after the beginning: %+v, %v", seen, err)
	}
}
