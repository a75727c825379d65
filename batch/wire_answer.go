package batch

import (
	"bytes"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// answerHead is the head of an answer of the common make: HTTP/1.1, with a length, and
// nothing in it that changes how the body is read. All others are for the standard library.
//
// Heads of one server differ in a line or two. It keeps the lines of the last one that it
// read, and makes texts only of those that are new.
type answerHead struct {
	status int
	length int // of the body; at most maxBody
	header http.Header
	lines  []headLine
	known  bool // header and length are those of lines
}

// headLine is a line of a head and what it says.
type headLine struct {
	raw    string
	name   string // canonical
	values []string
}

var headEnd = []byte("\r\n\r\n")

// parse reads a head at the beginning of what came. It gives the number of its bytes, 0 if
// it has not come to its end, or is not of the common make.
func (h *answerHead) parse(came []byte) (size int) {
	end := bytes.Index(came, headEnd)
	if end < 0 {
		return 0
	}
	first, rest, _ := bytes.Cut(came[:end+2], headEnd[:2])
	if !h.statusLine(first) || !h.read(rest) {
		return 0
	}
	return end + len(headEnd)
}

// read takes the lines after the first.
func (h *answerHead) read(rest []byte) bool {
	n, same := 0, h.known
	h.known = false
	for ; len(rest) > 0; n++ {
		var line []byte
		line, rest, _ = bytes.Cut(rest, headEnd[:2])
		if n == len(h.lines) {
			h.lines = append(h.lines, headLine{})
		}
		if l := &h.lines[n]; l.raw != string(line) {
			same = false
			if !l.parse(line) {
				return false
			}
		}
	}
	if n != len(h.lines) {
		h.lines, same = h.lines[:n], false
	}
	h.known = same || h.gather()
	return h.known
}

// statusLine reads the first line of an answer that has a body (RFC 9112, 4).
func (h *answerHead) statusLine(line []byte) bool {
	const version = "HTTP/1.1 "
	if len(line) < len(version)+3 || string(line[:len(version)]) != version {
		return false
	}
	code, words := line[len(version):len(version)+3], line[len(version)+3:]
	if len(words) > 0 && words[0] != ' ' || bytes.ContainsAny(words, "\r\n") {
		return false
	}
	h.status = 0
	for _, c := range code {
		if c < '0' || c > '9' {
			return false
		}
		h.status = 10*h.status + int(c-'0')
	}
	return h.status >= 200 && h.status != http.StatusNoContent && h.status != http.StatusNotModified
}

// parse reads a line. A line that is no plain one is kept as nothing.
func (l *headLine) parse(line []byte) bool {
	*l = headLine{}
	raw := string(line)
	name, value, ok := strings.Cut(raw, ":")
	value = strings.Trim(value, " \t")
	if !ok || !isToken(name) || !isHeaderValue(value) {
		return false
	}
	*l = headLine{raw, textproto.CanonicalMIMEHeaderKey(name), []string{value}}
	return true
}

// gather makes the header of the lines. It says false if it is not of the common make.
func (h *answerHead) gather() bool {
	if h.header == nil {
		h.header = make(http.Header, len(h.lines))
	}
	clear(h.header)
	h.length = -1
	for i := range h.lines {
		l := &h.lines[i]
		if !h.plain(l) {
			return false
		}
		if before, twice := h.header[l.name]; twice {
			h.header[l.name] = append(slices.Clip(before), l.values...)
		} else {
			h.header[l.name] = l.values
		}
	}
	return h.length >= 0
}

// plain says whether a line leaves the way in which the body is read as it is.
func (h *answerHead) plain(l *headLine) bool {
	switch l.name {
	case "Content-Length":
		if h.length >= 0 {
			return false
		}
		h.length = plainLength(l.values[0])
		return h.length >= 0
	case "Connection":
		return strings.EqualFold(l.values[0], "keep-alive")
	case "Transfer-Encoding", "Content-Encoding", "Trailer", "Upgrade", "Pragma":
		return false
	}
	return true
}

// plainLength reads a length; -1: it is none, or more than is read of a body.
func plainLength(text string) int {
	if text == "" || len(text) > 6 {
		return -1
	}
	n := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return -1
		}
		n = 10*n + int(text[i]-'0')
	}
	if n > maxBody {
		return -1
	}
	return n
}
