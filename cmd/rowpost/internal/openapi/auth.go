package openapi

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"rowpost/providers/declared"
)

// authenticate drafts the credentials from the first alternative that the file format can
// express. A file has one for all operations.
func (d *drafter) authenticate(chosen []candidate) {
	requirements := d.doc.Security
	for _, c := range chosen {
		if len(requirements) > 0 {
			break
		}
		if c.of.Security != nil {
			requirements = *c.of.Security
		}
	}
	if len(requirements) == 0 {
		d.note("auth: the document asks for no credentials; if the API does, describe them under auth")
		return
	}
	var refused []string
	for _, r := range requirements {
		if len(r) == 0 {
			continue // an alternative without credentials
		}
		auth, variables, notes, why := d.scheme(r)
		if why != "" {
			refused = append(refused, why)
			continue
		}
		d.file.Auth, d.file.Variables = auth, variables
		d.notes = append(d.notes, notes...)
		break
	}
	switch {
	case len(refused) > 0 && d.file.Auth == nil:
		d.note("auth: left out, so requests are refused until it is described: %s", strings.Join(refused, "; "))
	case len(requirements) > 1:
		d.note("auth: the document has alternatives (%s); the first that can be expressed was taken", alternatives(requirements))
	}
	for _, c := range chosen {
		if c.of.Security != nil && d.file.Auth != nil && !sameSecurity(*c.of.Security, requirements) {
			d.note("auth: %s has credentials of its own in the document; a file has one scheme for all operations", c.title())
		}
	}
}

func alternatives(list openapi3.SecurityRequirements) string {
	var out []string
	for _, r := range list {
		out = append(out, text(strings.Join(slices.Sorted(maps.Keys(r)), " with ")))
	}
	return strings.Join(out, ", ")
}

func sameSecurity(a, b openapi3.SecurityRequirements) bool { return alternatives(a) == alternatives(b) }

// scheme drafts what one alternative asks for, all of it; why says why it cannot.
func (d *drafter) scheme(r openapi3.SecurityRequirement) (auth *declared.Auth, variables []declared.Variable, notes []string, why string) {
	auth = &declared.Auth{}
	for _, name := range slices.Sorted(maps.Keys(r)) {
		var s *openapi3.SecurityScheme
		if d.doc.Components != nil && d.doc.Components.SecuritySchemes[name] != nil {
			s = d.doc.Components.SecuritySchemes[name].Value
		}
		if s == nil {
			return nil, nil, nil, "the scheme " + text(name) + " is not in the document"
		}
		add := func(ending, help string, public bool) string {
			v := declared.Variable{Name: strings.ToUpper(d.file.Name) + "_" + ending, Help: help}
			if public {
				secret := false
				v.Secret = &secret
			}
			variables = append(variables, v)
			return v.Name
		}
		switch kind := strings.ToLower(s.Scheme); {
		case s.Type == "http" && kind == "basic":
			auth.Basic = &declared.Basic{Username: add("USERNAME", "user name", true), Password: add("PASSWORD", "password", false)}
		case s.Type == "http" && kind == "bearer":
			auth.Bearer = add("TOKEN", "access token", false)
		case s.Type == "apiKey" && s.In == "header":
			if auth.Headers == nil {
				auth.Headers = map[string]string{}
			}
			auth.Headers[http.CanonicalHeaderKey(s.Name)] = add(variableEnding(s.Name), "value of the header "+text(s.Name), false)
			if strings.EqualFold(s.Name, "Authorization") {
				notes = append(notes, "auth: the whole value of Authorization is the variable's; if it begins with a fixed word, write Word {VARIABLE}")
			}
		case s.Type == "oauth2" && d.clientCredentials(s) != "":
			auth.OAuth2 = &declared.OAuth2{
				ClientID: add("CLIENT_ID", "id of the API client", true), ClientSecret: add("CLIENT_SECRET", "secret of the API client", false),
				TokenPath: d.clientCredentials(s), Scope: strings.Join(r[name], " "),
			}
		case s.Type == "oauth2" || s.Type == "openIdConnect":
			auth.Bearer = add("TOKEN", "access token, obtained beforehand", false)
			notes = append(notes, "auth: the document wants "+text(s.Type)+" in a way that only a person can go (or with a token address elsewhere): obtain a token beforehand, or describe auth.oauth2")
		default:
			return nil, nil, nil, text(name+": "+strings.TrimSpace(s.Type+" "+s.Scheme+" "+s.In)) + " cannot be expressed"
		}
	}
	return auth, variables, notes, ""
}

// clientCredentials is the path of tokens below the base URL; empty: there is none.
func (d *drafter) clientCredentials(s *openapi3.SecurityScheme) string {
	if s.Flows == nil || s.Flows.ClientCredentials == nil || d.file.BaseURL == "" {
		return ""
	}
	at := s.Flows.ClientCredentials.TokenURL
	if strings.HasPrefix(at, "/") && !strings.HasPrefix(at, "//") {
		// RFC 3986: relative to the host, of which the base URL may name more.
		scheme, rest, _ := strings.Cut(d.file.BaseURL, "://")
		host, _, _ := strings.Cut(rest, "/")
		at = scheme + "://" + host + at
	}
	below, found := strings.CutPrefix(at, d.file.BaseURL)
	if !found || !strings.HasPrefix(below, "/") {
		return ""
	}
	return below
}

// variableEnding makes API_KEY of X-Api-Key.
func variableEnding(header string) string {
	name := strings.ToUpper(strings.TrimPrefix(http.CanonicalHeaderKey(header), "X-"))
	name = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	if strings.Trim(name, "_") == "" || name == "BASE_URL" {
		return "KEY"
	}
	return name
}
