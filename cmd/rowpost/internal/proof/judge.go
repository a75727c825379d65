package proof

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict is what a judge finds. It holds what was promised if Findings is empty.
type Verdict struct {
	Findings []string
	Rows     int
	Doubt    int // lines in doubt
	// Cut is how many of these the program's own end left in doubt, rather than an answer.
	Cut     int
	Waiting int // lines behind one in doubt
	// Repeated counts the safe requests that were applied more than once: that is allowed,
	// and counted to show that the program was hit while they were under way.
	Repeated int
}

func (v *Verdict) find(format string, args ...any) {
	v.Findings = append(v.Findings, fmt.Sprintf(format, args...))
}

// Judge holds a result against the import that it was made from and against what the
// providers saw. Final says that the program ended by itself and calls the run finished,
// so that nothing may be left to do.
func Judge(im *Import, r *Result, books map[Target]*Book, final bool) *Verdict {
	v := &Verdict{Rows: len(im.Cells)}
	v.complete(im, r)
	if len(v.Findings) > 0 {
		return v
	}
	doubted := map[string]bool{}
	for i := range r.Lines {
		want, got := &im.Lines[i], &r.Lines[i]
		book := books[Target{want.Row, want.Request}]
		if book == nil {
			book = &Book{}
		}
		v.status(want, got, book, final, doubted)
		v.sends(want, book)
		if got.Status == "in_doubt" {
			doubted[want.Provider+" "+want.Object] = true
		}
	}
	v.foreign(im, books)
	v.order(im, books, final)
	return v
}

// complete: every line that must be there, in the source's order, once, with its cells.
func (v *Verdict) complete(im *Import, r *Result) {
	for i, want := range im.Lines {
		if i >= len(r.Lines) {
			v.find("row %d %s: lost: the result ends before it", want.Row, want.Request)
			return
		}
		got := &r.Lines[i]
		if got.Row != want.Row || got.Request != want.Request || got.Provider != want.Provider {
			v.find("line %d is row %d %q %q, want row %d %q %q", i+1, got.Row, got.Request, got.Provider, want.Row, want.Request, want.Provider)
			return
		}
		if !slices.Equal(got.Cells, im.Cells[want.Row-1]) {
			v.find("row %d: its cells are not those of the source", want.Row)
		}
	}
	if extra := len(r.Lines) - len(im.Lines); extra > 0 {
		v.find("%d lines too many", extra)
	}
}

// status: one that the providers' books allow.
func (v *Verdict) status(want *Line, got *Shown, book *Book, final bool, doubted map[string]bool) {
	where := fmt.Sprintf("row %d %s %s (%s, %s)", want.Row, want.Request, got.Status, got.Code, got.Message)
	applied := len(book.Applied) > 0
	switch got.Status {
	case "succeeded":
		if !applied || want.Expect != Send {
			v.find("%s: the provider did not apply it", where)
		}
	case "failed":
		v.failed(want, applied, final, where)
	case "invalid", "skipped":
		if (want.Expect == Invalid) != (got.Status == "invalid") || want.Expect == Send || want.Expect == Refuse || len(book.Arrivals) > 0 {
			v.find("%s: it %s", where, want.Expect)
		}
	case "in_doubt":
		v.doubt(want, got, book, final, where)
	case "not_sent":
		if applied {
			v.find("%s: it was applied", where)
		}
		v.Waiting++
		behind := got.Code == "key_in_doubt" && doubted[want.Provider+" "+want.Object]
		if final && !behind {
			v.find("%s: the run is finished, and nothing in doubt stands before it", where)
		}
	default:
		v.find("%s: no such status", where)
	}
}

func (v *Verdict) failed(want *Line, applied, final bool, where string) {
	if applied {
		v.find("%s: it was applied", where)
	}
	if final && want.Expect != Refuse {
		v.find("%s: it %s", where, want.Expect)
	}
}

func (v *Verdict) doubt(want *Line, got *Shown, book *Book, final bool, where string) {
	v.Doubt++
	if got.Code == "unrecorded" {
		v.Cut++
	}
	switch {
	case want.Expect == Invalid || want.Expect == Skip:
		v.find("%s: it %s", where, want.Expect)
	case final && !want.Unsafe():
		v.find("%s: it is safe to repeat, and the run is finished", where)
	case len(book.Arrivals) == 0 && got.Code != "unrecorded":
		v.find("%s: nothing of it reached the provider", where)
	}
}

// sends: nothing unsafe is sent again once it was applied.
func (v *Verdict) sends(want *Line, book *Book) {
	if !want.Unsafe() {
		if len(book.Applied) > 1 {
			v.Repeated++
		}
		return
	}
	if len(book.Applied) > 1 {
		v.find("row %d %s: not safe to repeat, and applied %d times", want.Row, want.Request, len(book.Applied))
	}
	if n := book.late(); n > 0 {
		v.find("row %d %s: not safe to repeat, and sent %d times after it was applied", want.Row, want.Request, n)
	}
}

// foreign: nothing came to a provider that the table does not ask for.
func (v *Verdict) foreign(im *Import, books map[Target]*Book) {
	asked := map[Target]bool{}
	for i := range im.Lines {
		asked[Target{im.Lines[i].Row, im.Lines[i].Request}] = true
	}
	for t := range books {
		if !asked[t] {
			v.find("row %d %q was sent and is not asked for", t.Row, t.Request)
		}
	}
}

// order: of the rows that change the same thing, a later one was applied later. A kill
// leaves safe ones unanswered that were applied, and then they are sent again in their
// order: for those it counts that the last row has the last word, in the end.
func (v *Verdict) order(im *Import, books map[Target]*Book, final bool) {
	before := map[string]*Line{}
	for i := range im.Lines {
		l := &im.Lines[i]
		book := books[Target{l.Row, l.Request}]
		if l.Object == "" || book == nil || len(book.Applied) == 0 || !l.Unsafe() && !final {
			continue
		}
		object := l.Provider + " " + l.Object
		if b := before[object]; b != nil {
			earlier := books[Target{b.Row, b.Request}].Applied
			if earlier[len(earlier)-1].After(book.Applied[len(book.Applied)-1]) {
				v.find("row %d %s was applied after row %d had changed the same thing", b.Row, b.Request, l.Row)
			}
		}
		before[object] = l
	}
}

// String lists the findings: the first ones, as one cause mostly has many.
func (v *Verdict) String() string {
	const most = 10
	if more := len(v.Findings) - most; more > 0 {
		return strings.Join(v.Findings[:most], "\n") + fmt.Sprintf("\nand %d more", more)
	}
	return strings.Join(v.Findings, "\n")
}
