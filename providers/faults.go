package providers

import (
	"maps"
	"slices"
	"strings"
)

// faultNames are the members in which APIs list the fields at fault, the most telling
// first: Paysafe and its like, JSON:API and Rails, RFC 9457's example, Bean Validation,
// FastAPI.
var faultNames = []string{
	"fieldErrors", "field_errors", "errors", "invalid-params", "invalid_params", "invalidParams",
	"violations", "details", "detail",
}

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
	return nil
}

func readFaults(v any) []ErrorInfo {
	var faults []ErrorInfo
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if f := readFault(e); f != (ErrorInfo{}) {
				faults = append(faults, f)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if words := firstWords(v[name]); words != "" {
				faults = append(faults, ErrorInfo{Field: name, Message: words})
			}
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
		Message: first(o, "detail", "error", "message", "msg", "reason", "defaultMessage", "title"),
		Field:   first(o, "field", "name", "param", "parameter", "property", "propertyPath", "pointer", "path"),
	}
	if source, ok := o["source"].(map[string]any); ok && f.Field == "" {
		f.Field = first(source, "pointer", "parameter")
	}
	if loc, ok := o["loc"].([]any); ok && f.Field == "" {
		f.Field = joinPath(loc)
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
// body.email, #/email) into a name with dots.
func fieldName(text string) string {
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "#/") {
		text = strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(text, "#"), "/"), "/", ".")
		text = strings.ReplaceAll(strings.ReplaceAll(text, "~1", "/"), "~0", "~")
	}
	for _, prefix := range []string{"$.", "data.attributes.", "body."} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
