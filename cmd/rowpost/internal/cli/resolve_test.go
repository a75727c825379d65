package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"rowpost/batch"
	"rowpost/batch/state"
	"rowpost/providers"
)

func TestRowLists(t *testing.T) {
	for _, test := range []struct {
		text string
		want []rowRange // nil: refused
	}{
		{"17", []rowRange{{17, 17}}},
		{"17,20-25", []rowRange{{17, 17}, {20, 25}}},
		{" 3 , 5- ", []rowRange{{3, 3}, {5, 0}}},
		{"", nil},
		{"3,", nil},
		{"3;5", nil},
		{"9-3", nil},
		{"0", nil},
	} {
		got, err := parseRowList(test.text)
		if !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("%q: %v, %v", test.text, got, err)
		}
	}
}

func doubtOf(provider string, row, request int, id string) doubt {
	return doubt{
		provider: provider, shown: row, request: id,
		Entry: batch.Entry{Row: row, Request: request, Status: batch.InDoubt},
	}
}

// Rows 3 (two requests), 5 and 9 are open; 7 is repeated anyway; 8 was settled.
func someDoubts() *casebook {
	c := &casebook{info: &state.Info{ID: "r1"}, chronicle: &chronicle{
		settled: []batch.Entry{{Row: 8, Status: batch.NotSent, Again: true, Code: batch.CodeResolved}},
	}}
	c.open = []doubt{doubtOf("a", 3, 0, "mail"), doubtOf("b", 3, 1, "sms"), doubtOf("a", 5, 0, "mail"), doubtOf("a", 9, 0, "mail")}
	repeated := doubtOf("a", 7, 0, "mail")
	repeated.Again = true
	c.repeated = []doubt{repeated}
	c.chronicle.doubts = slices.Concat(c.open, c.repeated)
	return c
}

func TestChoosingDoubts(t *testing.T) {
	for _, test := range []struct {
		name    string
		s       selection
		want    []doubtKey
		refused string // part of the message
	}{
		{"all", selection{all: true}, []doubtKey{{"a", 3, 0}, {"b", 3, 1}, {"a", 5, 0}, {"a", 9, 0}}, ""},
		{"all of a provider", selection{all: true, provider: "b"}, []doubtKey{{"b", 3, 1}}, ""},
		{"both requests of a row", selection{rows: []rowRange{{3, 3}}}, []doubtKey{{"a", 3, 0}, {"b", 3, 1}}, ""},
		{"one request of a row", selection{rows: []rowRange{{3, 3}}, request: "sms"}, []doubtKey{{"b", 3, 1}}, ""},
		{"several rows", selection{rows: []rowRange{{9, 9}, {5, 5}}}, []doubtKey{{"a", 5, 0}, {"a", 9, 0}}, ""},
		{"an open range takes what is there", selection{rows: []rowRange{{4, 0}}}, []doubtKey{{"a", 5, 0}, {"a", 9, 0}}, ""},
		{"an open range with nothing in it", selection{rows: []rowRange{{10, 0}}}, nil, "not in doubt, so nothing was changed: row 10"},
		{"one row too many", selection{rows: []rowRange{{5, 5}, {6, 6}}}, nil, "nothing was changed: row 6"},
		{"a range with gaps", selection{rows: []rowRange{{3, 6}}}, nil, "nothing was changed: rows 4, 6"},
		{"a range without end in sight", selection{rows: []rowRange{{10, 2_000_000_009}}}, nil, "rows 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 1999999990 more"},
		{"a row of another request", selection{rows: []rowRange{{5, 5}}, request: "sms"}, nil, "nothing was changed: row 5"},
		{"a row that is repeated anyway", selection{rows: []rowRange{{7, 7}}}, nil, "row 7 is safe to repeat"},
		{"a row that was settled", selection{rows: []rowRange{{8, 8}}}, nil, "row 8 was settled before, as again"},
		{"an unknown provider", selection{all: true, provider: "c"}, nil, `--provider "c": nothing of it is in doubt`},
		{"a mistyped request", selection{all: true, request: "mial"}, nil, `did you mean "mail"?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			chosen, err := test.s.choose(someDoubts())
			var got []doubtKey
			for i := range chosen {
				got = append(got, chosen[i].key())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("chosen are %v, want %v", got, test.want)
			}
			f, refused := errors.AsType[*failure](err)
			if refused != (test.refused != "") || refused && (f.status != statusUsage || !strings.Contains(f.Error(), test.refused)) {
				t.Errorf("refused with %v, want %q", err, test.refused)
			}
		})
	}
}

func TestDecisionsKeepWhatIsKnown(t *testing.T) {
	sent := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	before := batch.Entry{
		Row: 3, Request: 1, Status: batch.InDoubt, HTTPStatus: 502, Code: "http_502", Message: "bad gateway",
		Field: "mail", Attempts: 4, SentAt: sent, Duration: time.Second, RemoteID: "old",
	}
	now := time.Date(2026, 11, 22, 19, 3, 12, 0, time.FixedZone("", 3600))
	for _, test := range []struct {
		d      decision
		status batch.Status
		again  bool
		id     string
		words  string
	}{
		{decision{as: decideSucceeded, remoteID: "C\x1b[1m4711"}, batch.Succeeded, false, "C 4711", "it was applied"},
		{decision{as: decideSucceeded}, batch.Succeeded, false, "old", "it was applied"},
		{decision{as: decideFailed}, batch.Failed, false, "old", "it was not applied and is not to be sent"},
		{decision{as: decideAgain}, batch.NotSent, true, "old", "it was not applied and is to be sent again"},
	} {
		t.Run(test.d.as+" "+test.id, func(t *testing.T) {
			test.d.when = now
			got := test.d.entry(before)
			want := before
			want.Status, want.Again, want.RemoteID = test.status, test.again, test.id
			want.Code, want.Field = batch.CodeResolved, ""
			want.Message = "a person settled this doubt on 2026-11-22 18:03:12 UTC: " + test.words
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestNotesAreMadeFitForATable(t *testing.T) {
	d := decision{as: decideFailed, note: "  asked\r\nMrs. X \x1b]0;x\x07 " + strings.Repeat("z", 1000)}
	got := d.message()
	if !strings.Contains(got, "; note: asked Mrs. X") || strings.ContainsAny(got, "\r\n\x1b\x07") {
		t.Errorf("got %q", got)
	}
	if n := utf8.RuneCountInString(got); n > providers.MaxMessage {
		t.Errorf("%d characters", n)
	}
}

func TestFlagsOfResolveThatContradict(t *testing.T) {
	rows := selection{rows: []rowRange{{1, 1}}}
	for _, test := range []struct {
		name  string
		flags resolveFlags
		fits  bool
	}{
		{"a list of all", resolveFlags{}, true},
		{"a list of some", resolveFlags{selection: rows}, true},
		{"a decision about rows", resolveFlags{selection: rows, as: decideAgain}, true},
		{"a decision about all", resolveFlags{selection: selection{all: true}, as: decideFailed, note: "x"}, true},
		{"an id with a success", resolveFlags{selection: rows, as: decideSucceeded, remoteID: "1"}, true},
		{"a decision about nothing", resolveFlags{as: decideAgain}, false},
		{"a decision about a provider, without --all", resolveFlags{selection: selection{provider: "a"}, as: decideAgain}, false},
		{"all and some", resolveFlags{selection: selection{all: true, rows: rows.rows}, as: decideAgain}, false},
		{"a note without a decision", resolveFlags{selection: rows, note: "x"}, false},
		{"all without a decision", resolveFlags{selection: selection{all: true}}, false},
		{"an id with a failure", resolveFlags{selection: rows, as: decideFailed, remoteID: "1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.flags.check(); (err == nil) != test.fits {
				t.Errorf("got %v", err)
			}
		})
	}
}
