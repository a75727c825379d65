package declared

import (
	"slices"
	"strings"

	"rowpost/mapping"
)

func fieldFormats() []string {
	return []string{
		string(mapping.FormatEmail), string(mapping.FormatE164), string(mapping.FormatCountry2), string(mapping.FormatCountry),
		string(mapping.FormatLanguage), string(mapping.FormatDigits),
	}
}

func (o *operationChecker) checkFields() {
	if len(o.op.Fields) == 0 {
		o.missing(o.path+".fields", "at least one, with its name")
	}
	seen := map[string]bool{}
	for i := range o.op.Fields {
		f := &o.op.Fields[i]
		path := at(o.path+".fields", i)
		if !o.need(path+".name", f.Name, "as the API calls it") {
			continue
		}
		if seen[f.Name] {
			o.Add(path+".name", "", "field %s stands here a second time", f.Name)
		}
		seen[f.Name] = true
		o.checkField(path, f)
	}
}

func (o *operationChecker) checkField(path string, f *Field) {
	if hasEmptyPart(f.Name) || hasEmptyPart(f.wireName()) || strings.ContainsAny(f.Name, "{}\x00") {
		o.Add(path+".name", "contact.email is the email of contact", "a field's name has no braces, and no empty part between dots")
	}
	o.line(path+".help", f.Help)
	o.typed(path+".type", f.Type)
	o.word(path+".format", f.Format, append(fieldFormats(), string(mapping.FormatPathSegment))...)
	if typeFormat(f.Type) != "" && f.Format != "" {
		o.Add(path+".format", "", "a field of the type %s has no other format", f.Type)
	}
	if o.Has(path+".max_len") && f.MaxLen < 1 {
		o.Add(path+".max_len", "", "max_len must be at least 1")
	}
	o.checkEnum(path+".enum", f)
	o.checkClear(path, f)
	o.checkPlace(path, f)
	for i, w := range f.FormatWhen {
		p := at(path+".format_when", i)
		if o.need(p+".field", w.Field, "the other field") {
			o.field(p+".field", w.Field)
		}
		o.need(p+".equals", w.Equals, "its value")
		if o.need(p+".format", w.Format, "one of "+mapping.Listed(fieldFormats())) {
			o.word(p+".format", w.Format, fieldFormats()...)
		}
	}
}

func (o *operationChecker) checkEnum(path string, f *Field) {
	plain := f.field()
	plain.Enum, plain.Separator, plain.Clear, plain.Reserved = nil, "", "", nil
	for i, value := range f.Enum {
		switch {
		case value == "" || slices.Contains(f.Enum[:i], value):
			o.Add(at(path, i), "", "a value is empty, or stands here a second time")
		case plain.Refuse(value) != nil:
			o.Add(at(path, i), "", "this value would be refused: %s", plain.Refuse(value).Msg)
		}
	}
}

func (o *operationChecker) checkClear(path string, f *Field) {
	switch {
	case o.Has(path+".clear") && f.Clear == "" && !o.Said(path+".clear"):
		o.Add(path+".clear", "leave it out: a mapping sends an empty text by on_empty: send", "clear must not be empty")
	case f.Clear != "" && f.ClearNull:
		o.Add(path+".clear_null", "", "give clear or clear_null, not both")
	case f.ClearNull && (o.op.place(f) != inBody || o.op.Body != bodyJSON):
		o.Add(path+".clear_null", "", "only the members of a JSON body can be null")
	case f.Secret && (f.Clear != "" || f.ClearNull):
		o.Add(path+".secret", "", "a secret cannot be cleared")
	}
}

func (o *operationChecker) checkPlace(path string, f *Field) {
	o.word(path+".in", f.In, inPath, inQuery, inHeader, inBody)
	place, named := o.op.place(f), slices.Contains(pathFields(o.op.Path), f.Name)
	switch {
	case place == inPath && !named:
		o.Add(path+".in", "write it there in braces", "the path does not name field %s", f.Name)
	case place != inPath && named:
		o.Add(path+".in", "give another field another name; as is the API's own", "the path names field %s, so it goes there", f.Name)
	case place == inPath && f.As != "":
		o.Add(path+".as", "", "a field of the path has no other name")
	case place == inBody && o.op.Body == bodyNone:
		o.Add(path+".in", "", "the operation has no body")
	case place == inHeader:
		o.header(path+".name", f.wireName())
	}
	if f.Secret && secretPlace(place) {
		o.Add(path+".secret", "addresses stand in logs on the way", "a secret cannot travel in the address")
	}
	if (place == inPath || place == inHeader) && f.Separator != "" {
		o.Add(path+".separator", "", "only body and query can hold a list")
	}
	if place == inPath && f.Clear != "" {
		o.Add(path+".clear", "", "what stands in the path cannot be cleared")
	}
}
