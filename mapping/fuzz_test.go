package mapping

import (
	"errors"
	"os"
	"path/filepath"
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
