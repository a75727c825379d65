package batch

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHideCells(t *testing.T) {
	for _, test := range []struct {
		name, message string
		cells         []string
		want          string
	}{
		{"a cell", "no customer Meier", []string{"Meier"}, "no customer ..."},
		{"in another case", "no mail a.b@x.org", []string{"A.B@X.ORG"}, "no mail ..."},
		{"several times", "Meier is not Meier", []string{"Meier"}, "... is not ..."},
		{"with blanks around it in the table", "no Meier", []string{" Meier "}, "no ..."},
		{"the longer one first", "no Anna Meier", []string{"Anna", "Anna Meier"}, "no ..."},
		{"part of a word stays", "status 401", []string{"1", "4"}, "status 401"},
		{"punctuation around it", `"Meier": unknown`, []string{"Meier"}, `"...": unknown`},
		{"beyond ASCII", "no ÖZDEMİR", []string{"Özdemİr"}, "no ..."},
		{"an empty cell", "all wrong", []string{"", " "}, "all wrong"},
		{"a cell of punctuation", "a+++b", []string{"+++"}, "a...b"},
		{"encoded for an address", "/customers/Anna%20Meier not found", []string{"Anna Meier"}, "/customers/... not found"},
		{"cut off at the end", "no customer Anna Mei…", []string{"Anna Meier"}, "no customer ..."},
		{"a short one stays: it is nobody's, and part of too much", "10.0.0.7 is no host of DE", []string{"7", "DE"}, "10.0.0.7 is no host of DE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := HideCells(test.message, test.cells); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A cell that stands in a message as a word of its own never survives.
func TestHiddenCellsAreGone(t *testing.T) {
	word := rapid.StringMatching(`[a-zA-Zäöüß]{4,12}`)
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(word, 1, 4).Draw(t, "cells")
		message := "1: " + strings.Join(cells, ", ") + " = 2"
		got := HideCells(message, cells)
		for _, c := range cells {
			if strings.Contains(strings.ToLower(got), strings.ToLower(c)) {
				t.Errorf("%q still holds %q", got, c)
			}
		}
	})
}
