package draft

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"rowpost/mapping"
)

//go:embed meanings.txt
var meaningsText string

// meanings gives meanings.txt by folded words; it is read only.
var meanings = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(meaningsText) {
		meaning, list, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.SplitSeq(list, ",") {
			if k := key(tokens(word)); out[k] == "" {
				out[k] = meaning
			}
		}
	}
	return out
})

func meaningOf(word string) string { return meanings()[key(tokens(word))] }

func isSalutation(s string) bool {
	switch meaningOf(s) {
	case "mr", "ms", "mrs":
		return len(s) > 1
	}
	return false
}

// allowed finds the value of an enum that a word stands for: the word itself, one that
// differs by case and punctuation, or one of the same meaning; empty: none.
func allowed(enum []string, word string) string {
	for _, same := range []func(a, b string) bool{
		func(a, b string) bool { return a == b },
		func(a, b string) bool { return key(tokens(a)) == key(tokens(b)) },
		func(a, b string) bool { return meaningOf(a) != "" && meaningOf(a) == meaningOf(b) },
		sameSalutation,
	} {
		for _, value := range enum {
			if same(value, word) {
				return value
			}
		}
	}
	return ""
}

// sameSalutation takes a gender for a salutation, and Mrs where there is no Ms.
func sameSalutation(value, word string) bool {
	is := func(word string) string {
		switch meaningOf(word) {
		case "mr", "male":
			return "m"
		case "ms", "mrs", "female":
			return "f"
		}
		return ""
	}
	return is(value) != "" && is(value) == is(word)
}

// locales says whether all values of an enum are languages: pt, en, fr-fr, zh-CN. It
// gives them by their two letters.
func locales(enum []string) (map[string]string, bool) {
	out := map[string]string{}
	for _, value := range enum {
		tag, err := language.Parse(value)
		if err != nil || len(value) != 2 && !strings.ContainsAny(value, "-_") {
			return nil, false
		}
		base, _ := tag.Base()
		if _, taken := out[base.String()]; taken {
			return nil, false // pt and pt-BR: which one is meant, nobody knows
		}
		out[base.String()] = value
	}
	return out, len(enum) > 1
}

// enumTerm is what a field with an enum is about, as far as its values tell. MR and MS
// would be languages, too.
func enumTerm(f mapping.Field) (term, bool) {
	if slices.ContainsFunc(f.Enum, isSalutation) {
		return salutation, true
	}
	_, ok := locales(f.Enum)
	return tongue, ok
}
