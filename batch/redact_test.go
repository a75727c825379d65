package batch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rowpost/providers"
)

func TestRedactor(t *testing.T) {
	r := &redactor{}
	r.add("s3cr et/+", "tok", "")
	r.add("token-123")
	for _, tc := range []struct{ name, in, want string }{
		{"as it stands", "key s3cr et/+ is wrong", "key [redacted] is wrong"},
		{"query form", "?k=s3cr+et%2F%2B&x", "?k=[redacted]&x"},
		{"path form", "/s3cr%20et%2F+/", "/[redacted]/"},
		{"base64", "Basic czNjciBldC8r", "Basic [redacted]"},
		{"the longer of two that overlap", "bearer token-123", "bearer [redacted]"},
		{"cut at the message's end", "bad key s3cr e…", "bad key [redacted]"},
		{"nothing secret", "plain words", "plain words"},
		{"empty", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := r.text(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if got := r.with([]string{"pw"}).text("pw tok"); got != "[redacted] [redacted]" {
		t.Errorf("with a row's secret: %q", got)
	}
	if got := r.text("pw"); got != "pw" {
		t.Errorf("a row's secret stayed: %q", got)
	}
}

// An answer that repeats a password is cleaned or quoted before it is a message.
func TestRedactorKnowsWhatMessagesMakeOfASecret(t *testing.T) {
	const (
		secret = `pa"ss  wo\rd`
		asJSON = `{"message":"bad password pa\"ss  wo\\rd"}`
	)
	r := &redactor{}
	r.add(secret)
	html := http.Header{"Content-Type": {"text/html"}}
	for _, tc := range []struct {
		name string
		out  providers.Outcome
	}{
		{"a page's title", providers.Conventions{}.Unconfirmed(providers.Response{Status: 200, Header: html, Body: []byte("<title>bad password " + secret + "</title>")}, "true")},
		{"JSON in place of a page", providers.Conventions{}.Unconfirmed(providers.Response{Status: 200, Header: html, Body: []byte(asJSON)}, "true")},
		{"a refusal in JSON", providers.Conventions{}.Failure(providers.Response{Status: 422, Body: []byte(asJSON)})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := r.outcome(tc.out).Message
			if !strings.Contains(got, "bad password "+redacted) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// A long run has thousands of tokens; looking for all of them in each answer would
// make it slower and slower.
func TestOnlyTheLastTokensAreLookedFor(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api, _ := tokenAPI(t, func(w http.ResponseWriter, _ *http.Request, n int) {
			grant(w, fmt.Sprintf("token-%d-", n), 5) // too short a life to be used twice
		}, ok)
		job := newJob(t, table(1), tokenProvider, api)
		s, err := newSender(tokenProvider.Describe(), job.Accounts["acme"], job.Options)
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		for range 100 {
			if got := sendOnce(t.Context(), s, post); got.status != 200 {
				t.Fatalf("%+v", got)
			}
		}
		want := redacted + " " + redacted + " token-7- " + redacted
		if got := s.secrets.text("token-99- token-98- token-7- hunter2-opens-nothing"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if n := len(s.secrets.list()); n > 50 {
			t.Errorf("%d words to look for after 100 tokens", n)
		}
	})
}

func TestNoSecretComesBack(t *testing.T) {
	inVirtualTime(t, func(t *testing.T) {
		api := newFakeAPI(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			w.WriteHeader(422)
			_, _ = fmt.Fprintf(w, "bad %s with pin 8842 and password hunter2-opens-nothing", r.Header.Get("Authorization"))
		})
		job := newJob(t, fakeTable{{"c1", "v", "8842"}}, fakeProvider{name: "acme", scheme: providers.Basic, safe: true}, api)
		got, _ := lines(t, job)
		if want := "bad Basic [redacted] with pin [redacted] and password [redacted]"; got[0].Message != want {
			t.Errorf("got %q", got[0].Message)
		}
	})
}
