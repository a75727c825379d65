package cli

import (
	"net/http"
	"slices"
	"strings"
	"unicode"

	"rowpost/batch"
	"rowpost/providers"
)

// shellSecrets are the marks that stand for secret fields in a request, and the variables
// that take their place in a shell.
type shellSecrets struct{ marks, names []string }

// What is made when a request leaves has these variables in a shell.
const (
	keyVariable       = "IDEMPOTENCY_KEY"
	signatureVariable = "SIGNATURE"
	timeVariable      = "TIMESTAMP"
)

// curlText is a request as a line for a POSIX shell. Credentials, secret fields, and what is
// made when a request leaves are variables there, which whoever runs it has set. It sends
// what the program would send but for the headers User-Agent and Accept-Encoding.
func curlText(t batch.Target, baseURL string, r providers.Request, secrets shellSecrets) string {
	d := t.Provider.Describe()
	words := []string{"curl", "-X", shellQuote(r.Method)}
	words = append(words, authWords(d)...)
	words = append(words, signatureWords(d.Auth.Signature)...)
	if name := t.Operation.Describe().IdempotencyHeader; name != "" {
		words = append(words, "-H", headerWord(name, "", keyVariable))
	}
	for _, name := range sortedNames(r.Header) {
		for _, v := range r.Header[name] {
			words = append(words, "-H", secrets.word(name+": "+v))
		}
	}
	if r.Body != nil {
		if r.Header.Get("Content-Type") == "" {
			words = append(words, "-H", "'Content-Type;'") // curl would add one of its own
		}
		words = append(words, "--data-raw", secrets.word(string(r.Body)))
	}
	target := r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	if strings.ContainsAny(target, "[]{}") {
		words = append(words, "--globoff")
	}
	words = append(words, baseWord(d, baseURL)+secrets.word(target))
	return tokenLine(d, baseURL) + strings.Join(words, " ")
}

func sortedNames(h http.Header) []string {
	var names []string
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// baseWord is the address without its last slash, or the variable that will hold it.
func baseWord(d providers.Description, baseURL string) string {
	if baseURL == "" {
		return `"$` + batch.BaseURLVariable(d.Name) + `"`
	}
	return shellQuote(strings.TrimSuffix(baseURL, "/"))
}

// authWords prove who calls, by variables.
func authWords(d providers.Description) []string {
	a := d.Auth
	switch a.Scheme {
	case providers.Basic:
		return []string{"-u", `"$` + a.Username + `:$` + a.Password + `"`}
	case providers.Bearer:
		return []string{"-H", headerWord("Authorization", "Bearer ", a.Token)}
	case providers.OAuth2:
		return []string{"-H", headerWord("Authorization", "Bearer ", tokenVariable(d))}
	case providers.Headers:
		var words []string
		for _, h := range a.Headers {
			words = append(words, "-H", headerWord(http.CanonicalHeaderKey(h.Header), h.Prefix, h.Variable))
		}
		return words
	case providers.NoAuth:
	}
	return nil
}

// signatureWords are the headers that are made when the request leaves.
func signatureWords(s *providers.Signature) []string {
	if s == nil {
		return nil
	}
	words := []string{"-H", headerWord(s.Header, s.Prefix, signatureVariable)}
	if s.TimestampHeader != "" {
		words = append(words, "-H", headerWord(s.TimestampHeader, "", timeVariable))
	}
	return words
}

// headerWord is a header with a variable's value behind a fixed text.
func headerWord(name, prefix, variable string) string {
	text := name + ": " + prefix
	if strings.ContainsAny(text, "\"\\$`!") { // which mean something between double quotes
		return shellQuote(text) + `"$` + variable + `"`
	}
	return `"` + text + "$" + variable + `"`
}

func tokenVariable(d providers.Description) string { return variableOf(d.Name) + "_TOKEN" }

// tokenLine is the line before, which fetches the token that the request needs; empty: none.
func tokenLine(d providers.Description, baseURL string) string {
	a := d.Auth
	if a.Scheme != providers.OAuth2 {
		return ""
	}
	var path strings.Builder
	rest := a.TokenPath
	for rest != "" {
		before, behind, found := strings.Cut(rest, "{")
		if before != "" {
			path.WriteString(shellQuote(before))
		}
		if !found {
			break
		}
		var name string
		name, rest, _ = strings.Cut(behind, "}")
		path.WriteString(`"$` + name + `"`)
	}
	scope := ""
	if a.Scope != "" {
		scope = "--data-urlencode " + shellQuote("scope="+a.Scope) + " "
	}
	return tokenVariable(d) + `=$(curl -sS -u "$` + a.Username + `:$` + a.Password + `" -d grant_type=client_credentials ` + scope +
		baseWord(d, baseURL) + path.String() + ` | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')` + "\n"
}

// word quotes a text as one word, with variables in the place of the marks in it.
func (s shellSecrets) word(text string) string {
	at, which := len(text), -1
	for i, mark := range s.marks {
		if p := strings.Index(text, mark); p >= 0 && p < at {
			at, which = p, i
		}
	}
	if which < 0 {
		return shellQuote(text)
	}
	word := `"$` + s.names[which] + `"`
	if at > 0 {
		word = shellQuote(text[:at]) + word
	}
	if rest := text[at+len(s.marks[which]):]; rest != "" {
		word += s.word(rest)
	}
	return word
}

// variableOf makes a variable's name of a provider's or a field's.
func variableOf(name string) string {
	name = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return '_'
		}
		return unicode.ToUpper(r)
	}, name)
	if name == "" || unicode.IsDigit(rune(name[0])) {
		name = "_" + name
	}
	return name
}
