package proof

import (
	"strings"
	"testing"
	"time"
)

// truth is a table of two rows and what a sound program makes of it: a safe request, and
// two unsafe ones of the same wallet, the second of which waits behind a doubt.
func truth() (*Import, *Result, map[Target]*Book) {
	im := &Import{Header: []string{"A"}, Cells: [][]string{{"x"}, {"y"}}, Lines: []Line{
		{Row: 1, Request: "billing", Provider: "cleverbridge", Object: "S1", Expect: Send},
		{Row: 1, Request: "mail", Provider: "paysafe", Object: "7", Expect: Send},
		{Row: 2, Request: "mail", Provider: "paysafe", Object: "7", Expect: Send},
	}}
	r := &Result{Lines: []Shown{
		{Row: 1, Request: "billing", Provider: "cleverbridge", Status: "succeeded", Cells: []string{"x"}},
		{Row: 1, Request: "mail", Provider: "paysafe", Status: "in_doubt", Code: "unrecorded", Cells: []string{"x"}},
		{Row: 2, Request: "mail", Provider: "paysafe", Status: "not_sent", Code: "key_in_doubt", Cells: []string{"y"}},
	}}
	at := time.Unix(1000, 0)
	return im, r, map[Target]*Book{
		{1, "billing"}: {Arrivals: []time.Time{at, at.Add(2)}, Applied: []time.Time{at, at.Add(1)}},
		{1, "mail"}:    {Arrivals: []time.Time{at.Add(1)}, Applied: []time.Time{at}},
	}
}

func TestJudgeAcceptsTheTruth(t *testing.T) {
	im, r, books := truth()
	v := Judge(im, r, books, true)
	if len(v.Findings) > 0 || v.Doubt != 1 || v.Cut != 1 || v.Waiting != 1 || v.Repeated != 1 {
		t.Errorf("%+v", v)
	}
}

func TestJudgeFindsEachLie(t *testing.T) {
	later := time.Unix(2000, 0)
	for name, row := range map[string]struct {
		lie  func(*Import, *Result, map[Target]*Book)
		want string
	}{
		"a line is missing at the end": {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines = r.Lines[:2] }, "lost"},
		"a line is missing within":     {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines = r.Lines[1:] }, "want row 1"},
		"a line stands twice":          {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines = append(r.Lines, r.Lines[2]) }, "too many"},
		"another cell":                 {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines[2].Cells[0] = "z" }, "cells"},
		"a success that nobody applied": {func(_ *Import, _ *Result, b map[Target]*Book) {
			b[Target{1, "billing"}].Applied = nil
		}, "did not apply"},
		"a failure that was applied":   {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines[0].Status = "failed" }, "it was applied"},
		"not sent, and applied":        {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines[0].Status = "not_sent" }, "it was applied"},
		"a safe request left in doubt": {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines[0].Status = "in_doubt" }, "safe to repeat"},
		"waiting for nothing":          {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines[1].Status = "succeeded" }, "nothing in doubt stands before"},
		"an unknown status":            {func(_ *Import, r *Result, _ map[Target]*Book) { r.Lines[0].Status = "done" }, "no such status"},
		"an unsafe request applied twice": {func(_ *Import, _ *Result, b map[Target]*Book) {
			b[Target{1, "mail"}].Applied = append(b[Target{1, "mail"}].Applied, later)
		}, "applied 2 times"},
		"an unsafe request sent again, and refused": {func(_ *Import, _ *Result, b map[Target]*Book) {
			b[Target{1, "mail"}].Arrivals = append(b[Target{1, "mail"}].Arrivals, later)
		}, "sent 1 times after"},
		"a request that no row asks for": {func(_ *Import, _ *Result, b map[Target]*Book) {
			b[Target{2, "portal"}] = &Book{Arrivals: []time.Time{later}}
		}, "not asked for"},
		"an earlier row had the last word": {func(_ *Import, r *Result, b map[Target]*Book) {
			r.Lines[2].Status = "succeeded"
			b[Target{2, "mail"}] = &Book{Arrivals: []time.Time{time.Unix(500, 1)}, Applied: []time.Time{time.Unix(500, 0)}}
		}, "after row 2"},
		"a skipped row that was sent": {func(im *Import, r *Result, _ map[Target]*Book) {
			im.Lines[0].Expect, r.Lines[0].Status = Skip, "skipped"
		}, "is skipped"},
	} {
		t.Run(name, func(t *testing.T) {
			im, r, books := truth()
			row.lie(im, r, books)
			if v := Judge(im, r, books, true); !strings.Contains(v.String(), row.want) {
				t.Errorf("found %q, want %q", v, row.want)
			}
		})
	}
}
