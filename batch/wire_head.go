package batch

import (
	"errors"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"rowpost/providers"
)

var (
	errHeader  = errors.New("a header holds a character that none may have")
	errAddress = errors.New("path or query hold a character that none may have")
	// errOther: a header changes how the exchange goes, and net/http knows how.
	errOther = errors.New("a header that is left to the standard library")
)

// appendRequest writes a request as it goes over the wire (RFC 9112).
func (w *leanWire) appendRequest(out []byte, r providers.Request, header http.Header, last *headerLines) ([]byte, error) {
	out = append(append(out, r.Method...), ' ')
	out, err := w.appendPath(out, r)
	if err != nil {
		return out, err
	}
	out = append(out, " HTTP/1.1\r\n"...)
	out = append(out, w.fixed...)
	if err := last.become(header); err != nil {
		return out, err
	}
	out = append(out, last.text...)
	if len(r.Body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(r.Body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	return append(out, r.Body...), nil
}

// appendPath writes what is asked for: as it is, if it is escaped rightly.
func (w *leanWire) appendPath(out []byte, r providers.Request) ([]byte, error) {
	if path := w.path + r.Path; path == "" || path[0] != '/' || !escaped(path, false) || !escaped(r.Query, true) {
		uri := w.url(r).RequestURI()
		if strings.ContainsFunc(uri, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
			return out, errAddress // a query is sent as it is
		}
		return append(out, uri...), nil
	}
	out = append(append(out, w.path...), r.Path...)
	if r.Query != "" {
		out = append(append(out, '?'), r.Query...)
	}
	return out, nil
}

// escaped says whether a text is one that net/url leaves as it is.
func escaped(text string, query bool) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '%':
			if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
				return false
			}
		case c == '/', c == '-', c == '_', c == '.', c == '~', c == '&', c == '=', c == '+', c == '$', c == ':', c == '@', c == ',', c == ';', c == '!', c == '*', c == '(', c == ')', c == '\'':
		case query && c == '?':
		default:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// headerLines are the lines of the header that was sent last: most requests have the same.
type headerLines struct {
	of   []headerLine // all of the header, if each of its names has one value
	text []byte
}

type headerLine struct{ name, value string }

// become makes lines of a header.
func (l *headerLines) become(header http.Header) error {
	if l.are(header) {
		return nil
	}
	l.of = l.of[:0]
	text, err := appendHeader(l.text[:0], header)
	l.text = text
	if err != nil {
		return err
	}
	for name, values := range header {
		if len(values) != 1 {
			l.of = l.of[:0]
			return nil
		}
		l.of = append(l.of, headerLine{name, values[0]})
	}
	return nil
}

func (l *headerLines) are(header http.Header) bool {
	if len(l.of) != len(header) || len(l.of) == 0 {
		return false
	}
	for _, line := range l.of {
		if values := header[line.name]; len(values) != 1 || values[0] != line.value {
			return false
		}
	}
	return true
}

// appendHeader writes the lines of a header, in the order of their names.
func appendHeader(out []byte, header http.Header) ([]byte, error) {
	var few [8]string
	names := few[:0]
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := plainName(name); err != nil {
			return out, err
		}
		for _, value := range header[name] {
			if !isHeaderValue(value) {
				return out, errHeader
			}
			out = append(append(out, name...), ": "...)
			out = append(append(out, value...), "\r\n"...)
		}
	}
	return out, nil
}

// plainName refuses the name of a header that none may have, or that is not for callers.
func plainName(name string) error {
	if !isToken(name) {
		return errHeader
	}
	switch canonical := textproto.CanonicalMIMEHeaderKey(name); canonical {
	case "Accept-Encoding", "Connection", "Content-Length", "Expect", "Host", "Range", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		if name == canonical {
			return errOther
		}
		return errHeader // it would stand beside the sender's own
	}
	return nil
}

// isToken says whether a text may be a header's name (RFC 9110, 5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == '!', c == '#', c == '$', c == '%', c == '&', c == '\'', c == '*', c == '+', c == '^', c == '`', c == '|', c == '~':
		default:
			return false
		}
	}
	return text != ""
}

// isHeaderValue says whether a text may be a header's value (RFC 9110, 5.5): without
// control characters but the tab.
func isHeaderValue(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
