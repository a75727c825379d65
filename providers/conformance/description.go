package conformance

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"rowpost/providers"
)

var (
	providerName  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	operationName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	variableName  = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	inBraces      = regexp.MustCompile(`\{([^{}]*)\}`)
)

// Description looks for what makes a provider's description, but for its operations', of
// no use to people or to the engine.
func Description(p providers.Provider, report Report) {
	d := p.Describe()
	if !providerName.MatchString(d.Name) {
		report("name %q: small letters and digits only", d.Name)
	}
	if d.Title == "" || d.Docs == "" {
		report("title and docs are for people and may not be empty")
	}
	if d.BaseURL != "" {
		u, err := url.Parse(d.BaseURL)
		if err != nil || u.Scheme != "https" && !isLoopback(u) || u.Host == "" || u.RawQuery != "" || strings.HasSuffix(d.BaseURL, "/") {
			report("base URL %q: https, a host, no query, no slash at the end", d.BaseURL)
		}
	}
	if len(d.Limit.Windows) == 0 || d.Limit.InFlight < 1 {
		report("limit %q: a lane needs a pace and a width", d.Limit)
	}
	for _, w := range slices.Concat(d.Limit.Windows, d.Published.Windows) {
		if w.N < 1 || w.Per <= 0 {
			report("window %v lets nothing through", w)
		}
	}
	checkVariables(d, report)
	checkAuth(d, report)
	checkCheck(d, report)
	if len(p.Operations()) == 0 {
		report("a provider without operations is of no use")
	}
	seen := map[string]bool{}
	for _, op := range p.Operations() {
		if name := op.Describe().Name; seen[name] {
			report("operation %s is there twice", name)
		} else {
			seen[name] = true
		}
	}
}

// isLoopback lets a provider that is being made be one on this machine.
func isLoopback(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && addr.IsLoopback())
}

func checkVariables(d providers.Description, report Report) {
	prefix := strings.ToUpper(d.Name) + "_"
	seen := map[string]bool{prefix + "BASE_URL": true}
	for _, v := range d.Variables {
		if !variableName.MatchString(v.Name) || !strings.HasPrefix(v.Name, prefix) {
			report("variable %s: capitals, starting with %s", v.Name, prefix)
		}
		if seen[v.Name] {
			report("variable %s is there twice, or is the base URL", v.Name)
		}
		if v.Help == "" {
			report("variable %s has no help", v.Name)
		}
		seen[v.Name] = true
	}
}

// checkAuth sees that what proves the caller is declared, and that some of it is secret.
func checkAuth(d providers.Description, report Report) {
	var used []string
	switch a := d.Auth; a.Scheme {
	case providers.NoAuth:
		if a.Signature == nil {
			return
		}
	case providers.Basic:
		used = []string{a.Username, a.Password}
	case providers.Bearer:
		used = []string{a.Token}
	case providers.Headers:
		for _, h := range a.Headers {
			if h.Header != http.CanonicalHeaderKey(h.Header) {
				report("header %s is not in its canonical form", h.Header)
			}
			used = append(used, h.Variable)
		}
	case providers.OAuth2:
		used = []string{a.Username, a.Password}
		for _, m := range inBraces.FindAllStringSubmatch(a.TokenPath, -1) {
			used = append(used, m[1])
		}
		if !strings.HasPrefix(a.TokenPath, "/") {
			report("token path %q does not start with a slash", a.TokenPath)
		}
	default:
		report("unknown auth scheme %d", a.Scheme)
	}
	used = append(used, signatureVariables(d.Auth.Signature, report)...)
	secret := false
	for _, name := range used {
		i := slices.IndexFunc(d.Variables, func(v providers.Variable) bool { return v.Name == name })
		if i < 0 {
			report("auth uses the variable %q, which is not declared", name)
			continue
		}
		secret = secret || d.Variables[i].Secret
		if !d.Variables[i].Required {
			report("auth uses %s, which is not required", name)
		}
	}
	if !secret {
		report("auth uses no secret")
	}
}

func signatureVariables(s *providers.Signature, report Report) []string {
	if s == nil {
		return nil
	}
	for _, name := range []string{s.Header, s.TimestampHeader} {
		if name != http.CanonicalHeaderKey(name) {
			report("header %s is not in its canonical form", name)
		}
	}
	if s.Header == "" || !slices.Contains(s.Signed, providers.SignedPart{Is: providers.SignedBody}) {
		report("a signature has a header and signs the body")
	}
	return []string{s.Secret}
}

func checkCheck(d providers.Description, report Report) {
	if d.Check == nil {
		return
	}
	if d.Check.Help == "" {
		report("the check does not say what it does")
	}
	if q := d.Check.Request; q.Method == "" {
		if d.Auth.Scheme != providers.OAuth2 {
			report("a check without a request fetches a token, and there is none")
		}
	} else if !strings.HasPrefix(q.Path, "/") || len(d.Check.Accepted) == 0 {
		report("check %s %s: it needs a path and the statuses that accept the caller", q.Method, q.Path)
	}
	if slices.Contains(d.Check.Accepted, http.StatusUnauthorized) {
		report("401 does not show that credentials were taken")
	}
}

// Description looks for what makes an operation's description of no use.
func (s *Subject) Description(report Report) {
	d := s.Operation.Describe()
	if !operationName.MatchString(d.Name) {
		report("name %q: small letters and underscores", d.Name)
	}
	if d.Help == "" || strings.Contains(d.Help, "\n") {
		report("help %q: one line", d.Help)
	}
	if d.RepeatNote == "" {
		report("why it is safe to repeat, or not, is not documented")
	}
	if !slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE", "GET"}, d.Method) || !strings.HasPrefix(d.Path, "/") {
		report("%s %s: a method, and a path from a slash on", d.Method, d.Path)
	}
	if err := providers.CheckSchema(d.Schema); err != nil {
		report("%v", err)
	}
	for _, m := range inBraces.FindAllStringSubmatch(d.Path, -1) {
		if i := d.Schema.Index(m[1]); i < 0 || !d.Schema.Fields[i].Required {
			report("path %s: %s is no required field", d.Path, m[1])
		}
	}
	if len(d.Schema.Key) == 0 {
		report("no field names the object that is changed: rows of one object could be sent at once")
	}
}
