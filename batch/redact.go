package batch

import (
	"cmp"
	"encoding/base64"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"rowpost/providers"
)

const redacted = "[redacted]"

// redactor replaces secrets in texts that came from outside. A provider may echo
// what it was sent, as it stood or encoded. It is safe for concurrent use.
type redactor struct {
	mu     sync.Mutex // one change at a time; guards fixed and tokens
	fixed  []string
	tokens []string
	words  atomic.Pointer[[]string] // every form of all of them, longest first
}

// tokensKept is how many of the last tokens are hidden: answers under way may echo one
// that was replaced meanwhile, and none older.
const tokensKept = 4

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
	out.set(append(formsOf(secrets), r.list()...))
	return out
}

// add makes the secrets unseen, in the forms in which they travel.
func (r *redactor) add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fixed = append(r.fixed, secrets...)
	r.set(formsOf(slices.Concat(r.fixed, r.tokens)))
}

// addToken makes a token unseen that replaces an earlier one.
func (r *redactor) addToken(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tokens = append(r.tokens, token)
	r.tokens = r.tokens[max(0, len(r.tokens)-tokensKept):]
	r.set(formsOf(slices.Concat(r.fixed, r.tokens)))
}

// set sorts the words, longest first: a secret that is part of another must not leave
// the rest of it.
func (r *redactor) set(words []string) {
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	words = slices.Compact(words)
	r.words.Store(&words)
}

// formsOf lists how the secrets may look in an answer or in what is made of it.
func formsOf(secrets []string) []string {
	var forms []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		clean := providers.CleanMessage(s)
		query, path := url.QueryEscape(s), url.PathEscape(s)
		forms = append(forms, s, clean, query, path, lowerEscapes(query), lowerEscapes(path),
			html.EscapeString(s), quoted(s), quoted(clean), quoted(quoted(s)),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s)))
	}
	return slices.DeleteFunc(forms, func(f string) bool { return f == "" })
}

// quoted is a text as it stands between the quotes of a string in JSON or in Go.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			b[i+1], b[i+2] = lower(b[i+1]), lower(b[i+2])
		}
	}
	return string(b)
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'F' {
		return c + 'a' - 'A'
	}
	return c
}

// text gives the text without any of the secrets.
func (r *redactor) text(s string) string {
	if s == "" || Planted("secrets-kept") {
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
