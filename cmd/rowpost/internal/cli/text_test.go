package cli

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/batch/result"
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
		{"a short one stays: it is nobody's, and part of too much", "10.0.0.7 is no host of DE", []string{"7", "DE"}, "10.0.0.7 is no host of DE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := hideCells(test.message, test.cells); got != test.want {
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
		got := hideCells(message, cells)
		for _, c := range cells {
			if strings.Contains(strings.ToLower(got), strings.ToLower(c)) {
				t.Errorf("%q still holds %q", got, c)
			}
		}
	})
}

func TestMaskKeepsShapeOnly(t *testing.T) {
	if got, want := mask("Jörg Ö. <j.9@x.org> +49 日本 😀"), "Xxxx X. <x.9@x.xxx> +99 xx *"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		masked := mask(rapid.String().Draw(t, "text"))
		for _, r := range masked {
			if unicode.IsLetter(r) && r != 'x' && r != 'X' || unicode.IsDigit(r) && r != '9' {
				t.Errorf("%q shows through", r)
			}
		}
	})
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                              "0s",
		1234 * time.Microsecond:        "1ms",
		2345 * time.Millisecond:        "2.3s",
		60 * time.Second:               "1m",
		61 * time.Second:               "1m1s",
		time.Hour:                      "1h",
		time.Hour + 5*time.Second:      "1h0m5s",
		24 * time.Hour:                 "1d",
		50*time.Hour + 30*time.Minute:  "2d2h30m",
		49*time.Hour + 31*time.Second:  "2d1h1m",
		24*time.Hour + 10*time.Minute:  "1d10m",
		3*24*time.Hour + 2*time.Second: "3d",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "''",
		"http://127.0.0.1:1/x":   "http://127.0.0.1:1/x",
		"two words":              "'two words'",
		"$HOME":                  "'$HOME'",
		"it's":                   `'it'\''s'`,
		"tab\tand \"double\" \\": "'tab\tand \"double\" \\'",
	} {
		if got := shellQuote(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTallyGroups(t *testing.T) {
	tally := newTally(&options{rows: rowRange{from: 1, to: 8}}, []string{"a"})
	add := func(row int, status batch.Status, http int, code, message string, cells ...string) {
		line := batch.Result{Provider: "a", Entry: batch.Entry{Status: status, HTTPStatus: http, Code: code, Message: message}}
		line.Row.Num, line.Row.Cells = row, cells
		tally.add(line)
	}
	add(1, batch.Succeeded, 200, "", "")
	add(2, batch.Failed, 404, "http_404", "no customer 1784", "1784")
	for row := 3; row <= 8; row++ {
		add(row, batch.Failed, 422, "x", "wrong")
	}
	add(9, batch.NotSent, 0, batch.CodeNotChosen, "not among the chosen rows")
	groups := tally.sorted()
	if len(groups) != 2 {
		t.Fatalf("%d groups, want 2: rows that were not chosen are no errors", len(groups))
	}
	first, second := groups[0], groups[1]
	if first.code != "x" || first.count != 6 || len(first.rows) != firstRows || first.rows[0] != 3 {
		t.Errorf("the most frequent error is not first, with its first rows: %+v", first)
	}
	if second.message != "no customer ..." {
		t.Errorf("the message shows a cell: %q", second.message)
	}
	if tally.rows != 9 || tally.chosen.total() != 8 || tally.unreached != 0 {
		t.Errorf("rows %d, chosen lines %d, unreached %d", tally.rows, tally.chosen.total(), tally.unreached)
	}
}

func TestTallyIsBounded(t *testing.T) {
	tally := newTally(&options{}, nil)
	for row := 1; row <= 3*maxGroups; row++ {
		line := batch.Result{Entry: batch.Entry{Status: batch.Failed, Code: strings.Repeat("x", row)}}
		line.Row.Num = row
		tally.add(line)
	}
	sum := 0
	for _, g := range tally.groups {
		sum += g.count
	}
	if len(tally.groups) > maxGroups+1 || sum != 3*maxGroups {
		t.Errorf("%d groups with %d lines", len(tally.groups), sum)
	}
}

func TestNextStep(t *testing.T) {
	all, written := &options{}, result.Written{Path: "x.result.csv"}
	for _, test := range []struct {
		name  string
		opts  *options
		lines counts
		want  string
	}{
		{"nothing is left", all, counts{Succeeded: 3, Skipped: 1}, ""},
		{"rows to correct", all, counts{Succeeded: 3, Failed: 1}, "correct the rows of x.result.csv that are failed or invalid, and send them: as a table of their own"},
		{"no row is wrong, but the lane stopped", all, counts{NotSent: 4}, "once the reason given for what is not_sent is mended or over, send those rows: as a table"},
		{"doubt first", all, counts{InDoubt: 1, Failed: 1}, "ask the provider whether what is in_doubt was applied; correct"},
		{"the other rows by number", &options{limit: 2}, counts{Succeeded: 2}, "--rows 3- sends the other rows"},
		{"a piece of the middle", &options{rows: rowRange{2, 3}}, counts{Succeeded: 2}, "--rows -1 and then --rows 4- sends the other rows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &runSummary{Rows: 4, Lines: test.lines}
			if test.opts != all {
				r.Lines.NotSent += 2
			}
			if got := nextStep(test.opts, r, written, test.lines); !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %q", got)
			}
		})
	}
}
