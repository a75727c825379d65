package sandbox

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// tokens are the access tokens that were given and are still good.
type tokens struct {
	life time.Duration

	mu   sync.Mutex
	live []grantedToken // oldest first
}

type grantedToken struct {
	text    string
	expires time.Time
}

// maxTokens bounds what a client that asks without end can make us keep; the oldest
// are forgotten.
const maxTokens = 1000

func newTokens(o Options) *tokens { return &tokens{life: o.TokenLife} }

// give makes a token that is good from now on, for the time that it returns.
func (t *tokens) give(now time.Time) (string, time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live = slices.DeleteFunc(t.live, func(g grantedToken) bool { return !now.Before(g.expires) })
	if len(t.live) >= maxTokens {
		t.live = slices.Delete(t.live, 0, 1)
	}
	text := "sandbox-" + rand.Text()
	t.live = append(t.live, grantedToken{text, now.Add(t.life)})
	return text, t.life
}

func (t *tokens) good(text string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.live, func(g grantedToken) bool {
		return same(g.text, text) && now.Before(g.expires)
	})
}

// RevokeTokens makes all of a provider's access tokens worthless, as if they had
// expired. It does nothing for providers without tokens.
func (s *Sandbox) RevokeTokens(provider string) {
	sim := s.sim(provider)
	if sim == nil || sim.tokens == nil {
		return
	}
	sim.tokens.mu.Lock()
	defer sim.tokens.mu.Unlock()
	sim.tokens.live = nil
}
