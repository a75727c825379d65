package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever the bytes: no panic, problems with places inside of the file, and a file
// that parses is bound or refused in the same manner.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, src := range []string{crmMapping, groupMapping, "", "\xff", "- 1", "a: &a [*a]", "version: 1\nrequests: {}", oneField("{expr: 'map(1..3, #)[0:1] + string(len)'}")} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := Parse("m.yaml", src, testFolder())
		if err == nil {
			_, err = m.Bind(testHeader(), testTargets())
		}
		var be *BindError
		if err != nil && (!errors.As(err, &be) || len(be.Problems) == 0) {
			t.Fatalf("an error of another kind: %v", err)
		}
		lines := strings.Count(string(src), "\n") + strings.Count(string(src), "\r") + strings.Count(string(src), "\u2028") +
			strings.Count(string(src), "\u2029") + strings.Count(string(src), "\u0085") + 2
		if be != nil {
			for _, p := range be.Problems {
				if p.Line > lines || p.Msg == "" || p.Line < 0 || p.Col < 0 {
					t.Errorf("a problem out of place: %+v", p)
				}
			}
		}
	})
}

// Whatever the cells: drafts for the same row are the same, and what is invalid says
// why in words that hold nothing of the row.
func FuzzRecords(f *testing.F) {
	b := mustBind(f, `
version: 1
source: {null: ["NULL"]}
requests:
- provider: trackfinity
  when: Status != "off" and not (Lang matches "^x+$")
  key: {join: [No, ZIP]}
  fields:
    customer_id: {column: No, transform: [trim, collapse_spaces, {pad_left: {width: 9}}, {truncate: 40}]}
    email: {column: E-Mail, transform: [trim, lower, email], on_empty: clear}
    city: {expr: 'join(map(split(Name, " "), upper(#[0:1]) + lower(#[1:])), " ") + replace(ZIP, "0", Name)'}
    password: {column: Salutation, transform: [title, {replace: {pattern: "(.)$", with: "$1$1"}}], lookup: {a: b}, otherwise: keep}
- provider: cleverbridge
  fields:
    SubscriptionId: {column: No, transform: [digits]}
    ContactType: {value: BillingContact}
    Contact.CountryId: {column: Country, transform: [{country: alpha2}]}
    Contact.LanguageId: {column: Lang, transform: [language]}
    Contact.Title: {expr: 'string(int(ZIP) * 2) + Name[-3:]'}
`)
	f.Add("1", "a@b.de", "anna lee", "de", "german", "01234", "on", "o'neill")
	f.Add("", "", "", "", "", "", "", "")
	f.Add("\xff", "\u200b@", "ÄÖ \U0001F600", "\u0130", "zh-", "999999999999999999999", "NULL", "ß'")
	f.Fuzz(func(t *testing.T, no, mail, name, country, lang, zip, status, salutation string) {
		r := row("No", no, "E-Mail", mail, "Name", name, "Country", country, "Lang", lang, "ZIP", zip, "Status", status, "Salutation", salutation)
		e := b.Evaluator()
		first := copied(e.Records(r))
		if diff := cmp.Diff(first, copied(e.Records(r))); diff != "" {
			t.Fatalf("the second time is another: %s", diff)
		}
		for _, d := range first {
			if d.Err != nil && (d.Err.Msg == "" || d.Err.Code == "" || strings.Contains(d.Err.Msg, "error of this program")) {
				t.Errorf("%+v", d.Err)
			}
			if d.Err != nil && len(name) > 12 && strings.Contains(d.Err.Error(), name) {
				t.Errorf("the message repeats a cell: %v", d.Err)
			}
		}
	})
}

func copied(drafts []Draft) []Draft {
	out := append([]Draft(nil), drafts...)
	for i := range out {
		out[i].Record.Values = append([]Value(nil), out[i].Record.Values...)
	}
	return out
}

// Whatever the cell: what the strict transforms make has the form that they promise, and
// making it once more changes nothing.
func FuzzStrictTransforms(f *testing.F) {
	result := map[string]*regexp.Regexp{
		"{date: {from: [DD.MM.YYYY, M/D/YYYY, D MMM YYYY, YYYY-MM-DD, excel]}}": regexp.MustCompile(`^\d{4}-\d\d-\d\d$`),
		`{number: {group: ","}}`:               regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?$`),
		"{number: {scale: 2, round: half_up}}": regexp.MustCompile(`^-?(0|[1-9]\d*)\.\d\d$`),
		"bool":                                 regexp.MustCompile("^(true|false)$"),
		"{phone: {region: DE}}":                regexp.MustCompile(`^\+[1-9]\d{5,14}$`),
		"{country: alpha3}":                    regexp.MustCompile("^[A-Z]{3}$"),
		"language":                             regexp.MustCompile("^[a-z]{2}$"),
	}
	evaluators := map[string]*Evaluator{}
	for list := range result {
		evaluators[list] = mustBind(f, oneField("{column: Name, transform: ["+list+"]}")).Evaluator()
	}
	for _, s := range []string{
		"31.12.2026", "1 févr. 2026", "60", "2958465.99999999", "1,234.50-", "(.5)", "−0", "1e5", "Ja", "+49 (0)30 1234567", "0043 1", "00", "+", "DEU", "de_AT", "\u0130", "\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for list, want := range result {
			once, bad := made(evaluators[list], s)
			if bad != nil || once == "" {
				continue
			}
			if !want.MatchString(once) {
				t.Errorf("%s made %q of %q", list, once, s)
			}
			if twice, bad := made(evaluators[list], once); bad != nil || twice != once {
				t.Errorf("%s made %q of %q, and then %q, %v", list, once, s, twice, bad)
			}
		}
	})
}

// made gives what a mapping of one field makes of a cell.
func made(e *Evaluator, s string) (string, *CellError) {
	d := e.Records(row("Name", s))[0]
	text, _ := d.Record.Get(d.Record.Schema.Index("city"))
	return strings.Clone(text), d.Err
}

// Whatever the layout: it is refused in words, or what it writes it reads.
func FuzzLayout(f *testing.F) {
	for _, s := range []string{"DD.MM.YYYY", "D/M/YY h:mm A", "YYYY-MM-DDTHH:mm:ss.SSSZ", "excel", "MMMDYYYY", "YYYYYYYY", "%d", "\xff"} {
		f.Add(s, 2026, 12, 31)
	}
	f.Fuzz(func(t *testing.T, name string, year, month, day int) {
		l, fault := parseLayout(name)
		m := moment{year: year, month: month, day: day}
		if fault != "" || l.epoch != nil || l.uses("MMM") || l.uses("YY") || !m.real() {
			return
		}
		if got, fits := l.read(string(l.write(nil, m))); !fits || got != m {
			t.Errorf("%q: %v became %v", name, m, got)
		}
	})
}
