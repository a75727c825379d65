package sandbox

import (
	"bytes"
	"net/http"
	"slices"
	"time"
)

// Ending is how an answer reaches the client.
type Ending uint8

// The endings.
const (
	Complete    Ending = iota
	ResetBefore        // the connection is reset and nothing is applied
	ResetAfter         // applied as always; then the connection is reset instead of an answer
	Truncated          // applied as always; half of the body comes, less than its head announces
)

func (e Ending) resets() bool { return e == ResetBefore || e == ResetAfter }

// Answer is what a test makes of one request. The zero value is the simulated answer.
type Answer struct {
	Status int         // 0: the simulated answer, and what it changes
	Header http.Header // set over those of the answer
	Body   string      // only with a Status
	Apply  bool        // with a Status: the change is made all the same
	Delay  time.Duration
	Hold   <-chan struct{} // the answer waits until it is closed; the change does not
	End    Ending
}

func (a *Answer) plain() bool {
	return a.Status == 0 && a.Header == nil && a.Delay == 0 && a.Hold == nil && a.End == Complete
}

func (a *Answer) reply() reply {
	return reply{status: a.Status, media: mediaJSON, body: []byte(a.Body)}
}

// Call is a request as a [Sandbox.Hook] sees it.
type Call struct {
	Provider  string
	Operation string // as in a mapping, or token, ping, get_customer, find_customer; empty: no such path
	Method    string
	Path      string // escaped, below the base URL
	Query     string
	Object    string // as in [Applied]; empty if the request names none, or is refused before
	Header    http.Header
	Body      []byte
	Nth       int // among the provider's requests, from 1; tokens are not counted
	Attempt   int // how often this very content came, from 1, since there is a hook
}

// Script gives the provider's next requests these answers, one each, whatever they
// ask; after that it answers as before. An operation, or the word token, keeps the
// answers for such requests; an empty one is for any but tokens. Scripts go before
// hooks, chance, limits and credentials. It panics if there is no such provider.
func (s *Sandbox) Script(provider, operation string, answers ...Answer) {
	t := &s.mustSim(provider).tally
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range answers {
		t.scripts = append(t.scripts, script{operation, a})
	}
}

// Hook lets a function answer all requests to a provider, tokens too; nil ends that.
// It runs when the request has been read, in several goroutines at once; for the
// zero Answer all goes on as without it. It panics if there is no such provider.
func (s *Sandbox) Hook(provider string, hook func(Call) Answer) {
	t := &s.mustSim(provider).tally
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = hook
}

func (s *Sandbox) mustSim(provider string) *simulation {
	sim := s.sim(provider)
	if sim == nil {
		panic("sandbox: no provider " + provider)
	}
	return sim
}

type script struct {
	operation string
	answer    Answer
}

func (s *script) meant(operation string) bool {
	if s.operation == "" {
		return operation != opToken
	}
	return s.operation == operation
}

// script gives what a test wants for a call, and whether it wants anything.
func (t *tally) script(c *call) (Answer, bool) {
	t.mu.Lock()
	hook := t.hook
	if c.operation() != opToken {
		t.nth++
	}
	nth := t.nth
	i := slices.IndexFunc(t.scripts, func(s script) bool { return s.meant(c.operation()) })
	if i >= 0 {
		next := t.scripts[i].answer
		t.scripts = slices.Delete(t.scripts, i, i+1)
		t.mu.Unlock()
		return next, true
	}
	t.mu.Unlock()
	if hook == nil {
		return Answer{}, false
	}
	a := hook(c.shown(nth))
	return a, !a.plain()
}

func (c *call) shown(nth int) Call {
	if c.refusal == nil {
		c.endpoint.parse(c) // for the object only: a refusal is found again by simulate
	}
	r := c.request
	return Call{
		Provider: c.sim.name, Operation: c.operation(), Method: r.Method, Path: c.path, Query: r.URL.RawQuery,
		Object: c.object, Header: r.Header.Clone(), Body: bytes.Clone(c.body), Nth: nth, Attempt: c.attempt,
	}
}
