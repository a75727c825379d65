package mapping

import (
	"cmp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// wordSet is a list of words in which neither order nor upper and lower case count.
type wordSet struct{ list []text }

func (w *wordSet) decodeNode(d *decoder, n *yaml.Node) {
	var l oneOrMore
	l.decodeNode(d, n)
	for _, t := range l.list {
		w.list = append(w.list, text{boolWord(t.s), t.at})
	}
	slices.SortFunc(w.list, func(a, b text) int { return cmp.Compare(a.s, b.s) })
	w.list = slices.CompactFunc(w.list, func(a, b text) bool { return a.s == b.s })
}

// boolWord is the form in which words are compared.
func boolWord(s string) string {
	s, _ = trim(s)
	return strings.ToLower(s)
}

type boolArg struct {
	True  *wordSet `yaml:"true" jsonschema_description:"The words for true, in any case; default: true, yes, y, t, on, 1, x, ja, j, wahr, oui, vrai, si, sí, sì, verdadero, vero, sim, verdadeiro, waar, tak, prawda."`
	False *wordSet `yaml:"false" jsonschema_description:"The words for false, in any case; default: false, no, n, f, off, 0, nein, falsch, non, faux, falso, não, nao, nee, onwaar, nie, fałsz."`
}

// boolDefaults are the words for true and for false if a mapping lists none, sorted.
func boolDefaults(value bool) []string {
	words := "0 f faux falsch falso false fałsz n nao nee nein nie no non não off onwaar"
	if value {
		words = "1 j ja on oui prawda si sim sì sí t tak true verdadeiro verdadero vero vrai waar wahr x y yes"
	}
	return slices.Sorted(strings.FieldsSeq(words))
}

// boolean makes true or false of words for it, and refuses all others.
func boolean(d *decoder, at pos, arg boolArg) transform {
	means := map[string]string{}
	for _, side := range []struct {
		value string
		given *wordSet
		words []string
	}{{"true", arg.True, boolDefaults(true)}, {"false", arg.False, boolDefaults(false)}} {
		if side.given == nil {
			side.given = &wordSet{}
			for _, w := range side.words {
				side.given.list = append(side.given.list, text{w, at})
			}
		}
		for _, t := range side.given.list {
			if means[t.s] != "" {
				d.add(t.at, "list the words for true and for false, each once", "%q is a word for true and for false", t.s)
				return nil
			}
			means[t.s] = side.value
		}
	}
	return func(s string) (string, *refusal) {
		if v := means[boolWord(s)]; v != "" {
			return v, nil
		}
		return "", refuse("value is none of the words for true or false", "list its words: {bool: {true: [...], false: [...]}}")
	}
}
