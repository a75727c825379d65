package providers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rowpost/mapping"
)

// CheckSchema finds what makes a schema unusable: names that are empty, there twice, or
// a value and an object at once; groups and keys over fields that do not exist; enums
// with a value twice; secrets in keys. All problems come at once.
func CheckSchema(s *mapping.Schema) error {
	if s == nil || len(s.Fields) == 0 {
		return errors.New("the schema has no fields")
	}
	var problems []error
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for i, f := range s.Fields {
		if f.Name == "" || slices.Contains(strings.Split(f.Name, "."), "") {
			report("field %d: the name %q has an empty part", i+1, f.Name)
		}
		checkField(f, report)
		for _, g := range s.Fields[:i] {
			if clash(f.Name, g.Name) {
				report("field %s: it is there twice, or a value and an object at once", f.Name)
			}
		}
	}
	for _, g := range s.Groups {
		checkGroup(s, g, report)
	}
	for _, k := range s.Key {
		if i := s.Index(k.Field); i < 0 {
			report("key: there is no field %s", k.Field)
		} else if s.Fields[i].Secret || k.Of == "" {
			report("key %s: a key is no secret and says what it is an id of", k.Field)
		}
	}
	return errors.Join(problems...)
}

func clash(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

func checkField(f mapping.Field, report func(string, ...any)) {
	for i, v := range f.Enum {
		if v == "" || slices.Contains(f.Enum[:i], v) {
			report("field %s: the value %q of its enum is empty or there twice", f.Name, v)
		}
	}
	if f.MaxLen < 0 {
		report("field %s: its greatest length is negative", f.Name)
	}
	if f.Secret && f.Clearable() {
		report("field %s: a secret cannot be cleared", f.Name)
	}
}

func checkGroup(s *mapping.Schema, g mapping.Group, report func(string, ...any)) {
	if g.Kind != mapping.AtLeastOne && g.Kind != mapping.ExactlyOne {
		report("group of %s: unknown kind %d", strings.Join(g.Fields, ", "), g.Kind)
	}
	if len(g.Fields) < 2 {
		report("group of %s: a group has two fields or more", strings.Join(g.Fields, ", "))
	}
	for i, name := range g.Fields {
		if s.Index(name) < 0 || slices.Contains(g.Fields[:i], name) {
			report("group of %s: field %s does not exist or is there twice", strings.Join(g.Fields, ", "), name)
		}
	}
}
