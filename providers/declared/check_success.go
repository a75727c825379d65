package declared

import (
	"slices"

	"rowpost/mapping"
	"rowpost/providers"
)

func (o *operationChecker) checkSuccess() {
	s, path := &o.op.Success, o.path+".success"
	if !o.Has(path) {
		o.missing(path, "such as {statuses: [200]}")
		return
	}
	if len(s.Statuses) == 0 {
		o.missing(path+".statuses", "such as [200, 201]")
	}
	for i, status := range s.Statuses {
		if status < 200 || status > 299 {
			o.Add(at(path+".statuses", i), "a status of 200 to 299", "status %d cannot confirm anything", status)
		}
	}
	o.word(path+".body", s.Body, "object", bodyJSON, bodyEmptyWord, bodyAnyWord)
	readable := s.Body != bodyEmptyWord && s.Body != bodyAnyWord
	switch {
	case !readable && len(s.Conditions)+len(s.Warnings) > 0:
		o.Add(path+".body", "", "conditions need a body: object or json")
	case !readable && o.op.ID != nil && o.op.ID.Pointer != "" && o.op.ID.Required:
		o.Add(path+".body", "", "the id is in the body: object or json")
	case s.Body == bodyJSON && len(s.Conditions) == 0:
		o.Add(path+".body", `such as {pointer: "", equals: "true", type: boolean}`, "any JSON would confirm it, null too: give a condition")
	}
	for i := range s.Conditions {
		o.checkCondition(at(path+".conditions", i), &s.Conditions[i])
	}
	for i := range s.Warnings {
		p, w := at(path+".warnings", i), &s.Warnings[i]
		o.need(p+".code", w.Code, "a word for the result")
		o.need(p+".message", w.Message, "what is not as one would wish")
		if providers.CleanCode(w.Code) != w.Code || providers.CleanMessage(w.Message) != w.Message {
			o.Add(p, "", "code and message must be single lines, of at most 64 and 300 characters")
		}
		o.checkCondition(p+".condition", &w.Condition)
	}
}

func (o *operationChecker) checkCondition(path string, k *Condition) {
	if !o.Has(path + ".pointer") {
		o.missing(path+".pointer", `such as /status; "" is the whole body`)
	}
	o.pointer(path+".pointer", k.Pointer)
	kinds := 0
	for _, given := range []bool{k.Equals != "", len(k.OneOf) > 0, k.SameAs != "", k.Present, k.Absent} {
		if given {
			kinds++
		}
	}
	if kinds != 1 && !o.misread {
		o.Add(path, "", "give exactly one of equals, one_of, same_as, present and absent")
	}
	o.typed(path+".type", k.Type)
	if k.Type != "" && k.Equals == "" && len(k.OneOf) == 0 {
		o.Add(path+".type", "", "type belongs to equals and one_of")
	}
	if f := (mapping.Field{Format: typeFormat(k.Type)}); f.Format != "" {
		for _, value := range slices.Concat(k.OneOf, []string{k.Equals}) {
			if value != "" && f.Refuse(value) != nil {
				o.Add(path, "", "a value to compare with is no %s", k.Type)
			}
		}
	}
	if k.IgnoreCase && k.SameAs == "" {
		o.Add(path+".ignore_case", "", "ignore_case belongs to same_as")
	}
	if k.Absent && k.Optional {
		o.Add(path+".optional", "", "what must be absent is not optional")
	}
	if k.Absent && k.Pointer == "" {
		o.Add(path+".absent", "success: {body: empty} is an empty body", "absent belongs to a member")
	}
	if k.SameAs != "" && o.field(path+".same_as", k.SameAs) {
		if f := o.op.Fields[slices.Index(o.fieldNames(), k.SameAs)]; f.Secret || f.Separator != "" {
			o.Add(path+".same_as", "", "secrets and lists cannot be compared with")
		}
	}
}
