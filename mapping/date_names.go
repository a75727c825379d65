package mapping

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// monthWords are the names of the months in English, German, French, Spanish, Italian,
// Portuguese, Dutch, Swedish, Polish and Czech, and variants of them. Czech has not all:
// its June begins as its July. Shorter forms are found as the beginnings of names.
func monthWords() []string {
	return []string{
		"January Januar Jänner Jaenner janvier enero gennaio janeiro januari styczeń stycznia januari leden ledna",
		"February Februar Feber février febrero febbraio fevereiro februari luty lutego únor února",
		"March März Maerz mars marzo março maart mrt marzec marca březen března",
		"April avril abril aprile kwiecień kwietnia duben dubna",
		"May Mai mayo maggio maio mei maj maja květen května",
		"June Juni juin junio giugno junho czerwiec czerwca",
		"July Juli juillet julio luglio julho lipiec lipca",
		"August août agosto augustus augusti sierpień sierpnia srpen srpna",
		"September septembre septiembre setiembre settembre setembro wrzesień września září",
		"October Oktober octobre octubre ottobre outubro październik października říjen října",
		"November novembre noviembre novembro listopad listopada listopadu",
		"December Dezember décembre diciembre dicembre dezembro grudzień grudnia prosinec prosince",
	}
}

// shortestMonth is how many letters a month's name has at least: jun and jul differ in the third.
const shortestMonth = 3

// monthsByName has each name and each beginning of one that means one month only.
var monthsByName = sync.OnceValue(func() map[string]int {
	months := map[string]int{}
	for i, line := range monthWords() {
		for word := range strings.FieldsSeq(line) {
			name := fold(word)
			for end := shortestMonth; end <= len(name); end++ {
				if known, twice := months[name[:end]]; twice && known != i+1 {
					months[name[:end]] = 0
					continue
				}
				months[name[:end]] = i + 1
			}
		}
	}
	return months
})

// leadingMonth reads a month's name, or a beginning of it with or without a dot.
func leadingMonth(s string) (month int, rest string, ok bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	if end < 0 {
		end = len(s)
	}
	if end > 4*utf8.UTFMax*shortestMonth {
		return 0, s, false
	}
	month = monthsByName()[fold(s[:end])]
	return month, strings.TrimPrefix(s[end:], "."), month > 0
}
