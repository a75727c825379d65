package declared

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rowpost/providers"
)

// Bodies of a success that are no JSON object.
const (
	bodyEmptyWord = "empty"
	bodyAnyWord   = "any"
)

// Interpret says what an answer means.
func (o *operation) Interpret(q providers.Request, r providers.Response) providers.Outcome {
	if r.Status < 200 || r.Status > 299 {
		return o.renamed(o.failure(r))
	}
	if out, ok := o.confirmed(q, r); ok {
		return out
	}
	out, refused := o.refused(r)
	if !refused {
		out = o.conventions.Unconfirmed(r, o.expected)
	}
	return o.renamed(o.reread(out, r))
}

// failure is the outcome of a status that is not 2xx.
func (o *operation) failure(r providers.Response) providers.Outcome {
	out := o.conventions.Failure(r)
	if e := o.file.ExistingID; e != nil && slices.Contains(e.Statuses, r.Status) && !r.Incomplete {
		out.ID, _ = textAt(r.Body, e.Pointer)
		out.ID = providers.CleanID(out.ID)
	}
	return o.reread(out, r)
}

// reread applies the file's own reading of answers. One with a status of 2xx is open to it
// only as a refusal, by its code.
func (o *operation) reread(out providers.Outcome, r providers.Response) providers.Outcome {
	success := r.Status >= 200 && r.Status <= 299
	if success && out.Kind != providers.Rejected || r.Status >= 300 && r.Status <= 399 {
		return out
	}
	for _, a := range o.answers {
		if len(a.Statuses) > 0 && !slices.Contains(a.Statuses, r.Status) || len(a.Codes) > 0 && !slices.Contains(a.Codes, out.Code) {
			continue
		}
		out.Kind, out.RetryAfter = kindOf(a.Means), 0
		switch out.Kind {
		case providers.Throttled, providers.Transient, providers.Unknown:
			out.RetryAfter = providers.RetryAfter(r)
		case providers.Rejected, providers.Fatal, providers.Succeeded:
		}
		return out
	}
	return out
}

func kindOf(word string) providers.Kind {
	for _, k := range meanings() {
		if k.String() == word {
			return k
		}
	}
	return providers.Unknown
}

// meanings are the kinds that an answer can be declared to have. Success has rules of its own.
func meanings() []providers.Kind {
	return []providers.Kind{providers.Rejected, providers.Throttled, providers.Transient, providers.Fatal, providers.Unknown}
}

// refused reads the operation's own way of saying no in an answer with a status of 2xx.
func (o *operation) refused(r providers.Response) (providers.Outcome, bool) {
	f := o.file.Refusal
	if f == nil || r.Incomplete {
		return providers.Outcome{}, false
	}
	if _, isObject := providers.ParseObject(r.Body); !isObject {
		return providers.Outcome{}, false
	}
	message, _ := textAt(r.Body, f.Message)
	message = providers.CleanMessage(message)
	if message == "" || slices.Contains(f.Except, message) {
		return providers.Outcome{}, false
	}
	code, _ := textAt(r.Body, f.Code)
	if code = providers.CleanCode(code); code == "" || f.Code == "" {
		code = providers.CodeRefused
	}
	return providers.Outcome{Kind: providers.Rejected, Code: code, Message: message}, true
}

// confirmed holds an answer against the operation's rule of success.
func (o *operation) confirmed(q providers.Request, r providers.Response) (providers.Outcome, bool) {
	s := &o.file.Success
	if !slices.Contains(s.Statuses, r.Status) || !s.fits(r) {
		return providers.Outcome{}, false
	}
	for i := range s.Conditions {
		if !o.holds(&s.Conditions[i], q, r.Body) {
			return providers.Outcome{}, false
		}
	}
	if !s.IgnoreErrors && o.conventions.Unconfirmed(r, "").Kind == providers.Rejected {
		return providers.Outcome{}, false
	}
	out := providers.Outcome{Kind: providers.Succeeded, ID: o.id(r)}
	if o.file.ID != nil && o.file.ID.Required && out.ID == "" {
		return providers.Outcome{}, false
	}
	for i := range s.Warnings {
		w := &s.Warnings[i]
		if o.holds(&w.Condition, q, r.Body) {
			out.Warning, out.Code, out.Message = true, w.Code, w.Message
			break
		}
	}
	return out, true
}

// fits says whether a body is of the sort that a success has.
func (s *Success) fits(r providers.Response) bool {
	switch s.Body {
	case bodyAnyWord:
		return true
	case bodyEmptyWord:
		return !r.Incomplete && len(bytes.TrimSpace(r.Body)) == 0
	case bodyJSON:
		_, ok := valueAt(r.Body, "")
		return ok && !r.Incomplete
	}
	_, ok := providers.ParseObject(r.Body)
	return ok && !r.Incomplete
}

func (o *operation) id(r providers.Response) string {
	at := o.file.ID
	switch {
	case at == nil:
		return ""
	case at.Header != "":
		return providers.CleanID(lastPart(r.Header.Get(at.Header)))
	}
	text, _ := textAt(r.Body, at.Pointer)
	return providers.CleanID(text)
}

// lastPart is the id in an address such as that of a Location header; another text is
// itself one.
func lastPart(text string) string {
	u, err := url.Parse(text)
	if err != nil || !strings.Contains(u.Path, "/") {
		return text
	}
	path := strings.TrimRight(u.Path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// renamed gives the field at fault its name in mappings, where the API has another.
func (o *operation) renamed(out providers.Outcome) providers.Outcome {
	for i := range o.file.Fields {
		f := &o.file.Fields[i]
		if f.As != "" && (f.As == out.Field || o.places[i] == inHeader && http.CanonicalHeaderKey(out.Field) == http.CanonicalHeaderKey(f.As)) {
			out.Field = f.Name
			return out
		}
	}
	return out
}
