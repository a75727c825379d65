package providertest

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"rowpost/mapping"
)

// naughtyTexts are cells that real tables hold and careless programs trip over.
var naughtyTexts = []string{
	"", " ", "00123", "1e5", "-1", "null", "true", "undefined", "NaN", "12345678901234567890",
	".", "..", "../../admin", "a/b", `a\b`, "a%2Fb", "%", "%zz", "a?b=c", "a#b", "a;b=c", "a&b=c", "a+b", "a b",
	`"`, `\"`, `\u0041`, `{"x":1}`, "'; DROP TABLE customers;--", "<script>alert(1)</script>", "=1+1", "@cmd", "{{7*7}}", "${HOME}", "{id}",
	"line\nbreak", "tab\there", "cr\r\nX-Injected: 1", "nul\x00", "\x1b[31mred", "\x7f", "\u0085", "\u2028",
	"Müller-Lüdenscheidt", "日本語", "👩‍👩‍👧‍👦", "e\u0301", "שלום", "\u202etxt.exe", "\ufeffbom", "\u00a0", "\ufffd",
	"\xff", "\xc3\x28", "caf\xe9", "\xed\xa0\x80", strings.Repeat("long ", 2000), "REMOVE", "a@b.example",
}

// checkNaughtyTexts puts each text into each field of the record that stands for the operation.
func (s *subject) checkNaughtyTexts(t *testing.T) {
	for i := range s.schema.Fields {
		for _, text := range naughtyTexts {
			record := s.record(t, s.sent)
			record.Values[i] = mapping.Value{Text: text, Is: mapping.Present}
			s.checkBuild(t, record)
		}
	}
}

// checkBuild wants a request that carries the record, or a refusal that says why not.
// Bytes that are no text must be refused: no format can carry them unchanged.
func (s *subject) checkBuild(t failer, r mapping.Record) {
	t.Helper()
	q, err := s.Build(r)
	if err != nil {
		_ = s.checkRefusal(t, r, err)
		return
	}
	for i, v := range r.Values {
		if !utf8.ValidString(v.Text) {
			t.Fatalf("field %s was sent with bytes that are not UTF-8", s.schema.Fields[i].Name)
		}
	}
	s.checkRequest(t, r, q)
}

// checkAnyRecord builds from records that the schema's own checks let pass.
func (s *subject) checkAnyRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s.checkBuild(t, s.drawRecord(t))
	})
}

func (s *subject) drawRecord(t *rapid.T) mapping.Record {
	r := mapping.Record{Schema: s.schema, Values: make([]mapping.Value, len(s.schema.Fields))}
	for i, f := range s.schema.Fields {
		if f.Required || rapid.Bool().Draw(t, "has "+f.Name) {
			r.Values[i] = mapping.Value{Text: drawText(f).Draw(t, f.Name), Is: mapping.Present}
		} else if f.Clear != "" && rapid.Bool().Draw(t, "clears "+f.Name) {
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
	case mapping.FormatPathSegment:
	}
	return rapid.OneOf(
		rapid.StringN(0, longest, -1),
		rapid.StringMatching(`[ -~]{0,20}`),
		rapid.StringMatching(`\+[0-9]{6,15}`),
		rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,8}\.example`),
	)
}
