package draft

import (
	"fmt"
	"slices"
	"strings"

	"rowpost/mapping"
)

// recipe is what is done to a column's cells on their way to a field.
type recipe struct {
	steps     []string // transforms, in YAML
	lookup    []pair
	otherwise string
	checks    []string // what a person should look at
}

// pair is an entry of a lookup table.
type pair struct{ from, to string }

// over writes the recipe over a column as the source of a field, in YAML on one line.
func (r recipe) over(c *column) string {
	if len(r.steps) == 0 && len(r.lookup) == 0 {
		return quote(c.name)
	}
	var b strings.Builder
	b.WriteString("{column: " + quote(c.name))
	if len(r.steps) > 0 {
		b.WriteString(", transform: [" + strings.Join(r.steps, ", ") + "]")
	}
	if len(r.lookup) > 0 {
		entries := make([]string, len(r.lookup))
		for i, p := range r.lookup {
			entries[i] = quote(p.from) + ": " + quote(p.to)
		}
		b.WriteString(", lookup: {" + strings.Join(entries, ", ") + "}")
	}
	if r.otherwise != "" {
		b.WriteString(", otherwise: " + r.otherwise)
	}
	b.WriteString("}")
	return b.String()
}

// often is the share of cells from which a recipe is right, and the others are slips of
// the table: plan shows those.
const often = 0.9

// better is by how much of the cells a longer recipe must be better than a shorter one.
const better = 0.01

// recipe chooses the simplest of the candidates that the field takes most cells by.
func (f *field) recipe(c *column) recipe {
	candidates := f.candidates(c)
	var best recipe // the cells as they are, if the mapping knows none of the candidates
	most := -1.0
	for _, r := range candidates {
		if share := c.accepts(f.strict(c), r.over(c)); share > most+better {
			best, most = r, share
		}
	}
	if most < 0 {
		best.checks = append(best.checks, "no transform is known that reads its cells as they are written")
	}
	if c.filled > 0 && most >= 0 && most < often {
		n := c.filled - int(most*float64(c.filled)+0.5)
		best.checks = append(best.checks, fmt.Sprintf("%d of %d sampled cells would be refused; plan says why", n, c.filled))
	}
	if f.Required && !f.key && !f.guarded && c.fill() < often {
		best.checks = append(best.checks, fmt.Sprintf("it is required, and empty in %d of %d sampled rows, which would be refused; default: fills in", c.rows-c.filled, c.rows))
	}
	return best
}

// candidates are ways from the column's cells to the field, the simplest first.
func (f *field) candidates(c *column) []recipe {
	var trim []string
	if c.padded > 0 {
		trim = []string{"trim"}
	}
	plain := recipe{steps: trim}
	with := func(steps ...string) recipe { return recipe{steps: slices.Concat(trim, steps)} }
	switch {
	case len(f.Enum) > 0:
		return f.enumRecipes(c, trim)
	case f.Format == mapping.FormatEmail || f.is(email):
		return []recipe{f.emailRecipe(c, trim)}
	case f.Format == mapping.FormatE164:
		return f.phoneRecipes(c, plain, with)
	case f.is(country) || f.is(countryCode):
		return []recipe{plain, with("upper"), with("{country: alpha2}")}
	case f.Format == mapping.FormatLanguage || f.is(tongue):
		return []recipe{plain, with("lower"), with("language")}
	case f.is(postalCode):
		return []recipe{f.postalRecipe(c, trim)}
	case f.is(date) || f.is(birthDate):
		return []recipe{dateRecipe(c, trim)}
	case f.is(amount):
		return []recipe{numberRecipe(c, trim)}
	}
	return []recipe{plain}
}

// emailRecipe checks addresses before anything is sent. Capitals become small where
// there are any: the same address must not be two.
func (f *field) emailRecipe(c *column, trim []string) recipe {
	steps := trim
	if c.share(func(s string) bool { return strings.ToLower(s) != s }) > 0 {
		steps = slices.Concat(steps, []string{"lower"})
	}
	return recipe{steps: slices.Concat(steps, []string{"email"})}
}

// phoneRecipes bring numbers into the form of E.164. Without a region nobody can know
// what country a national number belongs to; then it stays refused.
func (f *field) phoneRecipes(c *column, plain recipe, with func(...string) recipe) []recipe {
	if f.region != "" {
		return []recipe{plain, with("{phone: {region: " + f.region + "}}")}
	}
	bare := with(`{replace: {pattern: "[ ()./-]", with: ""}}`, `{replace: {pattern: "^00", with: "+"}}`)
	if c.share(func(s string) bool { return looksPhone(s) && !strings.HasPrefix(s, "+") && !strings.HasPrefix(s, "00") }) > 1-often {
		bare.checks = append(bare.checks, "some numbers have no country's number; if all of them are of one country, this reads them: transform: [{phone: {region: DE}}]")
	}
	return []recipe{plain, bare}
}

// strict is the field as it is best served: an API that says no format of a country and
// shows a code, or a column that has names here and codes there, is served by codes.
func (f *field) strict(c *column) mapping.Field {
	out := f.Field
	if out.Format != "" || !f.is(country) && !f.is(countryCode) {
		return out
	}
	codes := c.share(isCode)
	if exampleCode.MatchString(f.Help) || codes > 0 && codes < 1 {
		out.Format = mapping.FormatCountry2
	}
	return out
}

// postalRecipe gives back the zeros that a spreadsheet took, where all rows are of a
// country whose codes have five digits.
func (f *field) postalRecipe(c *column, trim []string) recipe {
	r := recipe{steps: trim}
	short := c.share(func(s string) bool { return digitsOnly(s) && len(s) == 4 })
	full := c.share(func(s string) bool { return digitsOnly(s) && len(s) == 5 })
	if short == 0 || full < short {
		return r
	}
	const pad = `{pad_left: {width: 5, with: "0"}}`
	if slices.Contains([]string{"DE", "FR", "ES", "IT", "US", "FI", "HR", "EE"}, f.region) && short+full == 1 {
		r.steps = slices.Concat(trim, []string{pad})
		return r
	}
	r.checks = append(r.checks, "some codes have four digits and most have five: if a spreadsheet took leading zeros away, transform: ["+pad+"] gives them back, to all countries' codes alike")
	return r
}

// dateRecipe never guesses which number is the day.
func dateRecipe(c *column, trim []string) recipe {
	r := recipe{steps: trim}
	switch open := decided(dateLayout(c)); {
	case len(open) == 1 && open[0] != isoDate:
		r.steps = slices.Concat(trim, []string{dateStep(open[0])})
	case len(open) > 1:
		r.checks = append(r.checks, "its dates "+undecided(open))
	case len(open) == 0 && c.share(datelike.MatchString) > 0.5:
		r.checks = append(r.checks, "not all of its dates are written in one way; say which: transform: [{date: {from: [DD.MM.YYYY, YYYY-MM-DD]}}]")
	}
	return r
}

const isoDate = "YYYY-MM-DD"

func dateStep(layout string) string { return "{date: {from: " + quote(layout) + "}}" }

func undecided(layouts []string) string {
	return "can be read as " + strings.Join(layouts, " or as ") + ", and no cell decides it; say which: transform: [" +
		dateStep(layouts[0]) + "]"
}

func numberRecipe(c *column, trim []string) recipe {
	r := recipe{steps: trim}
	if style, ok := numbersOf(c); ok && style.transform() != "" {
		r.steps = slices.Concat(trim, []string{style.transform()})
	} else if !ok && c.share(ambiguousNumber.MatchString) > 0 {
		r.checks = append(r.checks, "whether the mark in its numbers is a decimal one cannot be told from the cells; say it: transform: [{number: {decimal: \",\", group: \".\"}}]")
	}
	return r
}

// enumRecipes bring the words of a column to the values of an enum.
func (f *field) enumRecipes(c *column, trim []string) []recipe {
	plain := recipe{steps: trim}
	if byLanguage, ok := locales(f.Enum); ok && f.is(tongue) {
		r := recipe{steps: slices.Concat(trim, []string{"language"}), otherwise: f.otherwise()}
		for _, value := range f.Enum {
			for two, v := range byLanguage {
				if v == value {
					r.lookup = append(r.lookup, pair{two, value})
				}
			}
		}
		return []recipe{plain, r}
	}
	r, missed := recipe{steps: trim}, []string{}
	for _, word := range c.words() {
		if to := allowed(f.Enum, word); to != "" {
			r.lookup = append(r.lookup, pair{word, to})
		} else {
			missed = append(missed, word)
		}
	}
	if len(r.lookup) == 0 || len(r.lookup) > maxLookup {
		plain.checks = append(plain.checks, f.lookupNote(c, missed))
		return []recipe{plain}
	}
	if len(missed) > 0 {
		r.otherwise = f.otherwise()
		r.checks = append(r.checks, f.missedNote(c, missed))
	}
	return []recipe{plain, r}
}

// maxLookup is the longest lookup table that a draft writes.
const maxLookup = 40

// otherwise leaves out what has no counterpart where that is allowed; a required field
// rather refuses it.
func (f *field) otherwise() string {
	if f.Required {
		return ""
	}
	return "omit"
}

// words are the column's different texts, their surrounding blanks left out.
func (c *column) words() []string {
	var out []string
	for _, v := range c.values {
		if word := strings.TrimSpace(v.text); !slices.Contains(out, word) {
			out = append(out, word)
		}
		if len(out) > 2*maxLookup {
			break
		}
	}
	return out
}

func (f *field) lookupNote(c *column, missed []string) string {
	if c.filled == 0 {
		return "it takes " + strings.Join(f.Enum, ", ") + " only; a lookup brings other words to these"
	}
	note := "it takes " + strings.Join(f.Enum, ", ") + " only, and the column has other words"
	if c.coded() {
		note += " (" + strings.Join(missed, ", ") + ")"
	}
	return note + "; add lookup: {word: " + f.Enum[0] + "}"
}

func (f *field) missedNote(c *column, missed []string) string {
	what := plural(len(missed), "other word", "other words")
	if c.coded() {
		what = strings.Join(missed, ", ")
	}
	if f.Required {
		return "no value is known for " + what + ": rows with it are refused until it is added to the lookup"
	}
	return "no value is known for " + what + ": the field is left out there"
}
