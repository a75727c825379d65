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
	b.Helper()
	benchmarkRow(b, mapping, benchRow())
}

func benchmarkRow(b *testing.B, mapping string, r Row) {
	b.Helper()
	e := mustBind(b, mapping).Evaluator()
	if d := e.Records(r); len(d) != 1 || d[0].Err != nil {
		b.Fatal(d)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Records(r)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkBind is what a run does once: reading the mapping, and binding it to a header.
func BenchmarkBind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustBind(b, benchMapping(transformFields))
	}
}

func BenchmarkPlainColumns(b *testing.B) { benchmark(b, benchMapping(plainFields)) }
func BenchmarkTransforms(b *testing.B)   { benchmark(b, benchMapping(transformFields)) }
func BenchmarkExpressions(b *testing.B)  { benchmark(b, benchMapping(exprFields)) }

func BenchmarkWhen(b *testing.B) {
	benchmark(b, "version: 1\nrequests:\n- provider: cleverbridge\n  when: Salutation == \"Frau\"\n  fields:"+plainFields)
}

// One transform each, on a cell as tables have them.
func BenchmarkEachTransform(b *testing.B) {
	for _, c := range []struct{ name, list, cell string }{
		{"date", "{date: {from: [DD.MM.YYYY, YYYY-MM-DD]}}", "31.12.2026"},
		{"date by name", "{date: {from: D MMM YYYY}}", "31 Dezember 2026"},
		{"date by serial number", "{date: {from: excel}}", "46054.5"},
		{"number", `{number: {decimal: ",", group: "."}}`, "1.234,50"},
		{"number, rounded", "{number: {scale: 2, round: half_up}}", "1234.567"},
		{"bool", "bool", "Ja"},
		{"phone", "{phone: {region: DE}}", "030 1234567"},
		{"country by name", "{country: alpha2}", "Österreich"},
		{"language by name", "language", "Deutsch"},
		{"replace", `{replace: {pattern: "[.]"}}`, "1.234.567"},
		{"email", "email", "anna.schmidt@example.com"},
	} {
		b.Run(c.name, func(b *testing.B) {
			benchmarkRow(b, oneField("{column: Name, transform: ["+c.list+"]}"), row("Name", c.cell))
		})
	}
}
