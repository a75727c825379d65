package providers

import (
	"maps"
	"slices"
	"strings"
)

// faultNames are the members in which APIs list the fields at fault, the most telling
// first: Paysafe and its like, JSON:API and Rails, RFC 9457's example, Bean Validation
// and Symfony, Adyen, Google, Zod, ASP.NET, FastAPI.
var faultNames = []string{
	"fieldErrors", "field_errors", "errors", "invalid-params", "invalid_params", "invalidParams",
	"violations", "parameterViolations", "fieldViolations", "invalidFields", "invalid_fields",
	"validationErrors", "validation_errors", "validation_messages", "subErrors", "issues", "ModelState", "modelState",
	"details", "detail",
}

// maxNesting is how deep objects of fields are followed.
const maxNesting = 4

// findFaults gives the faults of an error answer's fields, in the answer's order; those of a
// map, which has none, by name.
func findFaults(doc any) []ErrorInfo {
	if list, ok := doc.([]any); ok {
		return readFaults(list)
	}
	o, ok := doc.(map[string]any)
	if !ok {
		return nil
	}
	holders := []map[string]any{o}
	if inner, ok := o["error"].(map[string]any); ok {
		holders = []map[string]any{inner, o}
	}
	for _, holder := range holders {
		for _, name := range faultNames {
			if faults := readFaults(holder[name]); len(faults) > 0 {
				return faults
			}
		}
	}
	if onlyLists(o) {
		return readFaults(o)
	}
	return nil
}

// onlyLists says whether an object has nothing but lists of texts, by which some APIs
// (Django's) name the fields without any frame.
func onlyLists(o map[string]any) bool {
	for _, v := range o {
		list, ok := v.([]any)
		if !ok || len(list) == 0 || asText(list[0]) == "" {
			return false
		}
	}
	return true
}

func readFaults(v any) []ErrorInfo {
	var faults []ErrorInfo
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if o, ok := e.(map[string]any); ok && o["fieldViolations"] != nil { // Google's
				faults = append(faults, readFaults(o["fieldViolations"])...)
			} else if f := readFault(e); f != (ErrorInfo{}) {
				faults = append(faults, f)
			}
		}
	case map[string]any:
		faults = fieldFaults(v, "", 1)
	}
	return faults
}

// fieldFaults reads an object whose members are fields: a text, a list of texts, a fault,
// or an object of more fields.
func fieldFaults(o map[string]any, prefix string, depth int) []ErrorInfo {
	var faults []ErrorInfo
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if words := firstWords(o[name]); words != "" {
			faults = append(faults, ErrorInfo{Field: prefix + name, Message: words})
		} else if inner, ok := o[name].(map[string]any); ok && depth < maxNesting {
			faults = append(faults, fieldFaults(inner, prefix+name+".", depth+1)...)
		}
	}
	return faults
}

// firstWords reads one text, or the first of a list of them.
func firstWords(v any) string {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	if o, ok := v.(map[string]any); ok {
		if inner, ok := o["_errors"].([]any); ok { // Zod's
			return firstWords(inner)
		}
		return readFault(o).Message
	}
	return asText(v)
}

func readFault(v any) ErrorInfo {
	o, ok := v.(map[string]any)
	if !ok {
		return ErrorInfo{Message: asText(v)}
	}
	f := ErrorInfo{
		Code:    first(o, "code", "errorCode", "type"),
		Message: first(o, "detail", "error", "message", "msg", "reason", "defaultMessage", "description", "title"),
		Field: first(o, "field", "fieldName", "field_name", "name", "param", "parameter", "property", "propertyName",
			"propertyPath", "pointer", "path", "instancePath", "target", "attribute"),
	}
	if source, ok := o["source"].(map[string]any); ok && f.Field == "" {
		f.Field = first(source, "pointer", "parameter")
	}
	for _, name := range []string{"loc", "path", "fields", "memberNames"} { // FastAPI, Zod, Salesforce, .NET
		list, ok := o[name].([]any)
		if !ok || f.Field != "" {
			continue
		}
		if name == "fields" || name == "memberNames" {
			list = list[:min(len(list), 1)]
		}
		f.Field = joinPath(list)
	}
	return f
}

func joinPath(parts []any) string {
	var names []string
	for _, p := range parts {
		names = append(names, asText(p))
	}
	return strings.Join(names, ".")
}

// fieldName turns the ways of naming a field (/data/attributes/email, $.Contact.EMail,
// body.email, #/email, address[zip], contacts[0].email) into a name with dots. Positions
// in lists are left out: a row has one of each.
func fieldName(text string) string {
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "#/") {
		text = strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(text, "#"), "/"), "/", ".")
		text = strings.ReplaceAll(strings.ReplaceAll(text, "~1", "/"), "~0", "~")
	}
	if strings.HasSuffix(text, "]") || strings.Contains(text, "].") {
		text = strings.NewReplacer("].", ".", "][", ".", "[", ".", "]", "", `"`, "", "'", "").Replace(text)
	}
	for _, prefix := range []string{"$.", "data.attributes.", "body."} {
		text = strings.TrimPrefix(text, prefix)
	}
	parts := strings.Split(text, ".")
	named := slices.DeleteFunc(slices.Clone(parts), func(p string) bool {
		return p == "" || strings.Trim(p, "0123456789") == ""
	})
	if len(named) == 0 {
		return text
	}
	return strings.Join(named, ".")
}

// FieldSeparator stands between the names in [ErrorInfo.Field] if there are several.
const FieldSeparator = ", "

// fieldNames puts the names of the fields at fault together, each once, the answer's
// first one first, and as many as there is room for.
func fieldNames(told string, faults []ErrorInfo) string {
	var names []string
	size := 0
	for _, f := range append([]ErrorInfo{{Field: told}}, faults...) {
		name := clean(fieldName(f.Field), maxField)
		size += len(name) + len(FieldSeparator)
		if name == "" || slices.Contains(names, name) || len(names) > 0 && size > maxField {
			continue
		}
		names = append(names, name)
	}
	return clean(strings.Join(names, FieldSeparator), maxField)
}
