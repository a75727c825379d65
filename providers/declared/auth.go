package declared

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"rowpost/providers"
)

// auth takes what was checked.
func auth(a *Auth) providers.Auth {
	if a == nil {
		return providers.Auth{}
	}
	var out providers.Auth
	switch {
	case a.Basic != nil:
		out = providers.Auth{Scheme: providers.Basic, Username: a.Basic.Username, Password: a.Basic.Password}
	case a.Bearer != "":
		out = providers.Auth{Scheme: providers.Bearer, Token: a.Bearer}
	case a.OAuth2 != nil:
		out = providers.Auth{
			Scheme: providers.OAuth2, Username: a.OAuth2.ClientID, Password: a.OAuth2.ClientSecret,
			TokenPath: a.OAuth2.TokenPath, Scope: a.OAuth2.Scope,
		}
	case len(a.Headers) > 0:
		out.Scheme = providers.Headers
		for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
			prefix, variable := headerVariable(a.Headers[name])
			out.Headers = append(out.Headers, providers.AuthHeader{
				Header: http.CanonicalHeaderKey(name), Variable: variable, Prefix: prefix,
			})
		}
	}
	out.Signature = signature(a.Signature)
	return out
}

// headerVariable reads ACME_KEY, or a text and the variable in braces: Token {ACME_KEY}.
func headerVariable(text string) (prefix, variable string) {
	before, rest, found := strings.Cut(text, "{")
	if !found {
		return "", text
	}
	return before, strings.TrimSuffix(rest, "}")
}

func signature(s *Signature) *providers.Signature {
	if s == nil {
		return nil
	}
	out := &providers.Signature{
		Header: http.CanonicalHeaderKey(s.Header), Secret: s.Secret,
		SecretEncoding: providers.PlainText, Hash: providers.SignatureHash(s.Hash),
		Encoding: providers.Encoding(s.Encoding), Prefix: s.Prefix,
		TimestampFormat: providers.UnixSeconds,
	}
	if s.TimestampHeader != "" {
		out.TimestampHeader = http.CanonicalHeaderKey(s.TimestampHeader)
	}
	if s.SecretEncoding != "" {
		out.SecretEncoding = providers.Encoding(s.SecretEncoding)
	}
	if s.TimestampFormat != "" {
		out.TimestampFormat = providers.TimestampFormat(s.TimestampFormat)
	}
	for _, text := range s.Signed {
		out.Signed = append(out.Signed, signedPart(text))
	}
	if len(s.Signed) == 0 {
		out.Signed = []providers.SignedPart{{Is: providers.SignedBody}}
	}
	return out
}

func signedPart(text string) providers.SignedPart {
	switch what := providers.SignedWhat(text); what {
	case providers.SignedBody, providers.SignedTimestamp, providers.SignedMethod, providers.SignedPath, providers.SignedTarget:
		return providers.SignedPart{Is: what}
	case providers.SignedText:
	}
	return providers.SignedPart{Text: text}
}
