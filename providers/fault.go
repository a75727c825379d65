package providers

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// members are an object's values by their names in small letters, without _ and -: one
// API writes fieldErrors, another field_errors or FieldErrors.
type members map[string]any

// membersOf prefers, of names that differ in writing only, the plainest one.
func membersOf(o map[string]any) members {
	m := make(members, len(o))
	for _, name := range slices.Sorted(maps.Keys(o)) {
		plain := strings.Map(plainLetter, name)
		if _, taken := m[plain]; !taken || name == plain {
			m[plain] = o[name]
		}
	}
	return m
}

func plainLetter(r rune) rune {
	if r == '_' || r == '-' {
		return -1
	}
	return unicode.ToLower(r)
}

// object gives a member that is an object; empty: there is none.
func (m members) object(name string) members {
	if o, ok := m[name].(map[string]any); ok {
		return membersOf(o)
	}
	return nil
}

// first gives the first of the members that is a text or a number.
func (m members) first(names ...string) string {
	for _, name := range names {
		if text := asText(m[name]); text != "" {
			return text
		}
	}
	return ""
}

// readFault reads one entry of a list of faults.
func readFault(v any) ErrorInfo {
	o, ok := v.(map[string]any)
	if !ok {
		return ErrorInfo{Message: asText(v)}
	}
	m := membersOf(o)
	f := ErrorInfo{
		Code:    m.first("code", "errorcode", "type"),
		Message: m.first("detail", "message", "errormessage", "msg", "reason", "defaultmessage", "description", "error", "title", "i18nkey"),
		Field:   m.faultField(),
	}
	if f.Code == "field" { // express-validator's word for all its faults
		f.Code = ""
	}
	if rules, ok := m["constraints"].(map[string]any); ok && f.Message == "" && len(rules) > 0 { // class-validator
		f.Message = asText(rules[slices.Min(slices.Collect(maps.Keys(rules)))])
	}
	return f
}

// faultField finds the name of the field that a fault is about.
func (m members) faultField() string {
	field := m.first("field", "fieldname", "param", "parameter", "property", "propertyname", "propertypath", "propertyref",
		"pointer", "path", "instancepath", "datapath", "attribute", "element", "source")
	// JSON Schema names the object that lacks a property, and the property apart.
	if missing := m.object("params").first("missingproperty"); missing != "" {
		return strings.TrimSuffix(field, "/") + "/" + missing
	}
	if field == "" {
		field = m.listedField()
	}
	if field == "" {
		field = m.innerField()
	}
	if field == "" {
		field = m.first("name", "target")
	}
	if field == "" && !slices.Contains([]string{"body", "query", "path", "header"}, asText(m["location"])) {
		field = asText(m["location"])
	}
	return field
}

// listedField reads a path in parts (FastAPI, Zod, Shopify), or the first of several
// fields (Salesforce, .NET).
func (m members) listedField() string {
	for _, name := range []string{"loc", "path", "field"} {
		if list, ok := m[name].([]any); ok {
			return joinPath(list)
		}
	}
	for _, name := range []string{"fields", "membernames"} {
		if list, ok := m[name].([]any); ok && len(list) > 0 {
			return asText(list[0])
		}
	}
	return ""
}

// innerField reads the objects in which some APIs name it: JSON:API, HubSpot, Magento.
func (m members) innerField() string {
	for _, name := range []string{"source", "context", "parameters"} {
		inner := m.object(name)
		if field := inner.first("pointer", "parameter", "propertyname", "fieldname"); field != "" {
			return field
		}
		if list, ok := inner["propertyname"].([]any); ok && len(list) > 0 {
			return asText(list[0])
		}
	}
	return ""
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
