package draft

import (
	"strings"
	"testing"
)

// TestEveryWordIsReadAsItsTerm: what stands in words.txt is found again, also when it is
// written in capitals, in one word or without accents, and no word beside a term takes it
// away.
func TestEveryWordIsReadAsItsTerm(t *testing.T) {
	section, read := term(""), 0
	for line := range strings.Lines(wordsText) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = term(strings.Trim(line, "[]"))
		}
		_, names, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(string(section), "~") {
			continue
		}
		for name := range strings.SplitSeq(names, ",") {
			name = strings.TrimSpace(name)
			for _, written := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, " ", "_"), strings.Join(tokens(name), " ")} {
				if score := words().read(written)[section]; score != 1 {
					t.Errorf("%q is read as %s by %v only", written, section, score)
				}
			}
			read++
		}
	}
	if read < 1000 {
		t.Errorf("only %d words were read", read)
	}
}

func TestNamesAreReadAsPeopleMeanThem(t *testing.T) {
	for _, tt := range []struct {
		name   string
		is     term
		surely bool
	}{
		{"eMail", email, true},
		{"E_MAIL", email, true},
		{"Contact.EMail", email, true},
		{"customerEmailAddress", email, true},
		{"Strasse", street, true},
		{"STRASSE", street, true},
		{"prenom", firstName, true},
		{"Ansprechpartner Vorname", firstName, true},
		{"billingcity", city, true},
		{"Rechnungsort", city, true},
		{"Rechnungsadresse PLZ", postalCode, true},
		{"Address 1: City", city, true},
		{"City/Town", city, true},
		{"Firma / Unternehmen", company, true},
		{"VATId", vat, true},
		{"Téléphone portable", mobile, true},
		{"Shipping City", city, false},
		{"E-Mail 2", email, false},
		{"Other Phone", phone, false},
		{"Assistant's Phone", phone, false},
		{"Phone Type", phone, false},
		{"Email Opt Out", email, false},
		{"Company ID", company, false},
		{"Bemerkung (Telefon)", phone, false},
		{"Verification of e-mail", email, false},
	} {
		score := words().read(tt.name)[tt.is]
		if surely := score >= Sure; surely != tt.surely {
			t.Errorf("%q is read as %s by %v", tt.name, tt.is, score)
		}
	}
}
