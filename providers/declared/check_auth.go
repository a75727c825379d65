package declared

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"rowpost/mapping"
	"rowpost/providers"
)

func (c *checker) checkAuth() {
	a := c.file.Auth
	if a == nil {
		return
	}
	before, schemes := c.Problems(), 0
	for _, given := range []bool{a.Basic != nil, a.Bearer != "", len(a.Headers) > 0, a.OAuth2 != nil} {
		if given {
			schemes++
		}
	}
	if schemes > 1 {
		c.Add("auth", "a signature may stand beside any of them", "only one of basic, bearer, headers and oauth2 can be given")
	}
	if schemes == 0 && a.Signature == nil && !c.misread {
		c.Add("auth", "leave auth out if the API wants no proof", "give one of basic, bearer, headers, oauth2 and signature")
	}
	if a.Basic != nil {
		c.variable("auth.basic.username", a.Basic.Username)
		c.variable("auth.basic.password", a.Basic.Password)
	}
	if a.Bearer != "" {
		c.variable("auth.bearer", a.Bearer)
	}
	c.checkAuthHeaders(a.Headers)
	c.checkOAuth2(a.OAuth2)
	c.checkSignature(a.Signature)
	if schemes > 0 && c.Problems() == before && !c.usesSecret() && !c.misread {
		c.Add("auth", "leave out its secret: false", "none of the variables used here is secret")
	}
}

func (c *checker) checkAuthHeaders(list map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(list)) {
		path := "auth.headers." + name
		prefix, variable := headerVariable(list[name])
		if !headerName.MatchString(name) {
			c.Add(path, "letters, digits and hyphens", "this is no name of a header")
		}
		if canonical := http.CanonicalHeaderKey(name); canonical == "Content-Type" || slices.Contains(ownHeaders()[1:], canonical) {
			c.Add(path, "", "header %s is the sender's to set", name)
		}
		if strings.ContainsAny(variable, "{}") || !isPrintable(prefix) {
			c.Add(path, "ACME_KEY, or Token {ACME_KEY}", "here must be one variable, with a text before it if need be")
			continue
		}
		c.variable(path, variable)
	}
}

func (c *checker) checkOAuth2(o *OAuth2) {
	if o == nil {
		return
	}
	c.variable("auth.oauth2.client_id", o.ClientID)
	c.variable("auth.oauth2.client_secret", o.ClientSecret)
	if !c.need("auth.oauth2.token_path", o.TokenPath, "such as /oauth/token") {
		return
	}
	names := pathFields(o.TokenPath)
	c.address("auth.oauth2.token_path", o.TokenPath, append(names, ""))
	for _, name := range names {
		c.variable("auth.oauth2.token_path", name)
	}
}

func (c *checker) checkSignature(s *Signature) {
	if s == nil {
		return
	}
	const path = "auth.signature"
	c.variable(path+".secret", s.Secret)
	if c.need(path+".header", s.Header, "such as X-Signature") && !c.isFree(s.Header) {
		c.Add(path+".header", "such as X-Signature", "a signature cannot travel in a header of this name")
	}
	if c.need(path+".hash", s.Hash, "sha256, sha512 or sha1") {
		c.word(path+".hash", s.Hash, string(providers.SHA256), string(providers.SHA512), string(providers.SHA1))
	}
	if c.need(path+".encoding", s.Encoding, "hex or base64") {
		c.word(path+".encoding", s.Encoding, string(providers.Hex), string(providers.Base64))
	}
	c.word(path+".secret_encoding", s.SecretEncoding, string(providers.PlainText), string(providers.Hex), string(providers.Base64))
	c.word(path+".timestamp_format", s.TimestampFormat, string(providers.UnixSeconds), string(providers.UnixMilliseconds), string(providers.RFC3339))
	if s.TimestampHeader != "" && (!c.isFree(s.TimestampHeader) || strings.EqualFold(s.TimestampHeader, s.Header)) {
		c.Add(path+".timestamp_header", "such as X-Timestamp", "a time cannot travel in a header of this name")
	}
	if !isPrintable(s.Prefix) {
		c.Add(path+".prefix", "", "the prefix must be printable ASCII characters")
	}
	c.checkSigned(path+".signed", s)
}

// isFree says that nothing else travels in a header: neither what the sender sets, nor what
// else proves the caller.
func (c *checker) isFree(name string) bool {
	a, canonical := c.file.Auth, http.CanonicalHeaderKey(name)
	for other := range a.Headers {
		if http.CanonicalHeaderKey(other) == canonical {
			return false
		}
	}
	if canonical == "Authorization" {
		return a.Basic == nil && a.Bearer == "" && a.OAuth2 == nil
	}
	return headerName.MatchString(name) && canonical != "Content-Type" && !slices.Contains(ownHeaders(), canonical)
}

func (c *checker) checkSigned(path string, s *Signature) {
	stamped := slices.Contains(s.Signed, string(providers.SignedTimestamp))
	if stamped && s.TimestampHeader == "" {
		c.Add(path, "name its header: timestamp_header", "the time is signed, and no header carries it")
	}
	if len(s.Signed) > 0 && !slices.Contains(s.Signed, string(providers.SignedBody)) {
		c.Add(path, "", "what is signed must include the body: else the signature proves nothing of it")
	}
	words := []string{
		string(providers.SignedBody), string(providers.SignedTimestamp), string(providers.SignedMethod),
		string(providers.SignedPath), string(providers.SignedTarget),
	}
	for i, text := range s.Signed {
		if near := mapping.DidYouMean(text, words); near != "" && !slices.Contains(words, text) && len(text) > 2 {
			c.Add(at(path, i), "", "part %q is taken as a text as it stands%s", text, near)
		}
	}
}

// usesSecret says whether a variable that auth uses is a secret.
func (c *checker) usesSecret() bool {
	d := auth(c.file.Auth)
	used := []string{d.Username, d.Password, d.Token}
	for _, h := range d.Headers {
		used = append(used, h.Variable)
	}
	if d.Signature != nil {
		used = append(used, d.Signature.Secret)
	}
	return slices.ContainsFunc(c.file.Variables, func(v Variable) bool {
		return v.isSecret() && slices.Contains(used, v.Name)
	})
}

func isPrintable(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}
