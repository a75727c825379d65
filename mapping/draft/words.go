package draft

import (
	_ "embed"
	"strings"
	"sync"
)

// term is a thing that columns and fields are about, as words.txt calls it.
type term string

// The terms that the code treats specially; words.txt has more.
const (
	firstName      term = "firstName"
	lastName       term = "lastName"
	fullName       term = "fullName"
	company        term = "company"
	email          term = "email"
	phone          term = "phone"
	phone2         term = "phone2"
	mobile         term = "mobile"
	fax            term = "fax"
	street         term = "street"
	street2        term = "street2"
	address        term = "address"
	houseNumber    term = "houseNumber"
	postalCode     term = "postalCode"
	city           term = "city"
	state          term = "state"
	stateCode      term = "stateCode"
	country        term = "country"
	countryCode    term = "countryCode"
	tongue         term = "language"
	vat            term = "vat"
	taxID          term = "taxId"
	iban           term = "iban"
	salutation     term = "salutation"
	title          term = "title"
	gender         term = "gender"
	birthDate      term = "birthDate"
	website        term = "url"
	customerID     term = "customerId"
	externalID     term = "externalId"
	recordID       term = "recordId"
	subscriptionID term = "subscriptionId"
	walletID       term = "walletId"
	verificationID term = "verificationId"
	contactType    term = "contactType"
	companyType    term = "companyType"
	amount         term = "amount"
	date           term = "date"
	status         term = "status"
)

// beside is what a word beside a term says of it.
type beside string

const (
	neutral   beside = "neutral"
	billing   beside = "billing"
	home      beside = "home"
	shipping  beside = "shipping"
	secondary beside = "secondary"
	other     beside = "other"
	about     beside = "about"
)

// factor is how much of a name's meaning is left with such a word beside the term.
func (b beside) factor() float64 {
	switch b {
	case neutral, billing:
		return 0.97
	case home:
		return 0.93
	case shipping:
		return 0.75
	case secondary:
		return 0.65
	case other:
		return 0.35
	case about:
		return 0.15
	}
	return 1
}

// vocabulary is words.txt, by folded words.
type vocabulary struct {
	terms  map[string][]term
	beside map[string]beside
	// longest is the greatest length of a word, in bytes.
	longest int
}

//go:embed words.txt
var wordsText string

// words gives the vocabulary; it is read only.
var words = sync.OnceValue(func() *vocabulary { return readWords(wordsText) })

// readWords reads the form of words.txt: [term] or [~beside], then lines "language: names".
func readWords(text string) *vocabulary {
	v := &vocabulary{terms: map[string][]term{}, beside: map[string]beside{}}
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		default:
			_, names, _ := strings.Cut(line, ":")
			for name := range strings.SplitSeq(names, ",") {
				v.add(section, key(tokens(name)))
			}
		}
	}
	return v
}

func (v *vocabulary) add(section, word string) {
	v.longest = max(v.longest, len(word))
	if kind, ok := strings.CutPrefix(section, "~"); ok {
		if _, taken := v.beside[word]; !taken {
			v.beside[word] = beside(kind)
		}
		return
	}
	for _, t := range v.terms[word] {
		if t == term(section) {
			return
		}
	}
	v.terms[word] = append(v.terms[word], term(section))
}

func (v *vocabulary) knows(word string) bool {
	_, ok := v.beside[word]
	return ok || len(v.terms[word]) > 0
}
