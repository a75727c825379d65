package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"rowpost/providers/declared"
)

// apply makes the change that a well-formed call asks for. It holds the provider's lock.
func (op *declaredOperation) apply(c *call) (reply, map[string]string) {
	if refusal := op.unlucky(c); refusal != nil {
		return *refusal, nil
	}
	if name := op.file.IdempotencyHeader; name != "" {
		key := fnv(fnvStart, only(c.request.Header, http.CanonicalHeaderKey(name)))
		before, known := op.api.applied[key]
		switch {
		case known && before == c.content:
			return op.confirm(c), nil
		case known:
			return op.api.trouble(http.StatusUnprocessableEntity, "The key was used for another request."), nil
		}
		op.api.applied[key] = c.content
	}
	answer := op.confirm(c)
	set, cleared := op.hide(c)
	op.api.sim.store.merge(c.object, set, cleared...)
	return answer, c.fields
}

// hide keeps secrets out of ledger and state, and gives what is set and what is emptied.
func (op *declaredOperation) hide(c *call) (set map[string]string, cleared []string) {
	set = map[string]string{}
	for i := range op.file.Fields {
		f := &op.file.Fields[i]
		text, has := c.fields[f.Name]
		switch {
		case !has:
		case text == "" || f.Clear != "" && text == f.Clear:
			cleared = append(cleared, f.Name)
		case f.Secret:
			c.fields[f.Name], set[f.Name] = "[redacted]", "[redacted]"
		default:
			set[f.Name] = text
		}
	}
	return set, cleared
}

// unlucky refuses the objects that always fail, so that refusals can be seen.
func (op *declaredOperation) unlucky(c *call) *reply {
	var r reply
	switch refusal, existing := op.file.Refusal, op.file.ExistingID; {
	case strings.HasSuffix(c.object, "404"):
		field := op.keyField(c)
		if !slices.Contains(op.names, field) {
			return op.fault(op.wireName(field), "names nothing that there is")
		}
		r = op.errorReply(http.StatusNotFound, "not_found", "There is no such object.", field)
	case strings.HasSuffix(c.object, "409") && existing != nil:
		r = op.errorReply(existing.Statuses[0], "conflict", "There is one already.", "")
		var doc any
		if json.Unmarshal(r.body, &doc) == nil {
			r = jsonReply(r.status, put(doc, pointerParts(existing.Pointer), newID(c)))
		}
	case strings.HasSuffix(c.object, "410") && refusal != nil:
		doc := put(nil, pointerParts(refusal.Message), "The object is closed.")
		if refusal.Code != "" {
			doc = put(doc, pointerParts(refusal.Code), "closed")
		}
		r = jsonReply(op.file.Success.Statuses[0], doc)
	default:
		return nil
	}
	return &r
}

// keyField is the field by which a call names its object.
func (op *declaredOperation) keyField(c *call) string {
	for _, k := range op.file.Key {
		if c.fields[k.Field] != "" {
			return k.Field
		}
	}
	return op.file.Key[0].Field
}

// newID is what an object is called that was made by a call: the same for the same
// content, so that two equal imports have equal results.
func newID(c *call) string { return fmt.Sprintf("sandbox%012x", mix(c.content)>>16) }

// id is the object's name in an answer: its own, where the path names it, else a new one.
func (op *declaredOperation) id(c *call) string {
	if field := op.keyField(c); slices.Contains(op.names, field) {
		return c.fields[field]
	}
	return newID(c)
}

// confirm answers as the rule of success has it: the values that it asks for, the id
// where it is said to be, and nothing else.
func (op *declaredOperation) confirm(c *call) reply {
	s := &op.file.Success
	status := s.Statuses[0]
	isEmpty := s.Body == "empty" || s.Body == "any"
	if at := slices.IndexFunc(s.Statuses, func(status int) bool { return status != http.StatusNoContent }); !isEmpty && at >= 0 {
		status = s.Statuses[at]
	}
	var doc any = map[string]any{}
	taken := map[string]bool{}
	for i := range s.Conditions {
		k := &s.Conditions[i]
		if k.Absent {
			continue
		}
		doc = put(doc, pointerParts(k.Pointer), op.conditioned(k, c))
		taken[k.Pointer] = !k.Present
	}
	r := reply{status: status}
	if at := op.file.ID; at != nil && at.Header == "" && !taken[at.Pointer] {
		doc = put(doc, pointerParts(at.Pointer), op.id(c))
	}
	if !isEmpty {
		r = jsonReply(status, doc)
	}
	if at := op.file.ID; at != nil && at.Header != "" {
		id := op.id(c)
		if http.CanonicalHeaderKey(at.Header) == "Location" {
			id = strings.TrimSuffix(c.path, "/") + "/" + id
		}
		r = r.with(at.Header, id)
	}
	return r
}

// conditioned is a value of which a condition holds.
func (op *declaredOperation) conditioned(k *declared.Condition, c *call) any {
	want := k.Equals
	switch {
	case k.SameAs != "":
		return c.fields[k.SameAs]
	case k.Present:
		return newID(c)
	case len(k.OneOf) > 0:
		want = k.OneOf[0]
	}
	switch k.Type {
	case "number", "integer", "boolean":
		return json.RawMessage(want)
	}
	return want
}

// fault refuses a row and names the field, in the way in which the file says that errors
// look.
func (op *declaredOperation) fault(field, what string) *reply {
	status, code := op.rowFault()
	r := op.errorReply(status, code, "The value of "+field+" "+what+".", field)
	return &r
}

// rowFault is how the API says that a row is at fault: as the file declares it, else by the
// first of the usual statuses that means nothing else to it.
func (op *declaredOperation) rowFault() (status int, code string) {
	answers := slices.Concat(op.file.Answers, op.api.file.Answers)
	for _, a := range answers {
		if a.Means == "rejected" && len(a.Statuses) > 0 && a.Statuses[0] >= 400 {
			return a.Statuses[0], append(slices.Clone(a.Codes), "invalid")[0]
		}
	}
	for _, status := range []int{http.StatusUnprocessableEntity, http.StatusBadRequest} {
		if !slices.ContainsFunc(answers, func(a declared.Answer) bool { return slices.Contains(a.Statuses, status) }) {
			return status, "invalid"
		}
	}
	return http.StatusUnprocessableEntity, "invalid"
}

func (op *declaredOperation) errorReply(status int, code, message, field string) reply {
	return errorReply(slices.Concat(op.file.Errors, op.api.file.Errors), status, code, message, field)
}

// trouble answers what is no operation's, as the file says for all.
func (api *declaredAPI) trouble(status int, message string) reply {
	at := api.file.Errors
	if len(at) == 0 {
		at = api.file.Operations[0].Errors
	}
	code := strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
	for _, a := range api.file.Answers {
		if len(a.Codes) > 0 && slices.Contains(a.Statuses, status) {
			code = a.Codes[0]
			break
		}
	}
	return errorReply(at, status, code, message, "")
}

// errorReply writes an error where the file says that it stands; where it says nothing, as
// a problem document (RFC 9457).
func errorReply(at []declared.ErrorAt, status int, code, message, field string) reply {
	if len(at) == 0 {
		doc := map[string]any{"title": http.StatusText(status), "status": status, "detail": message, "code": code}
		if field != "" {
			doc["field"] = field
		}
		r := jsonReply(status, doc)
		r.media = "application/problem+json"
		return r
	}
	var doc any = map[string]any{}
	for _, piece := range []struct {
		text string
		of   func(*declared.ErrorAt) string
	}{
		{code, func(e *declared.ErrorAt) string { return e.Code }},
		{message, func(e *declared.ErrorAt) string { return e.Message }},
		{field, func(e *declared.ErrorAt) string { return e.Field }},
	} {
		for i := range at {
			if pointer := piece.of(&at[i]); pointer != "" && piece.text != "" {
				doc = put(doc, pointerParts(pointer), piece.text)
				break
			}
		}
	}
	return jsonReply(status, doc)
}

// pointerParts takes a JSON Pointer (RFC 6901) apart; the empty one has none.
func pointerParts(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[i])
	}
	return parts
}

// maxIndex keeps a pointer such as /errors/999999999 from making a huge answer.
const maxIndex = 100

// put sets a value in a document and makes what leads to it: arrays for numbers, objects
// for other names. It gives the document back.
func put(doc any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i <= maxIndex {
		list, _ := doc.([]any)
		for len(list) <= i {
			list = append(list, nil)
		}
		list[i] = put(list[i], path[1:], value)
		return list
	}
	o, ok := doc.(map[string]any)
	if !ok {
		o = map[string]any{}
	}
	o[path[0]] = put(o[path[0]], path[1:], value)
	return o
}
