package batch

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"rowpost/providers"
)

var errHeader = errors.New("a header holds a character that none may have")

// appendRequest writes a request as it goes over the wire (RFC 9112).
func (w *leanWire) appendRequest(out []byte, r providers.Request, header http.Header) ([]byte, error) {
	if !isToken(r.Method) {
		return out, errors.New("the method is none")
	}
	out = append(append(out, r.Method...), ' ')
	out = w.appendPath(out, r)
	out = append(out, " HTTP/1.1\r\n"...)
	out = append(out, w.fixed...)
	out, err := appendHeader(out, header)
	if err != nil {
		return out, err
	}
	if _, set := header["Accept-Encoding"]; !set {
		out = append(out, "Accept-Encoding: gzip\r\n"...)
	}
	if len(r.Body) > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(r.Body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	return append(out, r.Body...), nil
}

// appendPath writes what is asked for: as it is, if it is escaped rightly.
func (w *leanWire) appendPath(out []byte, r providers.Request) []byte {
	if path := w.path + r.Path; path == "" || path[0] != '/' || !escaped(path, false) || !escaped(r.Query, true) {
		return append(out, w.url(r).RequestURI()...)
	}
	out = append(append(out, w.path...), r.Path...)
	if r.Query != "" {
		out = append(append(out, '?'), r.Query...)
	}
	return out
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

// appendHeader writes the lines of a header, in the order of their names.
func appendHeader(out []byte, header http.Header) ([]byte, error) {
	var few [8]string
	names := few[:0]
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !isToken(name) {
			return out, errHeader
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
