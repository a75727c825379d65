package providers

import (
	"bytes"
	"encoding/json"
	"html"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Pointer says where an API's error answers hold what, as JSON Pointers (RFC 6901);
// an empty one: nowhere.
type Pointer struct {
	Code, Message, Field string
}

// ErrorInfo is what an answer says about what went wrong, cleaned and bounded.
type ErrorInfo struct {
	Code    string // the provider's own; empty: it names none
	Message string
	// Field is the provider's name of the field at fault, nested ones with a dot; several
	// in the answer's order with a [FieldSeparator] between them; empty: it names none.
	Field string
}

// or fills what is empty from another.
func (e ErrorInfo) or(other ErrorInfo) ErrorInfo {
	if e.Code == "" {
		e.Code = other.Code
	}
	if e.Message == "" {
		e.Message = other.Message
	}
	if e.Field == "" {
		e.Field = other.Field
	}
	return e
}

// ExtractError finds code, message and field in an answer of any shape: at the API's
// own pointers; in a problem document (RFC 9457: detail, title); in lists and maps of
// faults, as JSON:API and many others have; in error.message; in error and
// error_description (RFC 6749); in message; in a bare JSON string; in a page's title; in
// a plain text. Else the message is the status's text. JSON is known by itself: the
// content type is often wrong. It never fails.
func ExtractError(r Response, pointers ...Pointer) ErrorInfo {
	var info ErrorInfo
	doc, isJSON := decodeJSON(r.Body)
	switch {
	case isJSON:
		info = extractJSON(doc, pointers)
	case isMarkup(r):
		info.Message = htmlTitle(r.Body)
	case isPlain(r):
		info.Message = CleanMessage(string(r.Body))
	}
	if info.Message == "" {
		info.Message = statusText(r.Status)
	}
	return info
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strings.ToLower(text)
	}
	return "status " + strconv.Itoa(status)
}

func extractJSON(doc any, pointers []Pointer) ErrorInfo {
	var info ErrorInfo
	for _, p := range pointers {
		info = info.or(ErrorInfo{
			Code:    asText(lookup(doc, p.Code)),
			Message: asText(lookup(doc, p.Message)),
			Field:   asText(lookup(doc, p.Field)),
		})
	}
	common := commonShapes(doc)
	info = info.or(common)
	faults := findFaults(doc)
	if len(faults) > 0 {
		info = info.or(ErrorInfo{Code: faults[0].Code})
		info.Message = withFaults(info.Message, faults)
	}
	return ErrorInfo{
		Code:    clean(info.Code, maxCode),
		Message: CleanMessage(info.Message),
		Field:   fieldNames(info.Field, faults),
	}
}

// withFaults puts the first fault's words behind a general message, which alone often
// says no more than "validation failed".
func withFaults(message string, faults []ErrorInfo) string {
	words := faults[0].Message
	if words == "" && message == "" {
		words = faults[0].Code // all that there is
	}
	said := words == message
	if faults[0].Field != "" && words != "" {
		words = fieldName(faults[0].Field) + ": " + words
	}
	switch {
	case words == "" || said:
		words = message
	case message != "":
		words = strings.TrimRight(message, " .:") + ": " + words
	}
	if more := len(faults) - 1; more > 0 && words != "" {
		words += " (and " + strconv.Itoa(more) + " more)"
	}
	return words
}

// commonShapes reads the shapes in which an object says one message.
func commonShapes(doc any) ErrorInfo {
	if text, ok := doc.(string); ok {
		return ErrorInfo{Message: text}
	}
	o, ok := doc.(map[string]any)
	if !ok {
		return ErrorInfo{}
	}
	m := membersOf(o)
	info := ErrorInfo{
		Code:    m.first("code", "errorcode"),
		Message: m.first("detail", "title"),
		Field:   m.first("param", "field"),
	}
	for _, name := range []string{"error", "fault", "responsestatus"} {
		frame := m.object(name)
		info = info.or(ErrorInfo{
			Code:    frame.first("code", "errorcode", "type", "status"),
			Message: frame.first("message", "detail", "title", "description", "faultstring"),
			Field:   frame.first("param", "field", "target"),
		})
	}
	if e, ok := m["error"].(string); ok {
		info = info.or(ErrorInfo{Message: asText(m["errordescription"])})
		info = info.or(ErrorInfo{Message: m.first(messageNames...)})
		info = info.or(ErrorInfo{Message: e})
		if info.Message != e && !strings.ContainsAny(e, " \t\n") {
			info = info.or(ErrorInfo{Code: e})
		}
	}
	return info.or(ErrorInfo{Message: m.first(messageNames...), Field: m.innerField()})
}

// messageNames are the members that hold a message, as [membersOf] writes them.
var messageNames = []string{"message", "errormessage", "msg", "reason", "description"}

// asText takes strings and numbers: codes come as both. OData puts a text beside its language.
func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case map[string]any:
		if text, ok := v["value"].(string); ok && len(v) == 2 && v["lang"] != nil {
			return text
		}
	}
	return ""
}

// decodeJSON reads a body that is one complete JSON value, numbers by their digits.
func decodeJSON(body []byte) (any, bool) {
	body = trimJSON(body)
	if len(body) == 0 || !json.Valid(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, false
	}
	return doc, true
}

// lookup follows a JSON Pointer (RFC 6901); nil where it leads nowhere.
func lookup(doc any, pointer string) any {
	if pointer == "" {
		return nil
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		switch v := doc.(type) {
		case map[string]any:
			doc = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}

func isMarkup(r Response) bool {
	body := bytes.TrimSpace(r.Body)
	return len(body) > 0 && body[0] == '<' || mediaType(r) == "text/html"
}

// isPlain tells a text for people from a cut or broken document.
func isPlain(r Response) bool {
	kind := mediaType(r)
	body := bytes.TrimSpace(r.Body)
	return (kind == "" || kind == "text/plain") && len(body) > 0 && utf8.Valid(body) &&
		!slices.Contains([]byte(`{["`), body[0])
}

func mediaType(r Response) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// htmlTitle gives the text of a page's title, or of its first heading, cleaned.
func htmlTitle(body []byte) string {
	lower := lowerASCII(body)
	for _, tag := range []string{"title", "h1"} {
		start := bytes.Index(lower, []byte("<"+tag))
		if start < 0 {
			continue
		}
		open := bytes.IndexByte(lower[start:], '>')
		if open < 0 {
			continue
		}
		text := body[start+open+1:]
		if end := bytes.IndexByte(text, '<'); end >= 0 {
			text = text[:end]
		}
		if title := CleanMessage(html.UnescapeString(string(text))); title != "" {
			return title
		}
	}
	return ""
}

// lowerASCII keeps each byte in its place, which bytes.ToLower does not.
func lowerASCII(b []byte) []byte {
	lower := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return lower
}
