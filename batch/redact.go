package batch

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"rowpost/providers"
)

const redacted = "[redacted]"

// redactor replaces secrets in texts that came from outside. A provider may echo
// what it was sent, as it stood or encoded.
// It is safe for concurrent use.
type redactor struct{ words atomic.Pointer[[]string] }

func (r *redactor) list() []string {
	if p := r.words.Load(); p != nil {
		return *p
	}
	return nil
}

// with gives a redactor for further secrets.
func (r *redactor) with(secrets []string) *redactor {
	if len(secrets) == 0 {
		return r
	}
	out := &redactor{}
	out.words.Store(r.words.Load())
	out.add(secrets...)
	return out
}

// add makes the secrets unseen, in the forms in which they travel.
func (r *redactor) add(secrets ...string) {
	old := r.words.Load()
	words := slices.Clone(r.list())
	for _, s := range secrets {
		if s == "" {
			continue
		}
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s))} {
			if !slices.Contains(words, form) {
				words = append(words, form)
			}
		}
	}
	// Longest first: a secret that is part of another must not leave the rest of it.
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	if !r.words.CompareAndSwap(old, &words) {
		r.add(secrets...) // somebody else added some meanwhile
	}
}

// text gives the text without any of the secrets.
func (r *redactor) text(s string) string {
	if s == "" {
		return s
	}
	for _, w := range r.list() {
		if strings.Contains(s, w) {
			s = strings.ReplaceAll(s, w, redacted)
		}
	}
	return r.cutTail(s)
}

// shortestTail is how much of a secret's beginning gives it away at the end of a
// text that was cut.
const shortestTail = 4

// cutTail hides the beginning of a secret at the end of a text: messages are
// bounded before they come here.
func (r *redactor) cutTail(s string) string {
	body := strings.TrimRight(s, ".…")
	for _, w := range r.list() {
		for n := min(len(w), len(body)); n >= shortestTail; n-- {
			if strings.HasSuffix(body, w[:n]) {
				return body[:len(body)-n] + redacted
			}
		}
	}
	return s
}

// outcome gives the outcome without any of the secrets.
func (r *redactor) outcome(o providers.Outcome) providers.Outcome {
	o.ID, o.Code, o.Message, o.Field = r.text(o.ID), r.text(o.Code), r.text(o.Message), r.text(o.Field)
	return o
}
