package draft_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowpost/mapping"
	"rowpost/mapping/draft"
)

// name draws what stands in headers: words of several languages, and what breaks files.
func name(r *rapid.T) string {
	known := []string{
		"E-Mail", "Vorname", "Nachname", "Straße", "Hausnummer", "PLZ", "City", "Country", "Language", "Telefon", "Mobile",
		"Customer ID", "Abo-Nr.", "Wallet", "Name", "Firma", "Anrede", "Status", "", "true", "row", "len", "a: b", "#x", "'",
		`"`, "a\nb", "{x}", "[y]", "null", "- z", "@", "%", "\\", "é\u0301", "\xff", "*c", "&d", "!e", "k, l", " pad ", "1",
	}
	return rapid.OneOf(rapid.SampledFrom(known), rapid.String()).Draw(r, "name")
}

func cell(r *rapid.T) string {
	known := []string{
		"", " ", "a@b.de", "A@B.DE ", "Deutschland", "DE", "de", "Frau", "Herr", "Deutsch", "+49 30 123456", "030 123456",
		"01.02.2003", "2003-02-01", "1.234,50", "1.234", "x: y", "#", "\x00", "a\nb", "\xff", "'", `"`, "{", "true", "12345", "1067",
	}
	return rapid.OneOf(rapid.SampledFrom(known), rapid.String()).Draw(r, "cell")
}

// TestAnyTableGivesAMapping: whatever a table holds, the draft parses, and it binds if
// nothing is missing.
func TestAnyTableGivesAMapping(t *testing.T) {
	targets := builtIn()
	rapid.Check(t, func(r *rapid.T) {
		columns := rapid.SliceOfN(rapid.Custom(name), 1, 12).Draw(r, "header")
		rows := rapid.IntRange(0, 8).Draw(r, "rows")
		s := draft.NewSample(columns, rows)
		for i := range rows {
			cells := make([]string, len(columns))
			for j := range cells {
				cells[j] = cell(r)
			}
			s.Add(mapping.Row{Num: i + 1, Line: i + 2, Cells: cells})
		}
		first := rapid.IntRange(0, len(targets)-1).Draw(r, "first")
		chosen := targets[first:min(first+2, len(targets))]
		d := draft.New(s, chosen)
		if len(d.Requests) == 0 {
			return
		}
		text := d.YAML(draft.Heading{About: []string{strings.Join(columns, " ")}})
		m, err := mapping.Parse("draft.yaml", []byte(text), nil)
		if err != nil {
			r.Fatalf("the draft is no mapping: %v\n%s", err, text)
		}
		if _, err = m.Bind(columns, targets); d.Complete() && err != nil {
			r.Fatalf("the draft does not fit its table: %v\n%s", err, text)
		}
		once(r, d)
	})
}

// once checks that no column feeds two fields of a request, but for a name taken apart
// and an id that waits for another.
func once(r *rapid.T, d *draft.Draft) {
	for _, q := range d.Requests {
		seen := map[string]bool{}
		for _, f := range q.Fields {
			for _, c := range f.Columns {
				if seen[c] && !strings.Contains(f.Source, "split(") {
					r.Fatalf("request %s reads column %q twice", q.ID, c)
				}
				seen[c] = true
			}
		}
	}
}

// TestSampleIsSpreadAndBounded: a sample has rows of all parts of a table, and few.
func TestSampleIsSpreadAndBounded(t *testing.T) {
	const total = 100_000
	s := draft.NewSample([]string{"Betrag"}, total)
	cells := []string{"7"}
	for i := range total {
		cells[0] = "7"
		if i >= total*9/10 {
			cells[0] = "7,50"
		}
		s.Add(mapping.Row{Num: i + 1, Line: i + 2, Cells: cells})
	}
	if n := s.Len(); n < 1000 || n > 2000 {
		t.Errorf("%d rows are kept", n)
	}
	d := draft.New(s, []mapping.Target{target(mapping.Field{Name: "x"})})
	if !slices.ContainsFunc(d.Unused, func(u draft.Unused) bool { return strings.Contains(u.Note, "number") }) {
		t.Error("the last tenth of the table was not looked at")
	}
}

// FuzzHeader: no header makes a draft that is no mapping.
func FuzzHeader(f *testing.F) {
	for _, seed := range []string{"E-Mail;Land", "a\nb;#c", "\xff;'\"", "Name (x;y)", "(;)", "Straße 1:;{}"} {
		f.Add(seed, "a@b.de;Deutschland")
	}
	targets := builtIn()
	f.Fuzz(func(t *testing.T, header, row string) {
		columns := strings.Split(header, ";")
		cells := strings.Split(row, ";")
		cells = append(cells, slices.Repeat([]string{""}, len(columns))...)[:len(columns)]
		s := draft.NewSample(columns, 4)
		for i := range 4 {
			s.Add(mapping.Row{Num: i + 1, Line: i + 2, Cells: cells})
		}
		d := draft.New(s, targets[:1])
		if len(d.Requests) == 0 {
			return
		}
		text := d.YAML(draft.Heading{})
		m, err := mapping.Parse("draft.yaml", []byte(text), nil)
		if err != nil {
			t.Fatalf("the draft is no mapping: %v\n%s", err, text)
		}
		if _, err = m.Bind(columns, targets); d.Complete() && err != nil {
			t.Fatalf("the draft does not fit its table: %v\n%s", err, text)
		}
	})
}
