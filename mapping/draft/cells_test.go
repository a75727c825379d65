package draft

import (
	"slices"
	"testing"

	"rowpost/mapping"
)

func columnOf(cells ...string) *column {
	s := NewSample([]string{"c"}, len(cells))
	for i, cell := range cells {
		s.Add(mapping.Row{Num: i + 1, Line: i + 2, Cells: []string{cell}})
	}
	return newColumn(s, 0)
}

func TestDateLayouts(t *testing.T) {
	for _, tt := range []struct {
		shows string
		cells []string
		want  []string
	}{
		{"points are days and months", []string{"03.04.1980", "31.12.1999"}, []string{"DD.MM.YYYY"}},
		{"without leading zeros", []string{"3.4.1980", "31.12.1999"}, []string{"D.M.YYYY"}},
		{"years of two digits", []string{"03.04.80"}, []string{"DD.MM.YY"}},
		{"a day above twelve in front", []string{"03/04/1980", "13/04/1980"}, []string{"DD/MM/YYYY"}},
		{"a day above twelve behind", []string{"03/04/1980", "04/13/1980"}, []string{"MM/DD/YYYY"}},
		{"no day above twelve decides nothing", []string{"03/04/1980", "04/03/1980"}, []string{"DD/MM/YYYY", "MM/DD/YYYY"}},
		{"undecided without leading zeros", []string{"3/4/1980"}, []string{"D/M/YYYY", "M/D/YYYY"}},
		{"the standard's form", []string{"1980-04-03"}, []string{"YYYY-MM-DD"}},
		{"both readings at once are none", []string{"13/04/1980", "04/13/1980"}, nil},
		{"one cell that is no date", []string{"03.04.1980", "unknown"}, nil},
		{"empty cells do not count", []string{"", "03.04.1980", " "}, []string{"DD.MM.YYYY"}},
		{"numbers are no dates", []string{"20801301"}, nil},
		{"an empty column", []string{"", ""}, nil},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			if got := decided(dateLayout(columnOf(tt.cells...))); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNumberStyles(t *testing.T) {
	for _, tt := range []struct {
		shows string
		cells []string
		want  numberStyle
		ok    bool
	}{
		{"decimal commas", []string{"1,50", "7"}, numberStyle{",", ""}, true},
		{"decimal commas and groups", []string{"1.234,50", "7,2"}, numberStyle{",", "."}, true},
		{"decimal points and groups", []string{"1,234.50", "7.2"}, numberStyle{".", ","}, true},
		{"blanks between groups", []string{"1 234,50", "1\u00a0234,50"}, numberStyle{",", " "}, true},
		{"blanks between groups, and plain ones", []string{"1 234,50", "7,2"}, numberStyle{",", " "}, true},
		{"three digits behind the only mark", []string{"1.234", "7.250"}, numberStyle{}, false},
		{"a cell that decides for the others", []string{"1.234", "7,5"}, numberStyle{",", "."}, true},
		{"contradicting cells", []string{"1,234.50", "1.234,50"}, numberStyle{}, false},
		{"whole numbers need nothing", []string{"1", "22"}, numberStyle{}, false},
		{"words", []string{"a,5"}, numberStyle{}, false},
	} {
		t.Run(tt.shows, func(t *testing.T) {
			if got, ok := numbersOf(columnOf(tt.cells...)); got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %t", got, ok)
			}
		})
	}
}
