package mapping

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"pgregory.net/rapid"
)

// through applies transforms, as a mapping writes them, to a text.
func through(t testing.TB, list, text string) (string, *CellError) {
	t.Helper()
	return city(t, "{column: Name, transform: ["+list+"]}", row("Name", text))
}

func TestTransforms(t *testing.T) {
	for _, c := range []struct{ list, in, want string }{
		{"trim", " \u00a0\u200ba b\r\n\uFEFF", "a b"},
		{"collapse_spaces", "a \t\u00a0b\n\nc d", "a b c d"},
		{"collapse_spaces", "  a", " a"},
		{"upper", "straße 5", "STRASSE 5"},
		{"lower", "ÅNGSTRÖM ΟΔΟΣ", "ångström οδος"},
		{"lower", "ABC", "abc"},
		{"title", "MÜLLER-LÜDENSCHEIDT", "Müller-Lüdenscheidt"},
		{"title", "o'neill and d’artagnan don't", "O'Neill And D’Artagnan Don't"},
		{"title", "anna maria", "Anna Maria"},
		{"digits", "+49 (30) 12-34", "49301234"},
		{"{pad_left: {width: 5}}", "123", "00123"},
		{`{pad_left: {width: 5, with: "ü"}}`, "äb", "üüüäb"},
		{"{pad_left: {width: 2}}", "1234", "1234"},
		{"{truncate: 3}", "äöüß", "äöü"},
		{"{truncate: 4}", "äöüß", "äöüß"},
		{`{replace: {pattern: "[.,]", with: ""}}`, "1.234,5", "12345"},
		{`{replace: {pattern: "(\\d+)-(\\d+)", with: "$2/$1"}}`, "12-34", "34/12"},
		{`{replace: {pattern: " +"}}`, "a  b", "ab"},
		{`{replace: {pattern: "(\\d+)-(\\d+)", with: "$1_$2"}}`, "12-34", "12_34"},
		{`{replace: {pattern: "(\\d+)", with: "$1EUR"}}`, "12", "12EUR"},
		{`{replace: {pattern: "(?P<day>\\d+)[.]", with: "$day/${day}/$0"}}`, "12.", "12/12/12."},
		{`{replace: {pattern: "x", with: "5 $, $$"}}`, "x", "5 $, $"},
		{"email", "Anna.Schmidt+x@mail.example.com", "Anna.Schmidt+x@mail.example.com"},
	} {
		t.Run(c.list+" "+c.want, func(t *testing.T) {
			if got, bad := through(t, c.list, c.in); bad != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
}

func TestTransformsThatRefuse(t *testing.T) {
	for _, c := range []struct{ list, in, msg string }{
		{"digits", "٠١٢", "value has digits that are not 0 to 9"},
		{"email", " a@b.de", "value has blanks before or after the email address"},
		{"email", "a b@c.de", "value has a blank or an invisible character in the email address"},
		{"email", "a\u200bb@c.de", "value has a blank or an invisible character in the email address"},
		{"email", "nobody", "value has no @, so it is no email address"},
		{"email", "a@b@c.de", "value has 2 times @, so it is no single email address"},
		{"email", "@b.de", "value has nothing before the @"},
		{"email", "a@", "value has nothing after the @"},
		{"email", "a@localhost", "value has no dot after the @"},
		{"email", "a@b..de", "value has a dot where none can be in an email address"},
		{"email", "a@b.de;c", "value is no single email address"},
		{`{replace: {pattern: "", with: "` + strings.Repeat("x", 5000) + `"}}`, strings.Repeat("y", 5000), "value grows beyond 1 MiB by its replacements"},
	} {
		t.Run(c.list[:5]+" "+c.msg, func(t *testing.T) {
			_, bad := through(t, c.list, c.in)
			if bad == nil || bad.Msg != c.msg || bad.Code != CodeBadValue || bad.Column != "Name" {
				t.Errorf("got %+v", bad)
			}
		})
	}
}

func TestCountry(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"de", "DE"},
		{"DEU", "DE"},
		{" At ", "AT"},
		{"Germany", "DE"},
		{"Deutschland", "DE"},
		{"Österreich", "AT"},
		{"Oesterreich", "AT"},
		{"OSTERREICH", "AT"},
		{"España", "ES"},
		{"Espana", "ES"},
		{"Spanien", "ES"},
		{"Schweiz", "CH"},
		{"Suisse", "CH"},
		{"Svizzera", "CH"},
		{"Nederland", "NL"},
		{"Holland", "NL"},
		{"Italia", "IT"},
		{"France", "FR"},
		{"Allemagne", "DE"},
		{"Alemania", "DE"},
		{"Germania", "DE"},
		{"Duitsland", "DE"},
		{"Alemanha", "DE"},
		{"Portugal", "PT"},
		{"Brasil", "BR"},
		{"Polska", "PL"},
		{"Česko", "CZ"},
		{"Tschechien", "CZ"},
		{"Tschechische Republik", "CZ"},
		{"Magyarország", "HU"},
		{"Sverige", "SE"},
		{"Danmark", "DK"},
		{"Norge", "NO"},
		{"Ελλάδα", "GR"},
		{"Россия", "RU"},
		{"日本", "JP"},
		{"United Kingdom", "GB"},
		{"UK", "GB"},
		{"England", "GB"},
		{"USA", "US"},
		{"The Netherlands", "NL"},
		{"Weißrussland", "BY"},
		{"Wlochy", "IT"},
		{"Aethiopien", "ET"},
		{"Franzoesisch-Guayana", "GF"},
		{"Nordirland", "GB"},
		{"Theland", ""},
		{"U.S.A.", "US"},
		{"United States of America", "US"},
		{"Türkiye", "TR"},
		{"Turkey", "TR"},
		{"Bosnia & Herzegovina", "BA"},
		{"Bosnia and Herzegovina", "BA"},
		{"Côte d’Ivoire", "CI"},
		{"Ivory Coast", "CI"},
		{"Belgique", "BE"},
		{"België", "BE"},
		{"South Korea", "KR"},
		{"North Macedonia", "MK"},
		{"Niger", "NE"},
		{"Nigeria", "NG"},
		{"Ireland", "IE"},
		{"Niemcy", "DE"},
		{"Wielka Brytania", "GB"},
		{"Česká republika", "CZ"},
		{"Tyskland", "DE"},
		{"Saksa", "DE"},
		{"Németország", "DE"},
		{"Österrike", "AT"},
		{"Elveția", "CH"},
		{"Atlantis", ""},
		{"XK", ""},
		{"Kosovo", ""},
		{"AN", ""},
		{"YU", ""},
		{"Congo", ""},
		{"Korea", ""},
		{"EU", ""},
		{"ZZ", ""},
		{"DD", ""},
		{"RA", ""},
		{"BDS", ""},
		{"Germany 2", ""},
		{"Bank (Germany)", ""},
		{"-", ""},
		{"49", ""},
		{"x", ""},
		{"Unknown", ""},
		{"None", ""},
	} {
		got, bad := through(t, "{country: alpha2}", c.in)
		if got != c.want || (bad == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v; want %q", c.in, got, bad, c.want)
		}
	}
	for form, want := range map[string]string{"alpha3": "MKD", "name": "North Macedonia"} {
		if got, _ := through(t, "{country: "+form+"}", "mk"); got != want {
			t.Errorf("%s: got %q, want %q", form, got, want)
		}
	}
}

func TestAllCountries(t *testing.T) {
	lands := officialLands()
	if len(lands) != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", len(lands))
	}
	a := theAtlas()
	for _, l := range lands {
		for _, s := range []string{l.alpha2, l.alpha3, l.name} {
			if a.find(s) == nil || a.find(s).alpha2 != l.alpha2 {
				t.Errorf("%s does not find %s", s, l.alpha2)
			}
		}
	}
}

// The libraries behind them would take half a minute and more for these cells.
func TestNamesOfALongText(t *testing.T) {
	for list, cell := range map[string]string{"{country: alpha2}": "ab ", "language": "-"} {
		if got, bad := through(t, list, strings.Repeat(cell, 1<<20)); bad == nil {
			t.Errorf("%s found %q", list, got)
		}
	}
}

// No name in one of the languages is another country's in another one.
func TestNamesOfCountriesMeanOneInAllLanguages(t *testing.T) {
	a := theAtlas()
	for _, l := range officialLands() {
		for _, tag := range namesIn() {
			name := display.Regions(tag).Name(language.MustParseRegion(l.alpha2))
			if got := a.find(name); name != "" && (got == nil || got.alpha2 != l.alpha2) && fold(name) != "kongo" {
				t.Errorf("%s (%s) does not find %s", name, tag, l.alpha2)
			}
		}
	}
}

func TestCountryFormsGoRound(t *testing.T) {
	form := func(name string) transform {
		var d decoder
		return country(&d, pos{}, countryForm{text{s: name}})
	}
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(officialLands()).Draw(t, "country").alpha2
		text := code
		for _, via := range rapid.SliceOfN(rapid.SampledFrom(countryForms()), 0, 4).Draw(t, "forms") {
			text, _ = form(via)(text)
		}
		if got, bad := form("alpha2")(text); bad != nil || got != code {
			t.Errorf("%s: %q, %+v", code, got, bad)
		}
	})
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"de", "de"},
		{"DE", "de"},
		{"de-DE", "de"},
		{"de_AT", "de"},
		{"deu", "de"},
		{"ger", "de"},
		{"German", "de"},
		{"Deutsch", "de"},
		{"allemand", "de"},
		{"Englisch", "en"},
		{"français", "fr"},
		{"Francais", "fr"},
		{"español", "es"},
		{"Nederlands", "nl"},
		{"pt-BR", "pt"},
		{"zh-Hant", "zh"},
		{"日本語", "ja"},
		{"tl", "tl"},
		{"norsk", "no"},
		{"nor", "no"},
		{"русский", "ru"},
		{"iw", "he"},
		{"Norwegian", "no"},
		{"nb", "nb"},
		{"niemiecki", "de"},
		{"tyska", "de"},
		{"saksa", "de"},
		{"de_DE.UTF-8", "de"},
		{"Portuguese (Brazil)", "pt"},
		{"Deutsch (Österreich)", "de"},
		{"Franzoesisch", "fr"},
		{"Wloski", "it"},
		{"Bokmål", "nb"},
		{"Tagalog", "tl"},
		{"Klingon (Germany)", ""},
		{"(German)", ""},
		{"de-toolongtobeatag", ""},
		{"Klingon", ""},
		{"xx", ""},
		{"gsw", ""},
		{"und", ""},
		{"-", ""},
		{"d", ""},
		{"language", ""},
	} {
		got, bad := through(t, "language", c.in)
		if got != c.want || (bad == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v; want %q", c.in, got, bad, c.want)
		}
	}
}

func TestPadLeftKeepsTheTextAndReachesTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, s := rapid.IntRange(1, 20).Draw(t, "width"), rapid.StringN(1, 30, -1).Draw(t, "s")
		var d decoder
		got, _ := padLeft(&d, pos{}, padLeftArg{Width: &number{n: width}})(s)
		if !strings.HasSuffix(got, s) || utf8.RuneCountInString(got) != max(width, utf8.RuneCountInString(s)) {
			t.Errorf("%q at width %d: %q", s, width, got)
		}
	})
}

func TestReplaceIsTheLibrarysReplaceAll(t *testing.T) {
	patterns := []string{"", "a", "a*", "(a)|(b)", "^", "$", "b+$", `\bé`, "(?i)A", "."}
	rapid.Check(t, func(t *rapid.T) {
		re := regexp.MustCompile(rapid.SampledFrom(patterns).Draw(t, "pattern"))
		s, with := rapid.StringMatching("[abéA]{0,8}").Draw(t, "s"), rapid.SampledFrom([]string{"", "x", "<$0>", "$1$2", "$$"}).Draw(t, "with")
		if got, _ := newPattern(re).replaceAll(s, with); got != re.ReplaceAllString(s, with) {
			t.Errorf("%s in %q: %q, want %q", re, s, got, re.ReplaceAllString(s, with))
		}
	})
}

// A search may look at the whole rest of the text for each place that it finds: minutes
// for one cell. Such a pattern works on short texts, and is refused on long ones.
func TestReplaceIsBounded(t *testing.T) {
	long := strings.Repeat("x", maxExprCell)
	for _, c := range []struct {
		name, pattern, in, want string
		refused                 bool
	}{
		{"a search to the end for each character", "x*y|x", long, "", true},
		{"the same on a short text", "x*y|x", strings.Repeat("x", 1000), "", false},
		{"a simple pattern everywhere", "x", long, "", false},
		{"one run", "x+", long, "", false},
		{"many short runs", " +", strings.Repeat("x ", maxExprCell/2), strings.Repeat("x", maxExprCell/2), false},
		{"words of bounded length", "x{1,3}y?", long, "", false},
		{"an end that is seldom found", "(x+ )+$", strings.Repeat("x ", 5000) + "-", strings.Repeat("x ", 5000) + "-", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, bad := newPattern(regexp.MustCompile(c.pattern)).replaceAll(c.in, "")
			if got != c.want || (bad != nil) != c.refused {
				t.Errorf("%d characters, %+v", len(got), bad)
			}
		})
	}
	if list := problemsOf(t, oneField("{column: Name, transform: [{replace: {pattern: 'x{1000}y{1000}z{1000}'}}]}")); len(list) != 1 || list[0].Msg != "the pattern is too big" {
		t.Errorf("a pattern of many instructions: %v", list)
	}
}
