package mapping

import (
	"strconv"
	"strings"
	"unicode"
)

// didYouMean is the end of a message about an unknown word: empty, or the one of the
// known words that was probably meant.
func didYouMean(word string, among []string) string {
	if best := nearest(word, among); best != "" {
		return "; did you mean " + strconv.Quote(best) + "?"
	}
	return ""
}

// nearest finds the known word that was probably meant: one that looks the same, else
// the one with the fewest slips of the finger, at most one for three letters. Empty: none.
func nearest(word string, among []string) string {
	folded := looks(word)
	if folded == "" {
		return ""
	}
	best, fewest := "", len([]rune(folded))/3+1
	for _, k := range among {
		other := looks(k)
		if other == folded && k != word {
			return k
		}
		if d := distance(folded, other, fewest); d < fewest && other != "" {
			best, fewest = k, d
		}
	}
	return best
}

// looks is what a person sees of a name at a glance: letter case, blanks of every kind
// and invisible characters do not count.
func looks(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || invisible(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// invisible characters come along when text is copied from web pages and old exports:
// the byte order mark, zero-width blanks and joiners, the soft hyphen.
func invisible(r rune) bool {
	switch r {
	case '\uFEFF', '\u200B', '\u200C', '\u200D', '\u2060', '\u00AD':
		return true
	}
	return false
}

// distance counts insertions, deletions, replacements and swaps of neighbours
// (optimal string alignment) up to limit; what is further away is limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	before, prev, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return min(prev[len(y)], limit)
}

// listed joins words to choose from for a sentence: a, b or c. A long list is cut.
func listed(words []string) string { return sentence(words, " or ") }

// known joins the words of a whole: a, b and c.
func known(words []string) string { return sentence(words, " and ") }

func sentence(words []string, last string) string {
	const most = 12
	if len(words) > most {
		return strings.Join(words[:most], ", ") + ", and " + strconv.Itoa(len(words)-most) + " more"
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + last + words[len(words)-1]
}
