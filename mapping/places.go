package mapping

import (
	"strings"
	"sync"
	"unicode"

	"github.com/biter777/countries"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// namesIn lists the languages in which countries and languages are known by name
// everywhere: those in which customer tables of the providers' markets are written.
// Beside them each country is known by its name in the language that most people there
// speak, and each language by its own.
func namesIn() []language.Tag {
	return []language.Tag{
		language.English, language.German, language.French, language.Spanish,
		language.Italian, language.Portuguese, language.Dutch, language.Polish, language.Czech,
		language.Swedish, language.Danish, language.Norwegian, language.Finnish, language.Hungarian, language.Romanian,
	}
}

// land is one country of ISO 3166-1.
type land struct{ alpha2, alpha3, name string }

// atlas finds countries by code and by folded name.
type atlas struct {
	byCode map[string]*land // alpha-2 and alpha-3, capital letters
	byName map[string]*land // nil for a name that two countries share
}

// countryForm is what the country transform makes.
type countryForm struct{ text }

func countryForms() []string { return []string{"alpha2", "alpha3", "name"} }

func country(d *decoder, at pos, arg countryForm) transform {
	var form func(*land) string
	switch arg.s {
	case "alpha2":
		form = func(l *land) string { return l.alpha2 }
	case "alpha3":
		form = func(l *land) string { return l.alpha3 }
	case "name":
		form = func(l *land) string { return l.name }
	default:
		d.add(at, "", "country makes %s, not %q%s", listed(countryForms()), arg.s, didYouMean(arg.s, countryForms()))
		return nil
	}
	return func(s string) (string, *refusal) {
		if l := theAtlas().find(s); l != nil {
			return form(l), nil
		}
		return "", refuse("value is no country that is known here",
			"write an ISO 3166-1 code or the country's name, or translate it first by a lookup")
	}
}

// maxName is longer, in bytes, than each country's and language's name. The libraries take
// seconds for a cell of text that is none.
const maxName = 200

// find takes a code, or a name in one of the known languages.
func (a *atlas) find(s string) *land {
	if s, _ = trim(s); len(s) > maxName {
		return nil
	}
	if l := a.byCode[strings.ToUpper(s)]; l != nil {
		return l
	}
	if strings.ContainsFunc(s, unicode.IsDigit) || strings.ContainsAny(s, "@/;") {
		return nil
	}
	key := fold(s)
	if l, known := a.byName[key]; known {
		return l
	}
	if l := a.byName[strings.TrimPrefix(key, "the")]; l != nil { // The Netherlands, The Gambia
		return l
	}
	// The library's own names bring variants such as Oesterreich. What has fewer than
	// four letters would be read as a vehicle's, a sport's or a withdrawn code. The USSR is
	// no name of Russia.
	if len(key) < 4 || key == "ussr" || strings.Contains(s, "(") {
		return nil
	}
	return a.byCode[countries.ByName(s).Alpha2()]
}

// theAtlas is built when a mapping first asks for it.
var theAtlas = sync.OnceValue(func() *atlas {
	a := &atlas{byCode: map[string]*land{}, byName: map[string]*land{}}
	lands := officialLands()
	for _, l := range lands {
		a.byCode[l.alpha2], a.byCode[l.alpha3] = l, l
	}
	for word, code := range countryWords() {
		a.byName[fold(word)] = a.byCode[code]
	}
	for _, tag := range namesIn() {
		a.addNames(lands, func(language.Region) language.Tag { return tag })
	}
	a.addNames(lands, func(r language.Region) language.Tag { return language.Make("und-" + r.String()) })
	for _, l := range lands {
		a.byName[fold(l.name)] = l
	}
	return a
})

// addNames adds the countries' names in the language that in gives. A name that is
// known already keeps its country; one that two countries share in the same language
// means neither.
func (a *atlas) addNames(lands []*land, in func(language.Region) language.Tag) {
	fresh := map[string]*land{}
	for _, l := range lands {
		region := language.MustParseRegion(l.alpha2)
		tag := in(region)
		if _, conf := tag.Base(); conf == language.No {
			continue
		}
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		for _, key := range spellings(tag, names.Name(region)) {
			if other, twice := fresh[key]; twice && other != l {
				fresh[key] = nil
				continue
			}
			fresh[key] = l
		}
	}
	for key, l := range fresh {
		if _, known := a.byName[key]; !known && key != "" {
			a.byName[key] = l
		}
	}
}

// officialLands are the 249 countries of ISO 3166-1: the library's list without what
// was withdrawn (AN, YU) and what was never assigned (XK).
func officialLands() []*land {
	renamed := countryNames()
	var lands []*land
	for _, c := range countries.All() {
		code := c.Alpha2()
		if code == "AN" || code == "YU" || code == "XK" || len(code) != 2 || len(c.Alpha3()) != 3 {
			continue
		}
		name := renamed[code]
		if name == "" {
			name = display.English.Regions().Name(language.MustParseRegion(code))
		}
		lands = append(lands, &land{code, c.Alpha3(), name})
	}
	return lands
}

// countryNames replaces English names of the display data that are out of date, or that
// no address is written with.
func countryNames() map[string]string {
	return map[string]string{
		"CD": "Democratic Republic of the Congo", "CG": "Republic of the Congo", "HK": "Hong Kong",
		"MK": "North Macedonia", "MM": "Myanmar", "MO": "Macao", "PS": "Palestine", "SZ": "Eswatini",
		"CI": "Côte d'Ivoire", "UM": "United States Minor Outlying Islands",
	}
}

// countryWords are common words for countries that no table has. A word without a code
// means more than one country, and is refused.
func countryWords() map[string]string {
	return map[string]string{
		"Congo": "", "Kongo": "", "Korea": "", "Corea": "", "Corée": "", "Coreia": "", "Virgin Islands": "",
		"UK": "GB", "Great Britain": "GB", "Britain": "GB", "Großbritannien": "GB", "Grande-Bretagne": "GB",
		"Gran Bretaña": "GB", "Gran Bretagna": "GB", "Grã-Bretanha": "GB", "Groot-Brittannië": "GB", "Royaume Uni": "GB",
		"US": "US", "USA": "US", "United States of America": "US", "America": "US", "Vereinigte Staaten von Amerika": "US",
		"Etats-Unis d'Amérique": "US", "Estados Unidos de América": "US", "Stati Uniti d'America": "US", "EE.UU.": "US",
		"UAE": "AE", "Emirates": "AE", "VAE": "AE", "Holland": "NL", "Tschechische Republik": "CZ", "Czech Republic": "CZ",
		"République tchèque": "CZ", "Česká republika": "CZ", "Türkiye": "TR", "Turkey": "TR", "Suisse": "CH", "Svizzera": "CH", "Svizra": "CH",
		"Belgique": "BE", "Belgien": "BE", "Canada": "CA", "Éire": "IE", "Suomi": "FI", "Finland": "FI", "Swaziland": "SZ",
		"Macedonia": "MK", "Burma": "MM", "Macau": "MO", "Ivory Coast": "CI", "Russian Federation": "RU",
		"Bundesrepublik Deutschland": "DE", "BRD": "DE", "Federal Republic of Germany": "DE", "Republik Österreich": "AT",
		"Republic of Ireland": "IE", "Lëtzebuerg": "LU", "Moldawien": "MD", "Weißrussland": "BY", "Nordirland": "GB", "Tschechei": "CZ",
		"Volksrepublik China": "CN", "VR China": "CN", "PR China": "CN", "Hong Kong SAR": "HK", "Los Países Bajos": "NL",
	}
}

// fold makes the key by which names are compared: letters only, small, without accents
// and strokes.
func fold(s string) string {
	key := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ReplaceAll(s, "&", " and ")))
	if ascii(key) {
		return key
	}
	return strokes().Replace(key)
}

// strokes replaces the small Latin letters that are no other letter with an accent.
var strokes = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("ß", "ss", "ł", "l", "ø", "o", "đ", "d", "æ", "ae", "œ", "oe", "ı", "i")
})

// spellings are the keys of a name in a language: German is written without its dots,
// too, as ae for ä.
func spellings(tag language.Tag, name string) []string {
	keys := []string{fold(name)}
	if tag != language.German {
		return keys
	}
	dotless := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue").Replace(norm.NFC.String(name))
	if dotless != name {
		keys = append(keys, fold(dotless))
	}
	return keys
}

// languageCode finds the ISO 639-1 code of a language given by a code, by a tag with a
// country (de-AT, de_DE.UTF-8) or by a name, with or without a country or a script in
// parentheses behind it: Portuguese (Brazil).
func languageCode(s string) (string, *refusal) {
	const hint = "write an ISO 639-1 code such as de, or the language's name"
	if s, _ = trim(s); len(s) > maxName {
		return "", refuse("value is no language that is known here", hint)
	}
	name := s
	if before, _, ok := strings.Cut(s, "("); ok && strings.HasSuffix(s, ")") {
		name = before
	}
	if code := languageNames()[fold(name)]; code != "" {
		return code, nil
	}
	s, _, _ = strings.Cut(s, ".") // of a system's locale, its encoding
	tag := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	word, _, _ := strings.Cut(tag, "-")
	if now := withdrawnLanguages()[word]; now != "" {
		return now, nil
	}
	parsed, err := language.Parse(tag)
	if err != nil || parsed == language.Und {
		return "", refuse("value is no language that is known here", hint)
	}
	if own, bad := language.ParseBase(word); bad == nil && len(word) == 2 {
		return own.String(), nil // as it is: tl is not to become fil
	}
	if base, _ := parsed.Base(); len(base.String()) == 2 {
		return base.String(), nil
	}
	return "", refuse("value is a language that has no code of two letters (ISO 639-1)", hint)
}

// withdrawnLanguages are codes that old systems still write, and the codes in use now.
func withdrawnLanguages() map[string]string {
	return map[string]string{"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "sr"}
}

// languageWords are common names that the display data has not.
func languageWords() map[string]string {
	return map[string]string{
		"Norwegian": "no", "Norwegisch": "no", "norvégien": "no", "noruego": "no", "norvegese": "no", "norueguês": "no",
		"Noors": "no", "norsk": "no", "Flemish": "nl", "Flämisch": "nl", "Vlaams": "nl", "flamand": "nl", "Mandarin": "zh",
		"Bokmål": "nb", "Tagalog": "tl", "Holländisch": "nl", "British English": "en", "American English": "en", "Brazilian Portuguese": "pt",
	}
}

// languageNames has the codes of two letters by folded name. It is built when a mapping
// first asks for it.
var languageNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for word, code := range languageWords() {
		names[fold(word)] = code
	}
	for _, code := range twoLetterCodes() {
		base := language.MustParseBase(code)
		add := func(tag language.Tag, name string) {
			for _, key := range spellings(tag, name) {
				if len(key) > 3 && names[key] == "" {
					names[key] = code
				}
			}
		}
		for _, tag := range namesIn() {
			add(tag, display.Languages(tag).Name(base))
		}
		own := language.Make(code)
		add(own, display.Self.Name(own))
	}
	return names
})

// twoLetterCodes are the codes of ISO 639-1 in use.
func twoLetterCodes() []string {
	withdrawn := withdrawnLanguages()
	var codes []string
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			code := string([]rune{a, b})
			base, err := language.ParseBase(code)
			if err == nil && base.String() == code && withdrawn[code] == "" {
				codes = append(codes, code)
			}
		}
	}
	return codes
}
