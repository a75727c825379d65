package openapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"rowpost/providers/declared"
)

// answers drafts which answers confirm, where the id is and how errors look.
func (b *operationDrafter) answers() {
	responses := map[string]*openapi3.ResponseRef{}
	if b.c.of.Responses != nil {
		responses = b.c.of.Responses.Map()
	}
	var bodies []string
	for _, key := range slices.Sorted(maps.Keys(responses)) {
		status, err := strconv.Atoi(key)
		if err != nil || status < 200 || status > 299 || responses[key].Value == nil {
			continue
		}
		b.op.Success.Statuses = append(b.op.Success.Statuses, status)
		bodies = append(bodies, b.successBody(status, responses[key].Value))
	}
	b.chooseSuccess(bodies)
	for _, key := range []string{"422", "400", "4XX", "409", "default"} {
		if r := responses[key]; r != nil && r.Value != nil && len(b.op.Errors) == 0 {
			b.errors(r.Value)
		}
	}
}

// chooseSuccess settles on one rule for all statuses that confirm.
func (b *operationDrafter) chooseSuccess(bodies []string) {
	s := &b.op.Success
	bodies = slices.Compact(slices.Sorted(slices.Values(bodies)))
	switch {
	case len(s.Statuses) == 0:
		s.Statuses, s.Body = []int{http.StatusOK}, "any"
		b.note("success: the document names no status of success; 200 with any body is a guess")
	case len(bodies) > 1:
		s.Body = "any"
		b.note("success: the document has answers with and without a body, so the status alone confirms; stricter is better")
	case bodies[0] == "any":
		s.Body = "any"
		b.note("success: the document does not say what a confirming answer looks like, so the status alone confirms; stricter is better")
	case bodies[0] != "object": // which is the default
		s.Body = bodies[0]
	}
	if s.Body == "any" && b.op.ID != nil {
		b.op.ID.Required = false
	}
}

// successBody is the kind of an answer's body; the first that holds an id says where.
func (b *operationDrafter) successBody(status int, r *openapi3.Response) string {
	if h := r.Headers["Location"]; h != nil && b.op.ID == nil && status == http.StatusCreated {
		b.op.ID = &declared.IDAt{Header: "Location"}
	}
	if status == http.StatusNoContent || status == http.StatusResetContent {
		return "empty"
	}
	_, media := chooseMedia(r.Content)
	if media == nil || media.Schema == nil || media.Schema.Value == nil {
		return "any"
	}
	s, _ := simplify(media.Schema.Value)
	if len(s.Properties) == 0 && (s.Type == nil || !s.Type.Is("object")) {
		return "json"
	}
	for _, pointer := range []string{"/id", "/data/id", "/result/id"} {
		if b.op.ID == nil && isScalarAt(s, pointer) {
			b.op.ID = &declared.IDAt{Pointer: pointer}
		}
	}
	return "object"
}

// errors finds code, message and field by the names that they usually have.
func (b *operationDrafter) errors(r *openapi3.Response) {
	_, media := chooseMedia(r.Content)
	if media == nil || media.Schema == nil || media.Schema.Value == nil {
		return
	}
	s, _ := simplify(media.Schema.Value)
	find := func(names ...string) string {
		for _, before := range []string{"/error/", "/errors/0/", "/error/errors/0/", "/", "/error/details/0/", "/details/0/", "/fieldErrors/0/"} {
			for _, name := range names {
				if isScalarAt(s, before+name) {
					return before + name
				}
			}
		}
		return ""
	}
	e := declared.ErrorAt{
		Code:    find("code", "errorCode", "error_code", "category"),
		Message: find("message", "detail", "description", "title", "errorMessage", "error_description", "error"),
		Field:   find("param", "field", "parameter", "property", "fieldName", "in"),
	}
	if e.Code == "" {
		e.Code = find("type", "error")
	}
	if e.Code == e.Message {
		e.Code = ""
	}
	if e != (declared.ErrorAt{}) {
		b.op.Errors = []declared.ErrorAt{e}
	}
}

// isScalarAt says whether a schema has a text or a number where a JSON Pointer leads.
func isScalarAt(s *openapi3.Schema, pointer string) bool {
	for part := range strings.SplitSeq(pointer[1:], "/") {
		s, _ = simplify(s)
		next := s.Properties[part]
		if part == "0" {
			next = s.Items
		}
		if next == nil || next.Value == nil {
			return false
		}
		s = next.Value
	}
	s, _ = simplify(s)
	kind, ok := scalarType(s)
	return ok && (kind == "string" || kind == "integer" || kind == "number")
}
