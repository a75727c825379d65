package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowpost/providers/all"
)

// sampled gives the sample of a table of one column, which is the key.
func sampled(t *desk, opts options, ids []string) []int {
	t.t.Helper()
	t.write("in.csv", "Id\n"+strings.Join(ids, "\n")+"\n")
	opts.mapping = t.path("map.yaml")
	l, err := t.p.load(&opts, t.path("in.csv"))
	if err != nil {
		t.t.Fatal(err)
	}
	rows, err := l.sampleRows()
	if err != nil {
		t.t.Fatal(err)
	}
	return rows
}

func bareDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), p: &Program{Providers: all.List(), Env: map[string]string{}}}
	d.write("map.yaml", deskMapping)
	return d
}

func numbered(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("S%d", i+1))
	}
	return ids
}

func TestSampleRows(t *testing.T) {
	d := bareDesk(t)
	for _, tc := range []struct {
		name string
		opts options
		ids  []string
		want []int
	}{
		{"spread over all", options{sample: 5}, numbered(100), []int{1, 21, 41, 61, 81}},
		{"more than there are", options{sample: 5}, numbered(3), []int{1, 2, 3}},
		{"one", options{sample: 1}, numbered(3), []int{1}},
		{"of some rows", options{sample: 2, rows: rowRange{11, 30}}, numbered(100), []int{11, 21}},
		{"of the first rows", options{sample: 2, limit: 10}, numbered(100), []int{1, 6}},
		{"not what cannot be sent", options{sample: 2}, []string{`"a"b`, "S1", `"a"b`, `"a"b`, "S2", "S3"}, []int{2, 5}},
		{"not what waits for a row before it", options{sample: 4}, []string{"S1", "S1", "S1", "S1", "S1", "S2"}, []int{1, 6}},
		{"nothing that can be sent", options{sample: 2}, []string{`"a"b`, `"a"b`}, []int{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := sampled(d, tc.opts, tc.ids); !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// TestSampleKeepsKeysInOrder holds that no row of a sample comes behind one of its key, and
// that the sample is full and spread if all rows may be in it.
func TestSampleKeepsKeysInOrder(t *testing.T) {
	d := bareDesk(t)
	rapid.Check(t, func(t *rapid.T) {
		var ids []string
		for range rapid.IntRange(1, 60).Draw(t, "rows") {
			ids = append(ids, fmt.Sprintf("S%d", rapid.IntRange(1, 40).Draw(t, "id")))
		}
		opts := options{sample: rapid.IntRange(1, 20).Draw(t, "n")}
		got := sampled(d, opts, ids)
		if len(got) > opts.sample || !slices.IsSorted(got) || got[0] != 1 {
			t.Fatalf("%v of %v", got, ids)
		}
		for _, row := range got {
			if slices.Index(ids, ids[row-1]) != row-1 {
				t.Errorf("row %d comes behind one of its key: %v", row, ids)
			}
		}
		if again := sampled(d, opts, ids); !slices.Equal(got, again) {
			t.Errorf("%v, and then %v", got, again)
		}
	})
}

func TestSeenForgetsNothing(t *testing.T) {
	const members = 20000
	s := newSeen(members)
	for i := range uint64(members) {
		s.add(i * 7919)
	}
	wrong := 0
	for i := range uint64(members) {
		if !s.has(i * 7919) {
			t.Fatalf("%d is forgotten", i)
		}
		if s.has(math.MaxUint64 - i) {
			wrong++
		}
	}
	if wrong > members/100 {
		t.Errorf("%d of %d are taken for members", wrong, members)
	}
}

func TestRangesText(t *testing.T) {
	var far []int
	for i := range 40 {
		far = append(far, 3*i+1)
	}
	for want, rows := range map[string][]int{
		"": nil, "1": {1}, "1-3, 5, 7-8": {1, 2, 3, 5, 7, 8},
		"1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, ... to 118": far,
	} {
		if got := rangesText(rows); got != want {
			t.Errorf("%v: %q", rows, got)
		}
	}
}
