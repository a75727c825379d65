package mapping

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"testing/fstest"
)

var update = flag.Bool("update", false, "write the golden files and schema.json anew")

// The header and the operations that most tests bind to. They have the shapes that the
// built-in providers have, and no more than the tests need.

func testHeader() []string {
	return []string{"No", "E-Mail", "Name", "Country", "Lang", "ZIP", "Status", "Salutation", "len", "row", "Twice", "Twice", "", "Address 2"}
}

func testTargets() []Target {
	contact := &Schema{
		Fields: []Field{
			{Name: "SubscriptionId", Required: true, Help: "the subscription's number"},
			{Name: "ContactType", Required: true, Enum: []string{"LicenseeContact", "BillingContact", "DeliveryContact"}},
			{Name: "Contact.CountryId", Required: true, Format: FormatCountry2},
			{Name: "Contact.LanguageId", Format: FormatLanguage},
			{Name: "Contact.EMail", MaxLen: 60, Format: FormatEmail},
			{Name: "Contact.Firstname", MaxLen: 10},
			{Name: "Contact.PostalCode"},
			{Name: "Contact.Title"},
			{Name: "Contact.Street2", Clear: "-"},
		},
		Key: []KeyField{{Field: "SubscriptionId", Of: "subscription", Prefix: "S"}},
	}
	details := &Schema{
		Fields: []Field{
			{Name: "customer_id"},
			{Name: "subscription_id"},
			{Name: "email", Clear: "REMOVE"},
			{Name: "city", Clear: "REMOVE"},
			{Name: "password", Secret: true, Reserved: []string{"REMOVE"}},
		},
		Groups: []Group{
			{ExactlyOne, []string{"customer_id", "subscription_id"}},
			{AtLeastOne, []string{"email", "city", "password"}},
		},
		Key: []KeyField{{Field: "customer_id", Of: "customer"}, {Field: "subscription_id", Of: "subscription", Prefix: "S"}},
	}
	return []Target{
		{Provider: "cleverbridge", Operation: "update_contact", Schema: contact},
		{Provider: "trackfinity", Operation: "set_customer_details", Schema: details},
		{Provider: "trackfinity", Operation: "lock_customer", Schema: &Schema{Fields: []Field{{Name: "customer_id", Required: true, Format: FormatPathSegment}}}},
	}
}

func testFolder() fstest.MapFS {
	return fstest.MapFS{
		"codes.csv":       {Data: []byte("\uFEFFCode;Name;Note\r\nA;LicenseeContact;x\r\n\"B \";BillingContact;\"y;z\"\r\n")},
		"wrong.csv":       {Data: []byte("Code,Name\nA,nothing that fits\n")},
		"ragged.csv":      {Data: []byte("Code,Name\nA,B\nC\n")},
		"twice.csv":       {Data: []byte("Code,Name\nA,B\nA,C\n")},
		"latin.csv":       {Data: []byte("Code,Name\nA,M\xfcller\n")},
		"columns.csv":     {Data: []byte("Code,Name,Code\nA,B,C\n")},
		"book.csv":        {Data: []byte("PK\x03\x04\x14\x00")},
		"wide.csv":        {Data: []byte("\xff\xfeC\x00")},
		"void.csv":        {Data: []byte("\n \n")},
		"folder/same.csv": {Data: []byte("Code,Name\nA,DE\nA,DE\n")},
	}
}

// problemsOf gives what is wrong with a mapping, as a user reads it.
func problemsOf(t *testing.T, src string) []Problem {
	t.Helper()
	m, err := Parse("map.yaml", []byte(src), testFolder())
	if err == nil {
		_, err = m.Bind(testHeader(), testTargets())
	}
	if err == nil {
		return nil
	}
	var be *BindError
	if !errors.As(err, &be) {
		t.Fatalf("an error of another kind: %v", err)
	}
	return be.Problems
}

func mustBind(t testing.TB, src string) *Binding {
	t.Helper()
	m, err := Parse("map.yaml", []byte(src), testFolder())
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Bind(testHeader(), testTargets())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// row makes a row of the test's table from pairs of column and text.
func row(pairs ...string) Row {
	header := testHeader()
	r := Row{Num: 1, Line: 2, Cells: make([]string, len(header))}
	for i := 0; i < len(pairs); i += 2 {
		for j, name := range header {
			if name == pairs[i] {
				r.Cells[j] = pairs[i+1]
			}
		}
	}
	return r
}

// oneField is a mapping whose record shows what becomes of one source.
func oneField(source string) string {
	return "version: 1\nrequests:\n- provider: trackfinity\n  fields:\n    customer_id: {value: c}\n    password: {value: p}\n    city: " + source + "\n"
}

// city runs one source over one row and gives the text, or the error.
func city(t testing.TB, source string, r Row) (string, *CellError) {
	t.Helper()
	b := mustBind(t, oneField(source))
	drafts := b.Evaluator().Records(r)
	if len(drafts) != 1 {
		t.Fatalf("%d drafts, want 1", len(drafts))
	}
	if drafts[0].Err != nil {
		return "", drafts[0].Err
	}
	text, _ := drafts[0].Record.Get(drafts[0].Record.Schema.Index("city"))
	return strings.Clone(text), nil
}
