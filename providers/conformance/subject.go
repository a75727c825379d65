// Package conformance says what every provider must do, whoever made it: descriptions that
// make sense, requests that carry exactly what a record says, answers that are never read
// as a success by accident. The suite of the tests is made of it, and so is the check of
// a provider that a file describes.
package conformance

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"rowpost/mapping"
	"rowpost/providers"
)

// Report takes one thing that is wrong.
type Report func(format string, args ...any)

// Subject is an operation under examination.
type Subject struct {
	Provider  providers.Description
	Operation providers.Operation
	// Sent is a record from which a request is built.
	Sent mapping.Record
	// Success is an answer that confirms it. One with an empty body says that the status
	// alone confirms.
	Success providers.Response
	// Confirming lists statuses of 2xx that confirm, of those that seldom do (202, 204).
	Confirming []int
	// Statuses says which mean something else here than by the conventions.
	Statuses map[int]providers.Kind
	// Travels says how requests carry what a decoder of them does not know by itself.
	Travels Travels
}

// Travels is how requests carry fields and what they have beside them.
type Travels struct {
	// Constants are members of the body or the query that are in every request.
	Constants map[string]string
	// Names has the API's own names of fields that have others in mappings.
	Names map[string]string
	// Headers has the headers of fields that travel in one.
	Headers map[string]string
}

// Outcome looks for what no outcome of an answer may be.
func Outcome(status int, o providers.Outcome) error {
	if o.Kind > providers.Fatal {
		return fmt.Errorf("kind %d", o.Kind)
	}
	if o.Kind == providers.Succeeded && (status < 200 || status > 299) {
		return fmt.Errorf("status %d was taken for a success", status)
	}
	if o.RetryAfter < 0 {
		return fmt.Errorf("a wait of %v", o.RetryAfter)
	}
	if plain := o.Kind == providers.Succeeded && !o.Warning; plain != (o.Code == "") || !plain && o.Message == "" {
		return fmt.Errorf("status %d: code %q and message %q for the kind %v", status, o.Code, o.Message, o.Kind)
	}
	for _, text := range []string{o.ID, o.Code, o.Message, o.Field} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsRune(text, '\u202e') {
			return fmt.Errorf("status %d: %q is not fit for a terminal", status, text)
		}
		if n := utf8.RuneCountInString(text); n > providers.MaxMessage {
			return fmt.Errorf("status %d: a text of %d characters", status, n)
		}
	}
	return nil
}

// Refusal sees that a refusal to build says which field is at fault and why, without its text.
func (s *Subject) Refusal(r mapping.Record, err error) (*mapping.CellError, error) {
	if err == nil {
		return nil, errors.New("the record is not refused")
	}
	cell, ok := errors.AsType[*mapping.CellError](err)
	if !ok {
		return nil, fmt.Errorf("Build does not refuse by a *mapping.CellError: %w", err)
	}
	i := r.Schema.Index(cell.Field)
	if i < 0 || cell.Code == "" || cell.Msg == "" {
		return nil, fmt.Errorf("refusal of field %q with code %q and message %q: all three are needed", cell.Field, cell.Code, cell.Msg)
	}
	if text := r.Values[i].Text; len(text) > 3 && strings.Contains(cell.Error()+cell.Hint, text) {
		return nil, errors.New("the refusal holds the cell's content")
	}
	return cell, nil
}

// interpret reads an answer and reports what no outcome may be.
func (s *Subject) interpret(q providers.Request, r providers.Response, report Report) providers.Outcome {
	out := s.Operation.Interpret(q, r)
	if err := Outcome(r.Status, out); err != nil {
		report("%v", err)
	}
	return out
}

// request builds what stands for the operation.
func (s *Subject) request(report Report) (providers.Request, bool) {
	q, err := s.Operation.Build(s.Sent)
	if err != nil {
		report("the record that stands for the operation is refused: %v", err)
	}
	return q, err == nil
}

// statusConfirms says that no body is needed for a success.
func (s *Subject) statusConfirms() bool { return len(s.Success.Body) == 0 }
