package providers

import (
	"maps"
	"slices"
	"strings"
)

// faultNames are the members in which APIs list the fields at fault, the most telling
// first, as [membersOf] writes them: Paysafe and its like, JSON:API and Rails, RFC 9457's
// example, Bean Validation and Symfony, Adyen, Google, Zod, ASP.NET, AWS, Recurly, SAP,
// Shopify, Lexware, FastAPI, Jira, NestJS.
var faultNames = []string{
	"fielderrors", "errors", "invalidparams", "violations", "parameterviolations", "fieldviolations", "invalidfields",
	"validationerrors", "validationmessages", "suberrors", "issues", "modelstate", "fieldlist", "params", "errordetails",
	"usererrors", "issuelist", "details", "detail", "errormessages", "messages", "message", "error",
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
	for _, frame := range frames(membersOf(o)) {
		for _, name := range faultNames {
			if faults := frame.faults(name); len(faults) > 0 {
				return faults
			}
		}
	}
	if onlyLists(o, 1) {
		return readFaults(o)
	}
	return nil
}

// frames are the objects of an answer that can hold a list of faults, the most likely first.
func frames(top members) []members {
	fault := top.object("error")
	all := []members{fault.object("innererror"), fault.object("details"), fault, top}
	for _, name := range []string{"details", "fault", "responsestatus", "embedded"} {
		all = append(all, top.object(name))
	}
	if strings.HasPrefix(asText(top["code"]), "rest_") { // WordPress; other APIs show there what they were sent
		all = append(all, members{"fielderrors": top.object("data")["params"]})
	}
	return append(all, members{"validationerrors": echoedFaults(top["elements"])})
}

// echoedFaults collects what is wrong from a list of the objects as they were sent, whose
// other members are no part of it (Xero).
func echoedFaults(v any) []any {
	sent, _ := v.([]any)
	var all []any
	for _, e := range sent {
		if o, ok := e.(map[string]any); ok {
			list, _ := membersOf(o)["validationerrors"].([]any)
			all = append(all, list...)
		}
	}
	return all
}

// faults reads one member of a frame. An object named params or error, and a list of
// texts named so, is something else: what was sent, or the frame of one error.
func (m members) faults(name string) []ErrorInfo {
	v := m[name]
	if name == "params" || name == "error" {
		list, ok := v.([]any)
		if !ok || len(list) == 0 || asText(list[0]) != "" {
			return nil
		}
	}
	if o, ok := v.(map[string]any); ok && name == "details" {
		if _, framed := membersOf(o)["errors"].([]any); framed { // it is a frame itself (Strapi)
			return nil
		}
	}
	if asText(v) != "" {
		return nil
	}
	return readFaults(v)
}

// onlyLists says whether an object has nothing but lists of texts, and objects of such, by
// which some APIs (Django's) name the fields without any frame.
func onlyLists(o map[string]any, depth int) bool {
	for _, v := range o {
		switch v := v.(type) {
		case []any:
			if len(v) == 0 || asText(v[0]) == "" {
				return false
			}
		case map[string]any:
			if len(v) == 0 || depth == maxNesting || !onlyLists(v, depth+1) {
				return false
			}
		default:
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

// firstWords reads one text, or the first of a list of them; a number is none.
func firstWords(v any) string {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	if o, ok := v.(map[string]any); ok {
		if inner, ok := o["_errors"].([]any); ok && len(inner) > 0 { // Zod's
			v = inner[0]
		} else {
			return readFault(o).Message
		}
	}
	words, _ := v.(string)
	return words
}
