package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"strings"

	"rowpost/providers"
)

// decode reads a request as a server would: the path's segments against the
// description's, the query, and the body by its content type.
func decode(template string, q providers.Request) (map[string]string, error) {
	out := map[string]string{}
	if err := decodePath(out, template, q.Path); err != nil {
		return nil, err
	}
	if err := decodeForm(out, q.Query); err != nil {
		return nil, err
	}
	if len(q.Body) == 0 {
		return out, nil
	}
	switch kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); {
	case err != nil:
		return nil, fmt.Errorf("a body without a content type: %w", err)
	case kind == "application/x-www-form-urlencoded":
		return out, decodeForm(out, string(q.Body))
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return out, decodeJSON(out, q.Body)
	default:
		return nil, fmt.Errorf("content type %s: the suite cannot read it", kind)
	}
}

func decodePath(out map[string]string, template, path string) error {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return fmt.Errorf("path %s has other segments than %s", path, template)
	}
	for i, part := range want {
		before, rest, isField := strings.Cut(part, "{")
		name, after, _ := strings.Cut(rest, "}")
		inner := got[i]
		if !isField {
			if inner != part {
				return fmt.Errorf("segment %s of the path, described as %s", inner, part)
			}
			continue
		}
		inner, okBefore := strings.CutPrefix(inner, before)
		inner, okAfter := strings.CutSuffix(inner, after)
		text, err := url.PathUnescape(inner)
		if err != nil || !okBefore || !okAfter || strings.ContainsAny(inner, "?#;\\ ") {
			return fmt.Errorf("segment %s of the path is not what %s stands for", inner, part)
		}
		out[name] = text
	}
	return nil
}

func decodeForm(out map[string]string, text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return err
	}
	for name, all := range values {
		if _, twice := out[name]; twice {
			return fmt.Errorf("field %s is there twice", name)
		}
		if out[name] = all[0]; len(all) > 1 {
			out[name] = listText(all)
		}
	}
	return nil
}

func decodeJSON(out map[string]string, body []byte) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return fmt.Errorf("the body is no JSON object: %w", err)
	}
	if d.More() {
		return errors.New("something follows the body's object")
	}
	return flatten(out, "", doc)
}

// nullText stands for null: no text of a record is the same.
const nullText = "\x00null"

// listText stands for several values. One is as good as itself: a form cannot tell.
func listText(items []string) string {
	if len(items) == 1 {
		return items[0]
	}
	return "\x00list\x00" + strings.Join(items, "\x00")
}

func flatten(out map[string]string, prefix string, o map[string]any) error {
	for name, v := range o {
		name = prefix + name
		if _, twice := out[name]; twice {
			return fmt.Errorf("field %s is there twice", name)
		}
		switch v := v.(type) {
		case map[string]any:
			if len(v) == 0 {
				return fmt.Errorf("object %s is empty", name)
			}
			if err := flatten(out, name+".", v); err != nil {
				return err
			}
		case []any:
			items := make([]string, len(v))
			for i, item := range v {
				items[i] = fmt.Sprint(item)
			}
			out[name] = listText(items)
		case nil:
			out[name] = nullText
		case string:
			out[name] = v
		default:
			out[name] = fmt.Sprint(v)
		}
	}
	return nil
}
