package declared

import (
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"rowpost/mapping"
	"rowpost/providers"
)

// checker finds what is wrong with a file, beyond what its reading found.
type checker struct {
	*mapping.Strict
	file *File
	// misread says that the reading found something: what is missing may be what was
	// misspelt, and is not worth a second problem.
	misread bool
}

var (
	providerName  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	operationName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	variableName  = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
	headerName    = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	pointerText   = regexp.MustCompile(`^(/([^~]|~[01])*)?$`)
)

// at makes the path of an item of a list.
func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// need notes a text that is missing or empty.
func (c *checker) need(path, text, hint string) bool {
	if text == "" {
		c.missing(path, hint)
	}
	return text != ""
}

func (c *checker) missing(path, hint string) {
	switch name := path[strings.LastIndexByte(path, '.')+1:]; {
	case c.Has(path) && !c.Said(path):
		c.Add(path, hint, "%s must not be empty", name)
	case !c.Has(path) && !c.misread:
		c.Add(path, hint, "key %q is missing", name)
	}
}

// word checks one of a few words; an empty text is no matter of it.
func (c *checker) word(path, text string, words ...string) {
	if text != "" && !slices.Contains(words, text) {
		c.Add(path, "it is "+mapping.Listed(words), "unknown %s %q%s", path[strings.LastIndexByte(path, '.')+1:], text, mapping.DidYouMean(text, words))
	}
}

func (c *checker) line(path, text string) {
	if strings.ContainsAny(text, "\r\n") {
		c.Add(path, "", "here must be a single line")
	}
}

func (c *checker) checkFile() {
	f := c.file
	if f.Version == 0 {
		c.missing("version", "write it as the first line: version: 1")
	}
	if c.need("name", f.Name, "it names the provider in results and variables") && !providerName.MatchString(f.Name) {
		c.Add("name", "", "name must be small letters and digits, and begin with a letter")
	}
	c.need("title", f.Title, "the API's name as its vendor writes it")
	c.line("title", f.Title)
	c.need("docs", f.Docs, "the page that the facts are from")
	c.checkBaseURL()
	c.checkVariables()
	c.checkAuth()
	c.checkLimits()
	c.checkHeaders("headers", f.Headers)
	c.checkErrors("errors", f.Errors)
	c.checkAnswers("answers", f.Answers)
	c.checkCheck()
	if len(f.Operations) == 0 {
		c.missing("operations", "at least one, with name, method, path and fields")
	}
	seen := map[string]bool{}
	for i := range f.Operations {
		path := at("operations", i)
		name := f.Operations[i].Name
		if seen[name] && name != "" {
			c.Add(path+".name", "", "operation %s stands here a second time", name)
		}
		seen[name] = true
		o := &operationChecker{checker: c, op: &f.Operations[i], path: path}
		o.check()
	}
}

func (c *checker) checkBaseURL() {
	text := c.file.BaseURL
	if text == "" {
		return
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		c.Add("base_url", "without user name, query and fragment", "base_url must look like https://api.example.com/v2")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		c.Add("base_url", "http is for loopback addresses only", "base_url must begin with https://")
	case strings.HasSuffix(text, "/"):
		c.Add("base_url", "paths begin with a slash of their own", "base_url must not end with a slash")
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (c *checker) checkVariables() {
	prefix := strings.ToUpper(c.file.Name) + "_"
	seen := map[string]bool{prefix + "BASE_URL": true}
	for i, v := range c.file.Variables {
		path := at("variables", i)
		c.need(path+".help", v.Help, "what it holds, one line")
		c.line(path+".help", v.Help)
		if !c.need(path+".name", v.Name, "such as "+prefix+"TOKEN") {
			continue
		}
		switch {
		case !variableName.MatchString(v.Name) || !strings.HasPrefix(v.Name, prefix):
			c.Add(path+".name", "", "the variable must be in capitals and begin with %s", prefix)
		case seen[v.Name]:
			c.Add(path+".name", "", "variable %s stands here a second time, or is the base URL's", v.Name)
		}
		seen[v.Name] = true
	}
}

// variable checks that something that the caller is proved with is declared.
func (c *checker) variable(path, name string) {
	if !c.need(path, name, "the name of a variable") {
		return
	}
	prefix := strings.ToUpper(c.file.Name) + "_"
	if !variableName.MatchString(name) || !strings.HasPrefix(name, prefix) { // it may be the secret itself: it is not said
		c.Add(path, "a secret itself never stands in this file: declare a variable, such as "+prefix+"TOKEN, and give its name here",
			"this is no name of a variable: capitals, digits and underscores, beginning with %s", prefix)
		return
	}
	var names []string
	for i := range c.file.Variables {
		v := &c.file.Variables[i]
		if v.Name == name {
			if !v.isRequired() {
				c.Add(path, "", "%s proves the caller and must be required", name)
			}
			return
		}
		names = append(names, v.Name)
	}
	c.Add(path, "declare it: variables: [{name: "+name+", help: ...}]; a secret itself never stands in this file",
		"no variable %s is declared%s", name, mapping.DidYouMean(name, names))
}

func (c *checker) checkLimits() {
	if c.file.Limit == nil {
		c.missing("limit", "on the careful side, such as {windows: [2/s], in_flight: 2}")
	}
	for path, l := range map[string]*Limit{"limit": c.file.Limit, "published_limit": c.file.PublishedLimit} {
		if l == nil {
			continue
		}
		if len(l.Windows) == 0 {
			c.missing(path+".windows", "such as [10/s, 600/m]")
		}
		for i, text := range l.Windows {
			if windows, err := providers.ParseWindows(text); err != nil {
				c.Add(at(path+".windows", i), "", "%s", err)
			} else if len(windows) != 1 {
				c.Add(at(path+".windows", i), "[10/s, 600/m]", "each window stands by itself")
			}
		}
		if c.Has(path+".in_flight") && l.InFlight < 1 {
			c.Add(path+".in_flight", "", "in_flight must be at least 1")
		}
	}
}

// ownHeaders are the sender's to set.
func ownHeaders() []string {
	return []string{
		"Authorization", "Host", "Content-Length", "Cookie", "Connection", "Transfer-Encoding",
		"Te", "Trailer", "Upgrade", "User-Agent", "Accept-Encoding", "Expect",
	}
}

// header checks the name of a header that requests carry.
func (c *checker) header(path, name string) {
	switch canonical := http.CanonicalHeaderKey(name); {
	case !headerName.MatchString(name):
		c.Add(path, "letters, digits and hyphens", "this is no name of a header")
	case slices.Contains(ownHeaders(), canonical):
		c.Add(path, "credentials are declared under auth", "header %s is the sender's to set", canonical)
	case slices.Contains(c.authHeaders(), canonical):
		c.Add(path, "", "header %s is declared under auth", canonical)
	}
}

// authHeaders are those that credentials and signatures travel in.
func (c *checker) authHeaders() []string {
	var names []string
	if a := c.file.Auth; a != nil {
		for name := range a.Headers {
			names = append(names, http.CanonicalHeaderKey(name))
		}
		if s := a.Signature; s != nil {
			names = append(names, http.CanonicalHeaderKey(s.Header), http.CanonicalHeaderKey(s.TimestampHeader))
		}
	}
	return names
}

func (c *checker) checkHeaders(path string, list map[string]string) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		at := path + "." + name
		c.header(at, name)
		if canonical := http.CanonicalHeaderKey(name); seen[canonical] {
			c.Add(at, "", "header %s stands here a second time", canonical)
		} else {
			seen[canonical] = true
		}
		if f := (&mapping.Field{Name: name}); checkHeaderText(f, list[name]) != nil {
			c.Add(at, "", "the value of a header must be printable ASCII characters, without blanks at its ends")
		}
	}
}

func (c *checker) pointer(path, text string) {
	if !pointerText.MatchString(text) {
		c.Add(path, "such as /error/message; in names / is written ~1, and ~ is ~0", "this is no JSON Pointer")
	}
}

func (c *checker) checkErrors(path string, list []ErrorAt) {
	for i, e := range list {
		p := at(path, i)
		if e == (ErrorAt{}) {
			c.Add(p, "", "give code, message or field")
		}
		c.pointer(p+".code", e.Code)
		c.pointer(p+".message", e.Message)
		c.pointer(p+".field", e.Field)
	}
}

func (c *checker) checkAnswers(path string, list []Answer) {
	words := make([]string, 0, len(meanings()))
	for _, k := range meanings() {
		words = append(words, k.String())
	}
	for i, a := range list {
		p := at(path, i)
		if len(a.Statuses)+len(a.Codes) == 0 {
			c.Add(p, "", "give statuses, codes or both")
		}
		for j, status := range a.Statuses {
			if isRefusal := status >= 400 && status <= 599; !isRefusal && (status < 200 || status > 299 || len(a.Codes) == 0) {
				c.Add(at(p+".statuses", j), "an answer of 200 to 299 can be told apart by codes only; redirects are never followed",
					"status %d cannot be given another meaning", status)
			}
		}
		if c.need(p+".means", a.Means, "it is "+mapping.Listed(words)) {
			c.word(p+".means", a.Means, words...)
		}
	}
}

func (c *checker) checkCheck() {
	k := c.file.Check
	if k == nil {
		return
	}
	c.need("check.help", k.Help, "what the request does, and why it touches no customer")
	c.checkHeaders("check.headers", k.Headers)
	if k.Method == "" {
		if c.file.Auth == nil || c.file.Auth.OAuth2 == nil {
			c.missing("check.method", "without one the check fetches a token, and auth has no oauth2")
		}
		return
	}
	c.word("check.method", k.Method, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
	if c.need("check.path", k.Path, "such as /me") {
		c.address("check.path", k.Path, nil)
	}
	if len(k.Accepted) == 0 {
		c.missing("check.accepted", "the statuses that a server gives only to a caller whose credentials it took")
	}
	for i, status := range k.Accepted {
		if status < 200 || status > 599 || status == http.StatusUnauthorized {
			c.Add(at("check.accepted", i), "", "status %d does not show that credentials were taken", status)
		}
	}
}

var pathSegment = regexp.MustCompile(`^([A-Za-z0-9._~!$'()*+,;:@&=-]|%[0-9A-Fa-f]{2})*$`)

// address checks a path in which the known fields may stand in braces, one a segment.
func (c *checker) address(path, text string, fields []string) {
	if !strings.HasPrefix(text, "/") {
		c.Add(path, "", "a path begins with a slash")
		return
	}
	for segment := range strings.SplitSeq(text[1:], "/") {
		before, rest, found := strings.Cut(segment, "{")
		name, after, closed := strings.Cut(rest, "}")
		switch {
		case found && !closed || strings.ContainsAny(before+after, "{}"):
			c.Add(path, "/customers/{id}", "braces in a path hold the name of one field for each segment")
		case found && fields == nil:
			c.Add(path, "", "this path is always the same, and has no fields")
		case found && !slices.Contains(fields, name):
			c.Add(path, "", "the path names the field %q, which is not among the fields%s", name, mapping.DidYouMean(name, fields))
		case !pathSegment.MatchString(before + after):
			c.Add(path, "write other characters as %XX; a query stands under query", "the path has a character that cannot stand there")
		case segment == "." || segment == "..":
			c.Add(path, "", "a path has no segments . and ..")
		}
	}
}

// schemaProblems is the net below the checks that know places.
func (c *checker) schemaProblems(path string, s *mapping.Schema) {
	if err := providers.CheckSchema(s); err != nil {
		for text := range strings.SplitSeq(err.Error(), "\n") {
			c.Add(path, "", "%s", text)
		}
	}
}
