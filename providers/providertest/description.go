package providertest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rowpost/providers"
)

var (
	providerName  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	operationName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	variableName  = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	inBraces      = regexp.MustCompile(`\{([^{}]*)\}`)
)

func checkDescription(t *testing.T, p providers.Provider) {
	d := p.Describe()
	if !providerName.MatchString(d.Name) {
		t.Errorf("name %q: small letters and digits only", d.Name)
	}
	if d.Title == "" || d.Docs == "" {
		t.Error("title and docs are for people and may not be empty")
	}
	if d.BaseURL != "" {
		u, err := url.Parse(d.BaseURL)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || strings.HasSuffix(d.BaseURL, "/") {
			t.Errorf("base URL %q: https, a host, no query, no slash at the end", d.BaseURL)
		}
	}
	if len(d.Limit.Windows) == 0 || d.Limit.InFlight < 1 {
		t.Errorf("limit %q: a lane needs a pace and a width", d.Limit)
	}
	for _, w := range slices.Concat(d.Limit.Windows, d.Published.Windows) {
		if w.N < 1 || w.Per <= 0 {
			t.Errorf("window %v lets nothing through", w)
		}
	}
	checkVariables(t, d)
	checkAuth(t, d)
	checkCheck(t, d)
	if len(p.Operations()) == 0 {
		t.Error("a provider without operations is of no use")
	}
	seen := map[string]bool{}
	for _, op := range p.Operations() {
		if name := op.Describe().Name; seen[name] {
			t.Errorf("operation %s is there twice", name)
		} else {
			seen[name] = true
		}
	}
}

func checkVariables(t *testing.T, d providers.Description) {
	prefix := strings.ToUpper(d.Name) + "_"
	seen := map[string]bool{prefix + "BASE_URL": true}
	for _, v := range d.Variables {
		if !variableName.MatchString(v.Name) || !strings.HasPrefix(v.Name, prefix) {
			t.Errorf("variable %s: capitals, starting with %s", v.Name, prefix)
		}
		if seen[v.Name] {
			t.Errorf("variable %s is there twice, or is the base URL", v.Name)
		}
		if v.Help == "" {
			t.Errorf("variable %s has no help", v.Name)
		}
		seen[v.Name] = true
	}
}

// checkAuth sees that what proves the caller is declared, and that some of it is secret.
func checkAuth(t *testing.T, d providers.Description) {
	var used []string
	switch a := d.Auth; a.Scheme {
	case providers.NoAuth:
		return
	case providers.Basic:
		used = []string{a.Username, a.Password}
	case providers.Bearer:
		used = []string{a.Token}
	case providers.Headers:
		for _, h := range a.Headers {
			if h.Header != http.CanonicalHeaderKey(h.Header) {
				t.Errorf("header %s is not in its canonical form", h.Header)
			}
			used = append(used, h.Variable)
		}
	case providers.OAuth2:
		used = []string{a.Username, a.Password}
		for _, m := range inBraces.FindAllStringSubmatch(a.TokenPath, -1) {
			used = append(used, m[1])
		}
		if !strings.HasPrefix(a.TokenPath, "/") {
			t.Errorf("token path %q does not start with a slash", a.TokenPath)
		}
	default:
		t.Fatalf("unknown auth scheme %d", a.Scheme)
	}
	secret := false
	for _, name := range used {
		i := slices.IndexFunc(d.Variables, func(v providers.Variable) bool { return v.Name == name })
		if i < 0 {
			t.Errorf("auth uses the variable %q, which is not declared", name)
			continue
		}
		secret = secret || d.Variables[i].Secret
		if !d.Variables[i].Required {
			t.Errorf("auth uses %s, which is not required", name)
		}
	}
	if !secret {
		t.Error("auth uses no secret")
	}
}

func checkCheck(t *testing.T, d providers.Description) {
	if d.Check == nil {
		return
	}
	if d.Check.Help == "" {
		t.Error("the check does not say what it does")
	}
	if q := d.Check.Request; q.Method == "" {
		if d.Auth.Scheme != providers.OAuth2 {
			t.Error("a check without a request fetches a token, and there is none")
		}
	} else if !strings.HasPrefix(q.Path, "/") || len(d.Check.Accepted) == 0 {
		t.Errorf("check %s %s: it needs a path and the statuses that accept the caller", q.Method, q.Path)
	}
	if slices.Contains(d.Check.Accepted, http.StatusUnauthorized) {
		t.Error("401 does not show that credentials were taken")
	}
}

func (s *subject) checkDescription(t *testing.T) {
	d := s.Describe()
	if !operationName.MatchString(d.Name) {
		t.Errorf("name %q: small letters and underscores", d.Name)
	}
	if d.Help == "" || strings.Contains(d.Help, "\n") {
		t.Errorf("help %q: one line", d.Help)
	}
	if d.RepeatNote == "" {
		t.Error("why it is safe to repeat, or not, is not documented")
	}
	if !slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE", "GET"}, d.Method) || !strings.HasPrefix(d.Path, "/") {
		t.Errorf("%s %s: a method, and a path from a slash on", d.Method, d.Path)
	}
	if err := providers.CheckSchema(d.Schema); err != nil {
		t.Error(err)
	}
	for _, m := range inBraces.FindAllStringSubmatch(d.Path, -1) {
		if i := d.Schema.Index(m[1]); i < 0 || !d.Schema.Fields[i].Required {
			t.Errorf("path %s: %s is no required field", d.Path, m[1])
		}
	}
	if len(d.Schema.Key) == 0 {
		t.Error("no field names the object that is changed: rows of one object could be sent at once")
	}
}
