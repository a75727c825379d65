package sandbox

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rowpost/providers"
)

const (
	signingSecret = "sandbox-signing-key-opens-nothing"
	// awkward is in passwords and secrets, so that a client that forgets to escape them
	// fails here and not at the API.
	awkward = "+:/%41="
	// signatureAge is how far a signature's time may be from the server's.
	signatureAge = 5 * time.Minute
)

// declaredValues has a value for each variable of a provider. Names of users and ids of
// clients hold nothing that schemes forbid in them.
func declaredValues(d providers.Description) map[string]string {
	values := map[string]string{}
	for _, v := range d.Variables {
		values[v.Name] = "sandbox-" + strings.ReplaceAll(strings.ToLower(v.Name), "_", "-")
	}
	if d.Auth.Scheme == providers.Basic || d.Auth.Scheme == providers.OAuth2 {
		values[d.Auth.Password] += awkward
	}
	if s := d.Auth.Signature; s != nil {
		values[s.Secret] = encode(s.SecretEncoding, []byte(signingSecret))
	}
	return values
}

func encode(as providers.Encoding, raw []byte) string {
	switch as {
	case providers.Hex:
		return hex.EncodeToString(raw)
	case providers.Base64:
		return base64.StdEncoding.EncodeToString(raw)
	case providers.PlainText:
	}
	return string(raw)
}

// declaredEnvironment has the variables that point at a declared provider's simulation.
func (s *Sandbox) declaredEnvironment(d providers.Description) []Variable {
	vars := []Variable{{strings.ToUpper(d.Name) + "_BASE_URL", s.URL(d.Name)}}
	values := declaredValues(d)
	for _, v := range d.Variables {
		vars = append(vars, Variable{v.Name, values[v.Name]})
	}
	return vars
}

func (api *declaredAPI) authorize(c *call) *reply {
	if api.knows(c) && api.isSigned(c) {
		return nil
	}
	r := api.trouble(http.StatusUnauthorized, "The credentials are missing or wrong.")
	switch api.description.Auth.Scheme {
	case providers.Basic:
		r = r.with("WWW-Authenticate", `Basic realm="sandbox"`)
	case providers.Bearer, providers.OAuth2:
		r = r.with("WWW-Authenticate", "Bearer")
	case providers.NoAuth, providers.Headers:
	}
	return &r
}

// knows says whether the caller has the credentials of the declared scheme.
func (api *declaredAPI) knows(c *call) bool {
	auth := &api.description.Auth
	switch auth.Scheme {
	case providers.Basic:
		user, password, ok := c.request.BasicAuth()
		return ok && same(user, api.values[auth.Username]) && same(password, api.values[auth.Password])
	case providers.Bearer:
		return same(bearer(c), api.values[auth.Token])
	case providers.OAuth2:
		return api.sim.tokens.good(bearer(c), c.arrived)
	case providers.Headers:
		for _, h := range auth.Headers {
			if !same(only(c.request.Header, h.Header), h.Prefix+api.values[h.Variable]) {
				return false
			}
		}
	case providers.NoAuth:
	}
	return true
}

// isSigned makes the signature anew from the request as it came.
func (api *declaredAPI) isSigned(c *call) bool {
	spec := api.description.Auth.Signature
	if spec == nil {
		return true
	}
	stamp := ""
	if spec.TimestampHeader != "" {
		stamp = only(c.request.Header, spec.TimestampHeader)
		at, err := readStamp(spec.TimestampFormat, stamp)
		if err != nil || c.arrived.Sub(at).Abs() > signatureAge {
			return false
		}
	}
	mac := hmac.New(newHash(spec.Hash), api.signingKey)
	for _, part := range spec.Signed {
		_, _ = mac.Write(signedPiece(part, c, stamp)) // a hash does not fail
	}
	return same(only(c.request.Header, spec.Header), spec.Prefix+encode(spec.Encoding, mac.Sum(nil)))
}

func newHash(name providers.SignatureHash) func() hash.Hash {
	switch name {
	case providers.SHA512:
		return sha512.New
	case providers.SHA1:
		return sha1.New
	case providers.SHA256:
	}
	return sha256.New
}

func readStamp(format providers.TimestampFormat, text string) (time.Time, error) {
	if format == providers.RFC3339 {
		return time.Parse(time.RFC3339, text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if format == providers.UnixMilliseconds {
		return time.UnixMilli(n), err
	}
	return time.Unix(n, 0), err
}

func signedPiece(part providers.SignedPart, c *call, stamp string) []byte {
	switch part.Is {
	case providers.SignedBody:
		return c.body
	case providers.SignedTimestamp:
		return []byte(stamp)
	case providers.SignedMethod:
		return []byte(c.request.Method)
	case providers.SignedPath:
		path, _, _ := strings.Cut(c.request.RequestURI, "?")
		return []byte(path)
	case providers.SignedTarget:
		return []byte(c.request.RequestURI)
	case providers.SignedText:
	}
	return []byte(part.Text)
}

// tokenPath is where tokens are, with the variables in it exchanged for their values.
func (api *declaredAPI) tokenPath() string {
	path := api.description.Auth.TokenPath
	for name, value := range api.values {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

// grant gives a token for the client's credentials (RFC 6749, sections 4.4 and 5).
func (api *declaredAPI) grant(c *call) (reply, map[string]string) {
	auth := &api.description.Auth
	user, password, _ := c.request.BasicAuth()
	id, errID := url.QueryUnescape(user)
	secret, errSecret := url.QueryUnescape(password)
	if errors.Join(errID, errSecret) != nil || !same(id, api.values[auth.Username]) || !same(secret, api.values[auth.Password]) {
		r := jsonReply(http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return r.with("WWW-Authenticate", `Basic realm="sandbox"`), nil
	}
	form, err := parseForm(c.body)
	refused := ""
	switch {
	case err != nil || form["grant_type"] == "":
		refused = "invalid_request"
	case form["grant_type"] != "client_credentials":
		refused = "unsupported_grant_type"
	case form["scope"] != auth.Scope:
		refused = "invalid_scope"
	}
	if refused != "" {
		return jsonReply(http.StatusBadRequest, map[string]string{"error": refused}), nil
	}
	api.sim.tally.gaveToken()
	access, life := api.sim.tokens.give(c.arrived)
	r := jsonReply(http.StatusOK, map[string]any{
		"access_token": access, "expires_in": seconds(life), "token_type": "Bearer", "scope": form["scope"],
	})
	return r.with("Cache-Control", "no-store"), nil
}
