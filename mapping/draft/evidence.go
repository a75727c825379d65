package draft

import (
	"strings"
	"unicode/utf8"
)

// sign is a look that a term's cells have.
type sign struct {
	term  term
	is    func(string) bool
	least float64 // of the cells
	score float64 // of the term, if its sign is seen
}

// signs are so plain that they tell a column's term whatever its name is.
func (p *places) signs() []sign {
	return []sign{
		{email, looksEmail, 0.9, 0.72},
		{iban, looksIBAN, 0.9, 0.75},
		{vat, looksVAT, 0.9, 0.65},
		{website, looksURL, 0.9, 0.65},
		{phone, evidentPhone, 0.8, 0.6},
		{mobile, evidentPhone, 0.8, 0.52},
		{recordID, looksUUID, 0.95, 0.6},
		{country, p.isCountry, 0.95, 0.66},
		{tongue, p.isLanguage, 0.95, 0.66},
		{salutation, isSalutation, 0.8, 0.66},
		{title, isTitle, 0.8, 0.6},
	}
}

// need is what a term's cells must look like for its name to be believed.
var need = map[term]func(string) bool{
	email:          looksEmail,
	phone:          looksPhone,
	phone2:         looksPhone,
	mobile:         looksPhone,
	fax:            looksPhone,
	website:        looksDomain,
	iban:           hasDigit,
	vat:            hasDigit,
	taxID:          hasDigit,
	postalCode:     looksPostal,
	houseNumber:    hasDigit,
	firstName:      looksName,
	lastName:       looksName,
	fullName:       looksName,
	company:        looksName,
	street:         looksName,
	address:        looksName,
	city:           looksName,
	country:        looksName,
	countryCode:    shortCode,
	state:          looksName,
	stateCode:      shortCode,
	tongue:         looksName,
	salutation:     looksName,
	title:          isTitle,
	customerID:     looksID,
	externalID:     looksID,
	recordID:       looksID,
	subscriptionID: looksID,
	walletID:       looksID,
	birthDate:      datelike.MatchString,
	date:           datelike.MatchString,
	amount:         hasDigit,
}

// speaksAgainst says whether most cells cannot be what the term is.
func (c *column) speaksAgainst(t term) bool {
	is := need[t]
	return is != nil && c.filled > 0 && !c.mostly(is, 0.4)
}

func looksPostal(s string) bool {
	return hasDigit(s) && utf8.RuneCountInString(s) <= 12 && !strings.Contains(s, "@")
}

func shortCode(s string) bool { return utf8.RuneCountInString(s) <= 3 }

// isTitle knows the beginnings of academic titles.
func isTitle(s string) bool {
	first, _, _ := strings.Cut(strings.ToLower(s), " ")
	switch strings.Trim(first, ".") {
	case "dr", "prof", "mag", "ing", "dipl", "dipl-ing", "doc", "dott", "avv", "rev", "ir", "drs", "mgr", "inż":
		return true
	}
	return false
}
