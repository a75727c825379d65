package draft

import (
	"slices"
	"strings"
)

// reading is what a name can mean, and how surely, from 0 to 1.
type reading map[term]float64

// maxTokens bounds the work on a name: what is longer is a sentence, not a name.
const maxTokens = 16

// Factors of what stands beside a term and is not in the vocabulary, as beside.factor.
const (
	firstOfSeveral = 0.98 // Phone 1
	furtherOne     = 0.6  // Phone 2, where no term has the number in it
	otherTerm      = 0.55 // two things in one name: Postcode City
	unknownWord    = 0.7
	sameTerm       = 0.98 // City/Town
	remarked       = 0.92 // Name (billing)
)

// read looks for terms in a name, and lowers their scores by the words beside them.
// What stands in brackets is a remark on the name before them.
func (v *vocabulary) read(name string) reading {
	before, inside, ok := strings.Cut(name, "(")
	if !ok || len(tokens(before)) == 0 {
		return v.readPlain(name)
	}
	inside, after, _ := strings.Cut(inside, ")")
	r := v.readPlain(before + " " + after)
	for t := range r {
		r[t] *= remarked
	}
	if r[fullName] > 0 && v.readPlain(inside).mentions(company) {
		r[company], r[fullName] = r[fullName], 0
	}
	return r
}

// mentions says whether a term is there at all, whatever stands beside it.
func (r reading) mentions(t term) bool { return r[t] > 0 }

// span is a term found in the parts of a name, from one to before another.
type span struct {
	from, to int
	terms    []term
}

func (v *vocabulary) readPlain(name string) reading {
	parts := v.unglue(tokens(name))
	if len(parts) > maxTokens {
		parts = parts[:maxTokens]
	}
	r := reading{}
	for _, s := range v.spans(parts) {
		for _, t := range s.terms {
			r[t] = max(r[t], v.left(parts[:s.from], t)*v.left(parts[s.to:], t))
		}
	}
	return r
}

// spans finds the terms in a name; not those within a longer one: the name in "company
// name" is none of a person.
func (v *vocabulary) spans(parts []string) []span {
	var all []span
	for i := range parts {
		for j := i + 1; j <= len(parts); j++ {
			if terms := v.terms[key(parts[i:j])]; len(terms) > 0 {
				all = append(all, span{i, j, terms})
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s span) bool {
		return slices.ContainsFunc(all, func(o span) bool {
			return o.from <= s.from && s.to <= o.to && o.to-o.from > s.to-s.from
		})
	})
}

// left is the factor of the words on one side of a term.
func (v *vocabulary) left(parts []string, of term) float64 {
	score := 1.0
	for len(parts) > 0 {
		n, factor := v.word(parts, of)
		score *= factor
		parts = parts[n:]
	}
	return score
}

// word finds the longest known word at the start, and gives its parts and its factor.
func (v *vocabulary) word(parts []string, of term) (n int, factor float64) {
	for n = min(3, len(parts)); n > 0; n-- {
		k := key(parts[:n])
		b, known := v.beside[k]
		switch terms := v.terms[k]; {
		case n > 1 && isNumber(parts[n-1]): // Address 1: City
		case slices.Contains(terms, of):
			return n, sameTerm
		case known:
			return n, b.factor()
		case slices.Contains(terms, address):
			return n, neutral.factor()
		case len(terms) > 0 && of == recordID: // the number of a bank account names no customer
			return n, about.factor()
		case len(terms) > 0:
			return n, otherTerm
		}
	}
	switch first := parts[0]; {
	case first == "0" || first == "1":
		return 1, firstOfSeveral
	case isNumber(first):
		return 1, furtherOne
	}
	return 1, unknownWord
}

func isNumber(part string) bool { return part[0] >= '0' && part[0] <= '9' }

// unglue splits a part that is no word but two: billingcity, Rechnungsort.
func (v *vocabulary) unglue(parts []string) []string {
	var out []string
	for _, p := range parts {
		out = append(out, v.halves(umlauts.Replace(p))...)
	}
	return out
}

// halves gives the two known words that a word is made of, the first as long as can be;
// else the word itself. German puts an s between the two.
func (v *vocabulary) halves(word string) []string {
	const shortest = 3
	if v.knows(word) {
		return []string{word}
	}
	for k := len(word) - shortest; k >= shortest; k-- {
		if !v.knows(word[:k]) {
			continue
		}
		for _, rest := range []string{word[k:], strings.TrimPrefix(word[k:], "s")} {
			if v.knows(rest) {
				return []string{word[:k], rest}
			}
		}
	}
	return []string{word}
}
