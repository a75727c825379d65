package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"rowpost/batch"
	"rowpost/mapping"
	"rowpost/providers"
)

const (
	redacted = "[redacted]"
	// secretMark begins what stands for the value of a secret field while a request is
	// built; the field's position follows. It has only characters that no encoding changes.
	secretMark = "REDACTED0SECRET0FIELD"
)

// markOf stands for the value of a secret field.
func markOf(field int) string { return fmt.Sprintf("%s%03d", secretMark, field) }

// preview makes the texts of a request that a record gives: as HTTP, and as a line for a
// shell. Secrets are never in them; of the cells they show the shape, unless values is set.
func preview(t batch.Target, userAgent, baseURL string, rec mapping.Record, fromCell func(field string) bool, values bool) (text, curl string, err error) {
	var secrets []string // what stands for them, and the variable that does so in a shell
	var names []string
	shownRecord := rec
	shownRecord.Values = slices.Clone(rec.Values)
	for i, f := range rec.Schema.Fields {
		v := &shownRecord.Values[i]
		switch {
		case v.Is != mapping.Present:
		case f.Secret:
			v.Text = markOf(i)
			secrets, names = append(secrets, v.Text), append(names, variableOf(f.Name))
		case !values && len(f.Enum) == 0 && fromCell(f.Name):
			// A word of an enum is the API's own; a mask of it would be refused.
			v.Text = maskAs(f, v.Text)
		}
	}
	req, err := t.Operation.Build(shownRecord)
	if err != nil {
		return "", "", err
	}
	d := t.Provider.Describe()
	curl = curlText(t, baseURL, req, shellSecrets{secrets, names})
	if name := t.Operation.Describe().IdempotencyHeader; name != "" {
		req.Header = req.Header.Clone()
		req.Header.Set(name, "[the row's key]")
	}
	text = httpText(d, userAgent, baseURL, req)
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, redacted)
	}
	return text, curl, nil
}

// maskAs keeps the mask of a text what the text is, where the body is no place for others.
func maskAs(f mapping.Field, text string) string {
	masked := mask(text)
	switch f.Format {
	case mapping.FormatBoolean:
		return text
	case mapping.FormatNumber, mapping.FormatInteger:
		if f.Separator == "" && !mapping.IsNumber(masked) {
			return "9" // a power of ten
		}
	default:
	}
	return masked
}

// mask keeps the shape of a text: x and X stand for letters, 9 for digits, * for
// what is neither and not ASCII; blanks and punctuation stay.
func mask(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsUpper(r):
			return 'X'
		case unicode.IsLetter(r):
			return 'x'
		case unicode.IsDigit(r):
			return '9'
		case r > unicode.MaxASCII:
			return '*'
		}
		return r
	}, text)
}

// httpText is a request as HTTP/1.1 sends it, credentials redacted (RFC 9112).
func httpText(d providers.Description, userAgent, baseURL string, r providers.Request) string {
	host, path := "["+batch.BaseURLVariable(d.Name)+"]", ""
	if u, err := url.Parse(baseURL); err == nil && u.Host != "" {
		host, path = u.Host, strings.TrimSuffix(u.EscapedPath(), "/")
	}
	target := path + r.Path
	if r.Query != "" {
		target += "?" + r.Query
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\nHost: %s\nUser-Agent: %s\n", r.Method, target, host, userAgent)
	if r.Body != nil {
		fmt.Fprintf(&b, "Content-Length: %s\n", bodyLength(r.Body))
	}
	lines := append(authLines(d.Auth), signatureLines(d.Auth.Signature)...)
	for name, values := range r.Header {
		for _, v := range values {
			lines = append(lines, name+": "+v)
		}
	}
	slices.Sort(lines) // as net/http does
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	b.WriteString("Accept-Encoding: gzip\n")
	b.WriteString("\n")
	if len(r.Body) > 0 {
		b.Write(r.Body)
		b.WriteString("\n")
	}
	return b.String()
}

// signatureLines are the headers that are made when the request leaves.
func signatureLines(s *providers.Signature) []string {
	if s == nil {
		return nil
	}
	lines := []string{s.Header + ": " + s.Prefix + "[signature]"}
	if s.TimestampHeader != "" {
		lines = append(lines, s.TimestampHeader+": [time of sending]")
	}
	return lines
}

// bodyLength is hidden where a secret's length would be known from it.
func bodyLength(body []byte) string {
	if bytes.Contains(body, []byte(secretMark)) {
		return redacted
	}
	return strconv.Itoa(len(body))
}

// authLines are the headers by which the sender proves who calls.
func authLines(a providers.Auth) []string {
	switch a.Scheme {
	case providers.Basic:
		return []string{"Authorization: Basic " + redacted}
	case providers.Bearer, providers.OAuth2:
		return []string{"Authorization: Bearer " + redacted}
	case providers.Headers:
		var lines []string
		for _, h := range a.Headers {
			lines = append(lines, http.CanonicalHeaderKey(h.Header)+": "+h.Prefix+redacted)
		}
		return lines
	case providers.NoAuth:
	}
	return nil
}
