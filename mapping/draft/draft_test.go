package draft_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/mapping/draft"
)

// sampleOf makes a sample of a table in CSV with semicolons.
func sampleOf(t *testing.T, table string) (*draft.Sample, []string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimSpace(table)))
	r.Comma = ';'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := draft.NewSample(records[0], len(records)-1)
	for i, cells := range records[1:] {
		s.Add(mapping.Row{Num: i + 1, Line: i + 2, Cells: cells})
	}
	return s, records[0]
}

func target(fields ...mapping.Field) mapping.Target {
	return mapping.Target{Provider: "acme", Operation: "update", Schema: &mapping.Schema{Fields: fields}}
}

func drafted(t *testing.T, table string, fields ...mapping.Field) (*draft.Draft, mapping.Target) {
	t.Helper()
	s, _ := sampleOf(t, table)
	to := target(fields...)
	return draft.New(s, []mapping.Target{to}), to
}

func sourceOf(d *draft.Draft, field string) string {
	for _, r := range d.Requests {
		for _, f := range r.Fields {
			if f.Name == field {
				return f.Source
			}
		}
	}
	return ""
}

// knows says whether the mapping has a transform.
func knows(t *testing.T, step string) bool {
	t.Helper()
	_, err := mapping.Parse("m", []byte("version: 1\nrequests:\n- provider: p\n  fields:\n    f: {column: c, transform: ["+step+"]}\n"), nil)
	return err == nil
}

func TestColumnsThatBearTheProvidersName(t *testing.T) {
	for _, tt := range []struct{ shows, header, want string }{
		{"before any other number", "No;Acme ID;City", "Acme ID"},
		{"before a column of the field's very name", "ID;ACME-ID;City", "ACME-ID"},
		{"at the end, too", "No;City;Kundennummer (Acme)", "Kundennummer (Acme)"},
		{"another system's says nothing", "No;Zeta ID;City", `"No"`},
		{"the name alone says nothing", "No;Acme;City", `"No"`},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			s, _ := sampleOf(t, tt.header)
			to := target(mapping.Field{Name: "id", Required: true}, mapping.Field{Name: "city"})
			to.Schema.Key = []mapping.KeyField{{Field: "id"}}
			if got := sourceOf(draft.New(s, []mapping.Target{to}), "id"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTransformsFollowTheCells(t *testing.T) {
	name := func(n string) mapping.Field { return mapping.Field{Name: n} }
	for _, tt := range []struct {
		shows, table string
		field        mapping.Field
		want         string
		needs        string // a transform that the mapping must have
	}{
		{"plain cells stay as they are", "City\nBonn\nKöln", name("city"), "City", ""},
		{"blanks around cells are trimmed", "City\n Bonn\nKöln", name("city"), "{column: City, transform: [trim]}", ""},
		{
			"addresses are checked", "Mail\na@b.de\nc@d.de",
			mapping.Field{Name: "email", Format: mapping.FormatEmail},
			"{column: Mail, transform: [email]}", "",
		},
		{
			"capitals in addresses become small", "Mail\nA@b.de\nc@d.de",
			mapping.Field{Name: "email", Format: mapping.FormatEmail},
			"{column: Mail, transform: [lower, email]}", "",
		},
		{"codes of countries stay", "Land\nDE\nAT", mapping.Field{Name: "country", Format: mapping.FormatCountry2}, "Land", ""},
		{
			"names of countries become codes", "Land\nDeutschland\nFrance",
			mapping.Field{Name: "country", Format: mapping.FormatCountry2},
			"{column: Land, transform: [{country: alpha2}]}", "",
		},
		{
			"small codes of countries become capitals", "Land\nde\nat",
			mapping.Field{Name: "country", Format: mapping.FormatCountry2},
			"{column: Land, transform: [upper]}", "",
		},
		{"countries of an API without a format stay as they are", "Land\nDeutschland\nFrance", name("country"), "Land", ""},
		{
			"names and codes in one column become codes", "Land\nDeutschland\nFR", name("country"),
			"{column: Land, transform: [{country: alpha2}]}", "",
		},
		{
			"names of languages become codes", "Sprache\nDeutsch\nEnglish",
			mapping.Field{Name: "lang", Format: mapping.FormatLanguage},
			"{column: Sprache, transform: [language]}", "",
		},
		{
			"salutations become the API's", "Anrede\nFrau\nHerr\nFrau\nFrau\nHerr\nHerr",
			mapping.Field{Name: "salutation", Enum: []string{"MR", "MS"}},
			"{column: Anrede, lookup: {Frau: MS, Herr: MR}}", "",
		},
		{
			"words without a counterpart are left out", "Anrede\nFrau\nFirma\nFrau\nHerr\nFirma\nFrau\nHerr\nHerr\nFirma",
			mapping.Field{Name: "salutation", Enum: []string{"MR", "MS"}},
			"{column: Anrede, lookup: {Frau: MS, Herr: MR}, otherwise: omit}", "",
		},
		{
			"languages become the API's locales", "Sprache\nDeutsch\nFrançais",
			mapping.Field{Name: "locale", Enum: []string{"fr-fr", "de"}},
			"{column: Sprache, transform: [language], lookup: {fr: fr-fr, de: de}, otherwise: omit}", "",
		},
		{
			"German dates are read", "Geburtsdatum\n03.04.1980\n01.02.1990", name("birth_date"),
			"{column: Geburtsdatum, transform: [{date: {from: DD.MM.YYYY}}]}", "{date: {from: DD.MM.YYYY}}",
		},
		{
			"a day above twelve decides", "Birthday\n03/04/1980\n01/22/1990", name("birth_date"),
			`{column: Birthday, transform: [{date: {from: MM/DD/YYYY}}]}`, "{date: {from: MM/DD/YYYY}}",
		},
		{"undecided dates are not guessed", "Birthday\n03/04/1980\n01/02/1990", name("birth_date"), "Birthday", ""},
		{"dates in the standard's form stay", "Birthday\n1980-04-03\n1990-02-01", name("birth_date"), "Birthday", ""},
		{
			"decimal commas are read", "Betrag\n1.234,50\n7,25", name("amount"),
			`{column: Betrag, transform: [{number: {decimal: ",", group: "."}}]}`, `{number: {decimal: ",", group: "."}}`,
		},
		{"a mark that may be either is not guessed", "Betrag\n1.234\n7.250", name("amount"), "Betrag", ""},
		{
			"numbers of one country are read by it", "Telefon;Land\n030 123456;Deutschland\n0221 98765;Deutschland",
			mapping.Field{Name: "phone", Format: mapping.FormatE164},
			"{column: Telefon, transform: [{phone: {region: DE}}]}", "{phone: {region: DE}}",
		},
		{
			"international numbers lose their blanks", "Telefon\n+49 30 123456\n0049 221 98765",
			mapping.Field{Name: "phone", Format: mapping.FormatE164},
			`{column: Telefon, transform: [{replace: {pattern: "[ ()./-]", with: ""}}, {replace: {pattern: "^00", with: "+"}}]}`, "",
		},
		{
			"house numbers join their street", "Straße;Hausnummer\nAm Markt;3\nRing;7", name("street"),
			"{join: [Straße, Hausnummer]}", "",
		},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			if tt.needs != "" && !knows(t, tt.needs) {
				t.Skipf("the mapping has no transform %s", tt.needs)
			}
			d, _ := drafted(t, tt.table, tt.field)
			if got := sourceOf(d, tt.field.Name); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCellsTellWhatAColumnIs(t *testing.T) {
	for _, tt := range []struct {
		shows, table, field, want string
		format                    mapping.Format
	}{
		{"an e-mail column is one whatever it is called", "X1;X2\nBonn;a@b.de\nKöln;c@d.de\nUlm;e@f.de", "email", "{column: X2, transform: [email]}", ""},
		{"countries", "X1;X2\nBonn;France\nKöln;Italia\nUlm;Spain", "country", "{column: X2, transform: [{country: alpha2}]}", mapping.FormatCountry2},
		{"languages", "X1;X2\nBonn;Deutsch\nKöln;English\nUlm;Italiano", "language", "{column: X2, transform: [language]}", mapping.FormatLanguage},
		{"web sites", "X1;X2\nBonn;https://a.de\nKöln;https://b.de\nUlm;www.c.de", "website", "X2", ""},
		{"account numbers by their check digits", "X1;X2\n1;DE89370400440532013000\n2;GB29NWBK60161331926819\n3;FR1420041010050500013M02606", "iban", "X2", ""},
		{"a name that the cells belie is not believed", "E-Mail;Kontakt\nja;a@b.de\nnein;c@d.de\nja;e@f.de", "email", "{column: Kontakt, transform: [email]}", ""},
		{"nothing is taken where nothing fits", "X1;X2\nrot;1\ngrün;2\nblau;3", "email", "", ""},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			d, _ := drafted(t, tt.table, mapping.Field{Name: tt.field, Format: tt.format})
			if got := sourceOf(d, tt.field); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestNamesOfPeopleAndCompanies(t *testing.T) {
	for _, tt := range []struct {
		shows, table string
		fields       []string
		want         []string
	}{
		{
			"a full name is taken apart", "Name\nAnna Maria Weiß\nBo Li",
			[]string{"firstname", "lastname"},
			[]string{`{expr: 'split(trim(Name), " ")[0]'}`, `{expr: 'join(split(trim(Name), " ")[1:], " ")'}`},
		},
		{
			"a name with a comma is taken apart there", "Name\n\"Weiß, Anna\"\n\"Li, Bo\"",
			[]string{"firstname", "lastname"},
			[]string{`{expr: 'trim(join(split(Name, ",")[1:], " "))'}`, `{expr: 'trim(split(Name, ",")[0])'}`},
		},
		{"a full name is put together", "Vorname;Nachname\nAnna;Weiß", []string{"name"}, []string{"{join: [Vorname, Nachname]}"}},
		{
			"a company goes before a person", "Firma;Vorname;Nachname\nLi KG;;\n;Anna;Weiß",
			[]string{"name"},
			[]string{`{expr: 'Firma != "" ? Firma : trim(Vorname + " " + Nachname)'}`},
		},
		{"a company that all rows have needs no person", "Firma;Nachname\nLi KG;Li\nWeiß AG;Weiß", []string{"name"}, []string{"Firma"}},
		{"Name beside Vorname is the last name", "Vorname;Name\nAnna;Weiß", []string{"firstname", "lastname"}, []string{"Vorname", "Name"}},
		{"Nombre beside Apellidos is the first name", "Nombre;Apellidos\nAna;Ruiz", []string{"firstname", "lastname"}, []string{"Nombre", "Apellidos"}},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			var fields []mapping.Field
			for _, f := range tt.fields {
				fields = append(fields, mapping.Field{Name: f})
			}
			d, _ := drafted(t, tt.table, fields...)
			for i, f := range tt.fields {
				if got := sourceOf(d, f); got != tt.want[i] {
					t.Errorf("%s:\ngot  %s\nwant %s", f, got, tt.want[i])
				}
			}
		})
	}
}

func TestGroupsAndMissingFields(t *testing.T) {
	to := target(mapping.Field{Name: "customer_id"}, mapping.Field{Name: "subscription_id"}, mapping.Field{Name: "email", Required: true})
	to.Schema.Groups = []mapping.Group{{Kind: mapping.ExactlyOne, Fields: []string{"customer_id", "subscription_id"}}}
	for _, tt := range []struct {
		shows, table      string
		sources           []string
		complete          bool
		missing, noGroups int
	}{
		{"two ids take turns", "Kundennr;Abo-Nr;E-Mail\n1;;a@b.de\n;2;c@d.de\n3;;", []string{"Kundennr", `{expr: 'Kundennr == "" ? row["Abo-Nr"] : ""'}`, "{column: E-Mail, transform: [email]}"}, true, 0, 0},
		{"an id that all rows have stands alone", "Kundennr;Abo-Nr;E-Mail\n1;;a@b.de\n2;2;c@d.de", []string{"Kundennr", "{column: E-Mail, transform: [email]}"}, true, 0, 0},
		{"what is not found is missing", "Kundennr;Farbe\n1;rot\n2;blau", []string{"Kundennr"}, false, 1, 0},
		{"so is a group", "Farbe;E-Mail\nrot;a@b.de\nblau;c@d.de", []string{"{column: E-Mail, transform: [email]}"}, false, 0, 1},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			s, columns := sampleOf(t, tt.table)
			d := draft.New(s, []mapping.Target{to})
			var got []string
			for _, f := range d.Requests[0].Fields {
				got = append(got, f.Source)
			}
			if !slices.Equal(got, tt.sources) || d.Complete() != tt.complete {
				t.Errorf("complete %t, got %q", d.Complete(), got)
			}
			if r := d.Requests[0]; len(r.Missing) != tt.missing || len(r.MissingGroups) != tt.noGroups {
				t.Errorf("%d fields and %d groups are missing", len(r.Missing), len(r.MissingGroups))
			}
			binds(t, d, columns, to)
		})
	}
}

// binds checks that the draft is a mapping, and one that fits the table if it is complete.
func binds(t *testing.T, d *draft.Draft, columns []string, targets ...mapping.Target) *mapping.Binding {
	t.Helper()
	text := d.YAML(draft.Heading{Schema: "s.json", About: []string{"Drafted."}})
	m, err := mapping.Parse("draft.yaml", []byte(text), nil)
	if err != nil {
		t.Fatalf("the draft is no mapping: %v\n%s", err, text)
	}
	b, err := m.Bind(columns, targets)
	if d.Complete() && err != nil {
		t.Fatalf("the draft does not fit its table: %v\n%s", err, text)
	}
	return b
}

func TestSecondBestColumns(t *testing.T) {
	text, code := mapping.Field{Name: "salutation"}, mapping.Field{Name: "salutationId", Enum: []string{"MR", "MS"}}
	d, _ := drafted(t, "Anrede;Abweichende Anrede\nFrau;Liebe Anna\nHerr;Lieber Bo", text, code)
	if got := sourceOf(d, "salutation"); got != "" {
		t.Errorf("the other salutation is taken for a second field: %s", got)
	}
	if got := sourceOf(d, "salutationId"); got != "{column: Anrede, lookup: {Frau: MS, Herr: MR}}" {
		t.Errorf("the salutation is %q", got)
	}
	d, _ = drafted(t, "Lieferort;PLZ\nBonn;53111\nUlm;89073", mapping.Field{Name: "city"}, mapping.Field{Name: "zip"})
	if r := d.Requests[0]; len(r.Fields) != 2 || r.Fields[0].Score >= draft.Sure || len(r.Fields[0].Checks) == 0 {
		t.Errorf("the only city is taken, and said to be a guess; it is %+v", r.Fields)
	}
}
