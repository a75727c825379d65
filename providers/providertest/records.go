package providertest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowpost/mapping"
	"rowpost/providers/conformance"
)

func (s *subject) checkNaughtyTexts(t *testing.T) { s.examined(t).NaughtyTexts(t.Errorf) }

// checkBuild wants a request that carries the record, or a refusal that says why not.
func (s *subject) checkBuild(t failer, examined *conformance.Subject, r mapping.Record) {
	t.Helper()
	if err := examined.Build(r); err != nil {
		t.Fatalf("%v", err)
	}
}

// checkAnyRecord builds from records that the schema's own checks let pass.
func (s *subject) checkAnyRecord(t *testing.T) {
	examined := s.examined(t)
	rapid.Check(t, func(t *rapid.T) {
		s.checkBuild(t, examined, s.drawRecord(t))
	})
}

func (s *subject) drawRecord(t *rapid.T) mapping.Record {
	r := mapping.Record{Schema: s.schema, Values: make([]mapping.Value, len(s.schema.Fields))}
	for i, f := range s.schema.Fields {
		if f.Required || rapid.Bool().Draw(t, "has "+f.Name) {
			r.Values[i] = mapping.Value{Text: drawText(f).Draw(t, f.Name), Is: mapping.Present}
		} else if f.Clearable() && rapid.Bool().Draw(t, "clears "+f.Name) {
			r.Values[i] = mapping.Value{Is: mapping.Cleared}
		}
	}
	for _, g := range s.schema.Groups {
		s.satisfy(t, g, r)
	}
	return r
}

// satisfy makes a record keep a group's rule.
func (s *subject) satisfy(t *rapid.T, g mapping.Group, r mapping.Record) {
	chosen := rapid.SampledFrom(g.Fields).Draw(t, "of the group")
	for _, name := range g.Fields {
		i := s.schema.Index(name)
		switch {
		case name == chosen && r.Values[i].Is != mapping.Present:
			r.Values[i] = mapping.Value{Text: drawText(s.schema.Fields[i]).Draw(t, name), Is: mapping.Present}
		case name != chosen && g.Kind == mapping.ExactlyOne:
			r.Values[i] = mapping.Value{}
		}
	}
}

// drawText gives texts of the shape that a field wants.
func drawText(f mapping.Field) *rapid.Generator[string] {
	if f.Separator != "" {
		item := f
		item.Separator = ""
		return rapid.Map(rapid.SliceOfN(drawText(item), 0, 4), func(items []string) string { return strings.Join(items, f.Separator) })
	}
	if len(f.Enum) > 0 {
		return rapid.SampledFrom(f.Enum)
	}
	longest := f.MaxLen
	if longest == 0 || longest > 60 {
		longest = 60
	}
	switch f.Format {
	case mapping.FormatEmail:
		return rapid.StringMatching(`[a-zA-Z0-9.+_'-]{1,20}@[a-z0-9-]{1,20}\.[a-z]{2,6}`)
	case mapping.FormatE164:
		return rapid.StringMatching(`\+[0-9]{6,15}`)
	case mapping.FormatCountry2:
		return rapid.StringMatching(`[A-Z]{2}`)
	case mapping.FormatCountry:
		return rapid.StringMatching(`[A-Z]{2,3}`)
	case mapping.FormatLanguage:
		return rapid.StringMatching(`[a-z]{2}`)
	case mapping.FormatDigits:
		return rapid.Map(rapid.SliceOfN(rapid.ByteRange('0', '9'), 1, longest), func(b []byte) string { return string(b) })
	case mapping.FormatNumber:
		return rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?`)
	case mapping.FormatInteger:
		return rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})`)
	case mapping.FormatBoolean:
		return rapid.SampledFrom([]string{"true", "false"})
	case mapping.FormatPathSegment:
	}
	return rapid.OneOf(
		rapid.StringN(0, longest, -1),
		rapid.StringMatching(`[ -~]{0,20}`),
		rapid.StringMatching(`\+[0-9]{6,15}`),
		rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,8}\.example`),
	)
}
