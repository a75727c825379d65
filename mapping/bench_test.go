package mapping

import "testing"

const (
	plainFields = `
    SubscriptionId: No
    ContactType: Status
    Contact.CountryId: Country
    Contact.LanguageId: Lang
    Contact.EMail: E-Mail
    Contact.Firstname: len
    Contact.PostalCode: ZIP
    Contact.Title: Salutation
    Contact.Street2: Address 2
`
	transformFields = `
    SubscriptionId: {column: No, transform: [trim, {pad_left: {width: 8}}]}
    ContactType: {value: BillingContact}
    Contact.CountryId: {column: Country, transform: [{country: alpha2}]}
    Contact.LanguageId: {column: Lang, transform: [language]}
    Contact.EMail: {column: E-Mail, transform: [trim, lower, email]}
    Contact.Firstname: {column: Name, transform: [{truncate: 10}]}
    Contact.PostalCode: {column: ZIP, transform: [{pad_left: {width: 5}}]}
    Contact.Title: {column: Salutation, lookup: {Frau: Ms, Herr: Mr}, otherwise: omit}
    Contact.Street2: {column: Address 2, transform: [collapse_spaces]}
`
	exprFields = `
    SubscriptionId: No
    ContactType: {expr: 'Salutation == "Frau" ? "BillingContact" : "DeliveryContact"'}
    Contact.CountryId: Country
    Contact.Firstname: {expr: 'split(Name, " ")[0]'}
`
)

func benchMapping(fields string) string {
	return "version: 1\nrequests:\n- provider: cleverbridge\n  fields:" + fields
}

func benchRow() Row {
	return row("No", "S1234567", "E-Mail", "Anna.Schmidt@example.com", "Name", "Anna Schmidt", "Country", "DE", "Lang", "de",
		"ZIP", "01234", "Status", "BillingContact", "Salutation", "Frau", "len", "Anna", "Address 2", "Hinterhaus")
}

func benchmark(b *testing.B, mapping string) {
	e, r := mustBind(b, mapping).Evaluator(), benchRow()
	if d := e.Records(r); len(d) != 1 || d[0].Err != nil {
		b.Fatal(d)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Records(r)
	}
}

func BenchmarkPlainColumns(b *testing.B) { benchmark(b, benchMapping(plainFields)) }
func BenchmarkTransforms(b *testing.B)   { benchmark(b, benchMapping(transformFields)) }
func BenchmarkExpressions(b *testing.B)  { benchmark(b, benchMapping(exprFields)) }

func BenchmarkWhen(b *testing.B) {
	benchmark(b, "version: 1\nrequests:\n- provider: cleverbridge\n  when: Salutation == \"Frau\"\n  fields:"+plainFields)
}
