package mapping

import (
	"strings"
	"testing"
)

func TestSources(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"a column by its name alone", "Country", " Österreich "},
		{"a column", "{column: Country}", " Österreich "},
		{"text stays text", "ZIP", "0123"},
		{"a number in the file is a text", "{value: 0123}", "0123"},
		{"a yes in the file is a text", "{value: NO}", "NO"},
		{"join leaves empty cells out", `{join: [No, Address 2, ZIP], with: "-"}`, "7-0123"},
		{"join has a blank between", `{join: [No, ZIP]}`, "7 0123"},
		{"join of one cell that is not empty", `{join: [Address 2, ZIP]}`, "0123"},
		{"expression", `{expr: 'split(Name, " ")[0] + "!"'}`, "Ann!"},
		{"transforms go from left to right", `{column: Country, transform: [trim, upper, {truncate: 3}]}`, "ÖST"},
		{"an empty cell passes the transforms", `{column: Address 2, transform: [{pad_left: {width: 5}}, email]}`, ""},
		{"lookup", "{column: Status, lookup: {a: Active, b: Blocked}}", "Active"},
		{"lookup comes after the transforms", "{column: Status, transform: [upper], lookup: {A: Active}}", "Active"},
		{"lookup of these very words", "{column: Status, lookup: {table: {a: x, table: y}}}", "x"},
		{"lookup with three words of a file that are not all", "{column: Status, lookup: {file: f, a: x}}", "x"},
		{"lookup of an empty cell that is in the table", `{column: Address 2, lookup: {"": none}}`, "none"},
		{"lookup of an empty cell that is not", `{column: Address 2, lookup: {a: x}, default: d}`, "d"},
		{"lookup in a file with semicolons", "{column: Salutation, lookup: {file: codes.csv, key: Code, value: Note}}", "y;z"},
		{"lookup in a file in a folder", `{value: A, lookup: {file: .\folder\same.csv, key: Code, value: Name}}`, "DE"},
		{"otherwise keep", "{column: ZIP, lookup: {a: x}, otherwise: keep}", "0123"},
		{"otherwise omit goes before default", "{column: ZIP, lookup: {a: x}, otherwise: omit, default: d}", ""},
		{"otherwise a text", "{column: ZIP, lookup: {a: x}, otherwise: other}", "other"},
		{"default for an empty cell", "{column: Address 2, default: d}", "d"},
		{"default for what a transform emptied", "{column: Name, transform: [digits], default: d}", "d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := row("No", "7", "Name", "Ann Lee", "Country", " Österreich ", "ZIP", "0123", "Status", "a", "Salutation", "B ")
			got, bad := city(t, c.source, r)
			if bad != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
}

func TestOnEmpty(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         Value
	}{
		{"omit is the default", "Name", Value{}},
		{"omit", "{column: Name, on_empty: omit}", Value{}},
		{"send", "{column: Name, on_empty: send}", Value{Is: Present}},
		{"clear", "{column: Name, on_empty: clear}", Value{Is: Cleared}},
		{"clear always", `{value: "", on_empty: clear}`, Value{Is: Cleared}},
		{"default goes before", "{column: Name, default: x, on_empty: clear}", Value{Text: "x", Is: Present}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := mustBind(t, oneField(c.source)+"    email: {value: a@b.c}\n")
			d := b.Evaluator().Records(row())[0]
			if d.Err != nil || d.Record.Values[3] != c.want {
				t.Errorf("got %+v, %v", d.Record.Values[3], d.Err)
			}
		})
	}
}

const crmMapping = `
version: 1
source: {null: ["NULL", "n/a"]}
requests:
- provider: cleverbridge
  when: Status != "off"
  fields:
    SubscriptionId: No
    ContactType: {column: Salutation, default: BillingContact}
    Contact.CountryId: {column: Country, transform: [{country: alpha2}]}
    Contact.LanguageId: Lang
    Contact.EMail: E-Mail
    Contact.Firstname: {expr: 'Name + ""'}
    Contact.Title: {join: [Name, ZIP]}
    Contact.Street2: {column: Address 2, on_empty: clear}
`

func TestRowsThatCannotBeSent(t *testing.T) {
	b := mustBind(t, crmMapping)
	good := []string{"No", "7", "Country", "de", "E-Mail", "a@b.de"}
	for _, c := range []struct {
		name  string
		cells []string
		want  CellError
	}{
		{"required value empty", []string{"No", ""}, CellError{
			Column: "No", Field: "SubscriptionId", Code: CodeRequired,
			Msg: "required value is empty", Hint: "the subscription's number",
		}},
		{"a text that means empty", []string{"No", "n/a"}, CellError{
			Column: "No", Field: "SubscriptionId", Code: CodeRequired,
			Msg: "required value is empty", Hint: "the subscription's number",
		}},
		{"wrong case", []string{"Salutation", "deliverycontact"}, CellError{
			Column: "Salutation", Field: "ContactType", Code: CodeNotAllowed,
			Msg: "value is none of the values that this field takes", Hint: "DeliveryContact differs only in upper and lower case",
		}},
		{"blanks around", []string{"Salutation", " DeliveryContact"}, CellError{
			Column: "Salutation", Field: "ContactType", Code: CodeNotAllowed,
			Msg: "value is none of the values that this field takes", Hint: "DeliveryContact has blanks around it: transform: [trim]",
		}},
		{"unknown country", []string{"Country", "Atlantis"}, CellError{
			Column: "Country", Field: "Contact.CountryId", Code: CodeBadValue,
			Msg: "value is no country that is known here", Hint: "write an ISO 3166-1 code or the country's name, or translate it first by a lookup",
		}},
		{"not a language's code", []string{"Lang", "German"}, CellError{
			Column: "Lang", Field: "Contact.LanguageId", Code: CodeBadFormat,
			Msg: "value is no language code of two small letters", Hint: "transform: [language] makes it from other codes and names",
		}},
		{"no address", []string{"E-Mail", "a b@c.de"}, CellError{
			Column: "E-Mail", Field: "Contact.EMail", Code: CodeBadFormat,
			Msg: "value has a blank or an invisible character in the email address",
		}},
		{"too long, from an expression with one column", []string{"Name", "12345678901"}, CellError{
			Column: "Name", Field: "Contact.Firstname", Code: CodeTooLong,
			Msg: "value is longer than 10 characters", Hint: "transform: [{truncate: 10}] cuts it",
		}},
		{"the text that clears", []string{"Address 2", "-"}, CellError{
			Column: "Address 2", Field: "Contact.Street2", Code: CodeReserved,
			Msg: "value is the text by which the provider clears this field", Hint: "to clear it, leave the cell empty and say on_empty: clear",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := b.Evaluator().Records(row(append(good, c.cells...)...))
			c.want.Line = 2
			if len(d) != 1 || d[0].Err == nil || *d[0].Err != c.want {
				t.Errorf("got %+v\nwant %+v", d[0].Err, c.want)
			}
		})
	}
	if d := b.Evaluator().Records(row(good...)); d[0].Err != nil {
		t.Errorf("the row without fault: %v", d[0].Err)
	}
}

func TestTenUmlautsFitIntoTenCharacters(t *testing.T) {
	b := mustBind(t, crmMapping)
	d := b.Evaluator().Records(row("No", "7", "Country", "de", "Name", "ÄÖÜäöüßéèê"))
	if d[0].Err != nil {
		t.Error(d[0].Err)
	}
}

func TestWhen(t *testing.T) {
	b := mustBind(t, crmMapping)
	e := b.Evaluator()
	if d := e.Records(row("Status", "off")); len(d) != 0 {
		t.Errorf("a row left out makes %d drafts", len(d))
	}
	if d := e.Records(Row{Fault: &CellError{Code: CodeRagged}}); len(d) != 0 {
		t.Errorf("a faulty row makes %d drafts", len(d))
	}
	failing := mustBind(t, strings.Replace(crmMapping, `Status != "off"`, `int(ZIP) > 5`, 1))
	d := failing.Evaluator().Records(row("ZIP", "secret"))
	want := CellError{
		Line: 2, Column: "ZIP", Field: "when", Code: CodeBadValue,
		Msg: "the expression needs a number, and this row has another text there",
	}
	if len(d) != 1 || *d[0].Err != want {
		t.Errorf("got %+v", d)
	}
}

const groupMapping = `
version: 1
requests:
- provider: trackfinity
  fields: {customer_id: No, subscription_id: ZIP, email: {column: E-Mail, on_empty: clear}, city: Name}
- provider: trackfinity
  fields: {subscription_id: ZIP, city: Name}
- provider: trackfinity
  operation: lock_customer
  when: Status == "lock"
  key: {join: [Country, No], with: "/", transform: [upper]}
  fields: {customer_id: No}
`

func TestGroups(t *testing.T) {
	e := mustBind(t, groupMapping).Evaluator()
	for _, c := range []struct {
		name  string
		cells []string
		codes [2]string
	}{
		{"one id, and clearing counts as a change", []string{"No", "1"}, [2]string{"", CodeMissingGroup}},
		{"both ids", []string{"No", "1", "ZIP", "2", "Name", "x"}, [2]string{CodeConflict, ""}},
		{"no id", []string{"Name", "x"}, [2]string{CodeMissingGroup, CodeMissingGroup}},
		{"nothing to change", []string{"ZIP", "2"}, [2]string{"", CodeMissingGroup}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, d := range e.Records(row(c.cells...)) {
				code := ""
				if d.Err != nil {
					code = d.Err.Code
				}
				if code != c.codes[i] {
					t.Errorf("request %d: got %q, want %q", i, code, c.codes[i])
				}
			}
		})
	}
}

func TestKeys(t *testing.T) {
	e := mustBind(t, groupMapping).Evaluator()
	keys := func(r Row) (out []string) {
		for _, d := range e.Records(r) {
			out = append(out, d.Record.Key)
		}
		return out
	}
	got := keys(row("No", "5", "Name", "x", "Status", "lock", "Country", "de"))
	if len(got) != 3 || got[0] != "customer\x005" || got[2] != "key\x00DE/5" {
		t.Errorf("got %q", got)
	}
	if got = keys(row("ZIP", "S5", "Name", "x")); got[0] != "subscription\x005" {
		t.Errorf("a subscription with the optional S: %q", got)
	}
	if got = keys(row("ZIP", "5", "Name", "x")); got[0] != "subscription\x005" || got[0] != got[1] {
		t.Errorf("the same subscription by two requests: %q", got)
	}
}

func TestEvaluatorOfSomeRequests(t *testing.T) {
	b := mustBind(t, groupMapping)
	d := b.Evaluator(2).Records(row("No", "5", "Status", "lock"))
	if len(d) != 1 || d[0].Request != 2 || d[0].Record.Schema != b.Requests()[2].Schema {
		t.Errorf("got %+v", d)
	}
}

func TestShortRowsAndBrokenTextDoNotPanic(t *testing.T) {
	e := mustBind(t, crmMapping).Evaluator()
	for _, cells := range [][]string{nil, {"1"}, {"\xff", "\xff", "\xff\xfe", "\xff", "\xff", "\xff"}} {
		for _, d := range e.Records(Row{Cells: cells}) {
			if d.Err == nil {
				t.Errorf("%q was taken", cells)
			}
		}
	}
}

func TestPlainRowsCostNoMemory(t *testing.T) {
	b := mustBind(t, benchMapping(plainFields))
	e, r := b.Evaluator(), benchRow()
	got := testing.AllocsPerRun(100, func() { e.Records(r) })
	if got > 1 { // the key
		t.Errorf("%v allocations a row", got)
	}
}
