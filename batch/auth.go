package batch

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"rowpost/providers"
)

// authorizer proves to a provider who calls. It is safe for concurrent use.
type authorizer interface {
	// apply sets the headers of one attempt. It has a time of its own if it has to fetch
	// something: that must not eat the attempt's. The number it gives names the proof that
	// was used; hand it to renew when the provider refused it.
	apply(ctx context.Context, h http.Header) (proof int, err *sendFailure)
	// renew gets a new proof in place of the one that was refused, and says whether
	// there is one now.
	renew(ctx context.Context, proof int) (bool, *sendFailure)
	// accepted tells that the provider took a proof.
	accepted(proof int)
}

// newAuthorizer makes what the provider's description declares. The redactor learns
// every secret that will travel.
func newAuthorizer(d providers.Description, base *url.URL, values map[string]providers.Secret, rt http.RoundTripper, timeout time.Duration, red *redactor) authorizer {
	get := func(name string) string { return values[name].Reveal() }
	for _, v := range d.Variables {
		if v.Secret {
			red.add(get(v.Name))
		}
	}
	switch d.Auth.Scheme {
	case providers.Basic:
		token := base64.StdEncoding.EncodeToString([]byte(get(d.Auth.Username) + ":" + get(d.Auth.Password)))
		red.add(token)
		return staticAuth{fixed("Authorization", "Basic "+token)}
	case providers.Bearer:
		return staticAuth{fixed("Authorization", "Bearer "+get(d.Auth.Token))}
	case providers.Headers:
		var headers staticAuth
		for _, h := range d.Auth.Headers {
			headers = append(headers, fixed(http.CanonicalHeaderKey(h.Header), h.Prefix+get(h.Variable)))
		}
		return headers
	case providers.OAuth2:
		return newTokenAuth(d.Auth, base, get, rt, timeout, red)
	case providers.NoAuth:
	}
	return staticAuth{}
}

// staticAuth is a fixed list of headers.
type staticAuth []fixedHeader

// fixedHeader is a header that all requests share.
type fixedHeader struct {
	name   string
	values []string
}

func fixed(name, value string) fixedHeader { return fixedHeader{name, []string{value}} }

func (a staticAuth) apply(_ context.Context, h http.Header) (int, *sendFailure) {
	for _, f := range a {
		h[f.name] = f.values
	}
	return 0, nil
}

func (staticAuth) renew(context.Context, int) (bool, *sendFailure) { return false, nil }
func (staticAuth) accepted(int)                                    {}

// tokenAuth fetches OAuth2 tokens. One caller fetches, the others wait for it.
type tokenAuth struct {
	config  clientcredentials.Config
	client  *http.Client
	secrets *redactor // learns each token
	timeout time.Duration

	// turn guards what follows; a channel, so that waiting for it can be given up.
	turn  chan struct{}
	token *oauth2.Token
	value []string // of the header, with the token
	proof int      // counts the tokens

	taken atomic.Int64 // the last proof that the provider accepted
}

func newTokenAuth(a providers.Auth, base *url.URL, get func(string) string, rt http.RoundTripper, timeout time.Duration, red *redactor) *tokenAuth {
	return &tokenAuth{
		config: clientcredentials.Config{
			ClientID:     get(a.Username),
			ClientSecret: get(a.Password),
			TokenURL:     strings.TrimSuffix(base.String(), "/") + expandPath(a.TokenPath, get),
			AuthStyle:    oauth2.AuthStyleInHeader,
			Scopes:       strings.Fields(a.Scope),
		},
		client: &http.Client{
			Transport:     rt,
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		turn:    make(chan struct{}, 1),
		secrets: red,
		timeout: timeout,
	}
}

// expandPath puts the values of variables, escaped, in the place of their names in braces.
func expandPath(path string, get func(string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "{")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String()
		}
		b.WriteString(url.PathEscape(get(name)))
		path = after
	}
}

func (a *tokenAuth) lock(ctx context.Context) *sendFailure {
	select {
	case a.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		f := classifyFailure(ctx.Err(), false)
		f.msg = "no token: " + f.msg
		return f
	}
}

func (a *tokenAuth) unlock() { <-a.turn }

func (a *tokenAuth) apply(ctx context.Context, h http.Header) (int, *sendFailure) {
	select {
	case a.turn <- struct{}{}:
		if a.token.Valid() {
			defer a.unlock()
			return a.prove(h), nil
		}
		a.unlock()
	default: // somebody fetches a token, or is about to be done here
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	if err := a.lock(ctx); err != nil {
		return 0, err
	}
	defer a.unlock()
	if !a.token.Valid() {
		if err := a.fetch(ctx); err != nil {
			return 0, err
		}
	}
	return a.prove(h), nil
}

// prove sets the header; the caller has the turn.
func (a *tokenAuth) prove(h http.Header) int {
	h["Authorization"] = a.value
	return a.proof
}

func (a *tokenAuth) accepted(proof int) {
	for {
		last := a.taken.Load()
		if int64(proof) <= last || a.taken.CompareAndSwap(last, int64(proof)) {
			return
		}
	}
}

// renew fetches a new token, unless somebody did so since, and unless the refused
// one was never accepted: a fresh token that is refused means wrong permissions.
func (a *tokenAuth) renew(ctx context.Context, proof int) (bool, *sendFailure) {
	if err := a.lock(ctx); err != nil {
		return false, err
	}
	defer a.unlock()
	if proof != a.proof {
		return true, nil
	}
	if a.taken.Load() < int64(proof) {
		return false, nil
	}
	if err := a.fetch(ctx); err != nil {
		a.token = nil // the provider refused it: the next attempt needs another
		return false, err
	}
	return true, nil
}

// fetch gets a token; the caller has the turn.
func (a *tokenAuth) fetch(ctx context.Context) *sendFailure {
	token, err := a.config.Token(context.WithValue(ctx, oauth2.HTTPClient, a.client))
	if err != nil {
		f := tokenFailure(err)
		f.msg = a.secrets.text(f.msg)
		return f
	}
	a.secrets.addToken(token.AccessToken)
	a.token, a.value = token, []string{"Bearer " + token.AccessToken}
	a.proof++
	return nil
}

// tokenFailure says why there is no token. The provider's own operation was not
// called, so nothing was sent of the row.
func tokenFailure(err error) *sendFailure {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || answer.Response == nil {
		f := classifyFailure(err, false)
		f.msg = "no token: " + f.msg
		return f
	}
	status := answer.Response.StatusCode
	f := &sendFailure{
		code: fmt.Sprintf("token_http_%d", status),
		msg:  fmt.Sprintf("no token: the token endpoint answered %d %s", status, http.StatusText(status)),
	}
	if answer.ErrorCode != "" {
		f.msg += ": " + providers.CleanMessage(answer.ErrorCode+" "+answer.ErrorDescription)
	}
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		f.retryAfter = providers.RetryAfter(providers.Response{Status: status, Header: answer.Response.Header, At: time.Now()})
	default:
		f.refused = true
	}
	return f
}
