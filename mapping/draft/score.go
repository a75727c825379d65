package draft

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rowpost/mapping"
)

// fits says how well a column of one term serves a field of another: a person who has no
// better column would take it. What is not listed does not serve; the same term does, by 1.
var fits = map[term]map[term]float64{
	fullName:       {company: 0.85},
	company:        {},
	phone:          {mobile: 0.75, phone2: 0.7},
	phone2:         {mobile: 1, phone: 0.7},
	mobile:         {phone: 0.6},
	street:         {address: 0.92},
	address:        {street: 0.97},
	state:          {stateCode: 0.85},
	stateCode:      {state: 0.8},
	country:        {countryCode: 0.97},
	countryCode:    {country: 0.99},
	vat:            {taxID: 0.8},
	taxID:          {vat: 0.8},
	salutation:     {gender: 0.75, title: 0.55},
	gender:         {salutation: 0.75},
	birthDate:      {},
	customerID:     {recordID: 0.8, externalID: 0.8, walletID: 0.82},
	externalID:     {customerID: 0.93, recordID: 0.85},
	recordID:       {customerID: 0.93, externalID: 0.9},
	walletID:       {customerID: 0.8, recordID: 0.7},
	subscriptionID: {},
}

// enough is the score below which a column is not proposed: it would be mere chance.
const enough = 0.5

// field is a field of an operation, with what is known about it.
type field struct {
	mapping.Field
	at    int // position in the schema
	terms reading
	key   bool // names the object that is changed
	// others are the terms that other fields of the operation are about.
	others []term
	// region is the country of phone numbers that do not say theirs; empty: unknown.
	region  string
	guarded bool // a condition keeps rows without a cell away
	// provider is the key of the name that columns about its objects may bear.
	provider string
	// attribute, if set, must be named by the column, too: E-mail verification.
	attribute term
}

func newField(s *mapping.Schema, at int) *field {
	f := &field{Field: s.Fields[at], at: at}
	f.terms = f.about()
	f.key = slices.ContainsFunc(s.Key, func(k mapping.KeyField) bool { return k.Field == f.Name })
	return f
}

// about gives a field's terms. Its last name counts: what stands before a dot is the
// object that it is nested in. Its format or its enum say more than its name.
func (f *field) about() reading {
	if t, ok := enumTerm(f.Field); ok {
		return reading{t: 1}
	}
	switch f.Format {
	case mapping.FormatEmail:
		return reading{email: 1}
	case mapping.FormatCountry2, mapping.FormatCountry:
		return reading{countryCode: 1}
	case mapping.FormatLanguage:
		return reading{tongue: 1}
	default: // the name says it
	}
	name := f.Name[strings.LastIndexByte(f.Name, '.')+1:]
	r := words().read(name)
	best := 0.0
	for _, score := range r {
		best = max(best, score)
	}
	out := reading{}
	for t, score := range r {
		if score >= 0.6 && score >= best-0.02 {
			out[t] = score / best
		}
	}
	return out
}

// sharesTerm says whether two fields are about the same.
func (f *field) sharesTerm(o *field) bool {
	for t := range f.terms {
		if o.is(t) || fits[t] != nil && slices.ContainsFunc(slices.Collect(maps.Keys(o.terms)), func(u term) bool { return fits[t][u] > 0 }) {
			return true
		}
	}
	return false
}

// is says whether a field is about a term.
func (f *field) is(t term) bool { return f.terms[t] > 0 }

// score says how well a column serves a field, and why one would think so. How many
// rows have a cell there is not part of it: see weight.
func score(f *field, c *column) (best float64, why string) {
	if !c.usable {
		return 0, ""
	}
	best, why = f.byName(c)
	if f.attribute != "" {
		best = f.ofAttribute(c, best)
	}
	if c.filled == 0 {
		return best * 0.97, why
	}
	best, why = f.byEnum(c, best, why)
	return best * f.byCells(c), why
}

// byName compares what field and column are about.
func (f *field) byName(c *column) (best float64, why string) {
	name, terms := c.name, c.terms
	if own := f.ofProvider(c); own != "" {
		name, terms = own, c.meaning(own)
	}
	for ft, fs := range f.terms {
		for ct, cs := range terms {
			fit := fits[ft][ct]
			switch {
			case ft == ct:
				fit = 1
			case slices.Contains(f.others, ct): // another field of the operation is for it
				fit = 0
			case ct == gender && (len(f.Enum) == 0 || c.filled == 0):
				fit = 0 // only the cells show whether it tells a salutation
			}
			// Of equal scores the name's counts: the order of a map decides nothing.
			reason := cmp.Or(c.why[ct], "name")
			if s := fs * cs * fit; s > best || s > 0 && s == best && reason > why {
				best, why = s, reason
			}
		}
	}
	if sameName(f.Name, name) && !f.contradicted(c) {
		best, why = 1, "name"
	}
	if best == 0 && len(f.terms) == 0 {
		best, why = overlap(f.Name, name), "name"
	}
	return best, why
}

// ofProvider is the rest of a column's name that begins or ends with the provider's: ID
// for a Stripe ID. Empty: it does not.
func (f *field) ofProvider(c *column) string {
	if f.provider == "" {
		return ""
	}
	parts := c.parts
	for n := 1; n < len(parts); n++ {
		if key(parts[:n]) == f.provider {
			return strings.Join(parts[n:], " ")
		}
		if key(parts[n:]) == f.provider {
			return strings.Join(parts[:n], " ")
		}
	}
	return ""
}

// ofAttribute leaves the columns out that name another attribute.
func (f *field) ofAttribute(c *column, score float64) float64 {
	if c.named[f.attribute] > 0 {
		return min(1, score/otherTerm)
	}
	for _, t := range []term{email, mobile, phone} {
		if c.named[t] > 0 {
			return 0
		}
	}
	return score
}

// contradicted says whether cells speak against all that the field is about.
func (f *field) contradicted(c *column) bool {
	for t := range f.terms {
		if !c.speaksAgainst(t) {
			return false
		}
	}
	return len(f.terms) > 0
}

// sameName compares whole names, and the field's last one.
func sameName(wanted, had string) bool {
	k := key(tokens(had))
	return k != "" && (k == key(tokens(wanted)) || k == key(tokens(wanted[strings.LastIndexByte(wanted, '.')+1:])))
}

// overlap compares names that the vocabulary does not know by their parts.
func overlap(wanted, had string) float64 {
	a, b := tokens(wanted), tokens(had)
	both := 0
	for _, t := range a {
		if slices.Contains(b, t) && len(t) > 1 {
			both++
		}
	}
	all := len(a) + len(b) - both
	if both == 0 || 2*both < all {
		return 0
	}
	return 0.4 + 0.5*float64(both)/float64(all)
}

// byEnum weighs how many of the column's cells stand for a value of the field's enum.
func (f *field) byEnum(c *column, best float64, why string) (float64, string) {
	if len(f.Enum) == 0 || f.is(tongue) || best == 0 && !c.coded() {
		return best, why
	}
	values := map[string]bool{}
	share := c.share(func(s string) bool {
		v := allowed(f.Enum, s)
		values[v] = values[v] || v != ""
		return v != ""
	})
	if best < 0.7 && share >= 0.6 && len(values) >= 2 && c.coded() {
		return 0.72 * share, "cells"
	}
	return best * (0.3 + 0.7*min(1, 2*share)), why
}

// byCells weighs whether the field takes the cells at all.
func (f *field) byCells(c *column) float64 {
	if f.Format == mapping.FormatDigits || f.Format == mapping.FormatCountry || f.Format == mapping.FormatCountry2 || f.MaxLen > 0 {
		if share := f.bestShare(c); share >= 0 {
			return 0.25 + 0.75*min(1, share/0.6)
		}
	}
	return 1
}

// weight puts first what every request needs, and for that, the column that is filled
// more.
func (f *field) weight(c *column) float64 {
	switch {
	case f.key && f.ofProvider(c) != "": // of two identifiers it knows its own
		return 1.1 * needed * (0.7 + 0.3*c.fill())
	case f.Required || f.key:
		return needed * (0.7 + 0.3*c.fill())
	case len(f.Enum) > 0:
		return 1.02 // a code is surer than a text of the same
	}
	return 1
}

// needed is how many optional fields a field that every request needs outweighs.
const needed = 3

// bestShare is the share of the cells that the field takes by the best of its sources.
func (f *field) bestShare(c *column) float64 {
	best := -1.0
	for _, steps := range f.candidates(c) {
		best = max(best, c.accepts(f.Field, steps.over(c)))
	}
	return best
}
