package cli

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"rowpost/batch"
)

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

func TestNextSteps(t *testing.T) {
	base := next{run: "r1", mapping: "my map.yaml", file: "x.result.csv"}
	for _, test := range []struct {
		name string
		n    next
		want string
	}{
		{"nothing is left", next{lines: counts{Succeeded: 3, Skipped: 1}}, ""},
		{
			"rows to correct",
			next{lines: counts{Succeeded: 3, Failed: 1}, wrong: 1},
			"correct the cells of what failed or is invalid in x.result.csv, and send that: rowpost run -m 'my map.yaml' x.result.csv",
		},
		{
			"no row is wrong, but the lane stopped",
			next{lines: counts{Failed: 1, NotSent: 4}, open: 5, act: true},
			"mend what the run was stopped for; then the same command goes on with 5 lines",
		},
		{"not reached", next{lines: counts{NotSent: 1}, open: 1}, "the same command goes on with 1 line"},
		{
			"some rows only",
			next{lines: counts{Succeeded: 2, NotSent: 2}, open: 2, chosen: true},
			"the same command without --rows and --limit goes on with 2 lines",
		},
		{
			"doubt before corrections",
			next{lines: counts{InDoubt: 1, Invalid: 1}, wrong: 1},
			"rowpost resolve r1 shows what is in doubt, and takes what the provider says about it\n" +
				"correct the cells of what failed or is invalid in x.result.csv, and send that: rowpost run -m 'my map.yaml' x.result.csv",
		},
		{
			"rows that wait behind a doubt",
			next{lines: counts{InDoubt: 1, NotSent: 2}, waiting: 2},
			"rowpost resolve r1 shows what is in doubt, and takes what the provider says about it; 2 lines wait for that, and for the same command after it",
		},
		{
			"the sandbox",
			next{sandbox: true, lines: counts{Failed: 2}, open: 1, wrong: 1},
			"a run to the sandbox is not kept: the same command begins anew\n" +
				"correct the cells of what failed or is invalid in x.result.csv, and send that: rowpost run -m 'my map.yaml' x.result.csv --sandbox",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := test.n
			n.mapping, n.file = base.mapping, base.file
			if !n.sandbox {
				n.run = base.run
			}
			if got := n.String(); got != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
}
