package result_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"rowpost/mapping"
)

// remark is a column that a person adds to a result: where, and what stands in its lines.
type remark struct {
	at    int // as in slices.Insert; -1: at the end
	name  string
	cells []string
}

func TestColumnsThatPeopleAdd(t *testing.T) {
	const source = "Id,Mail,Note\n1,a@x.example,\n2,b@x.example,\n3,,\n4,d@x.example,\n"
	all := []string{"called", "called twice", "x", "done"}
	one := []string{"", "", "ask", ""}
	for _, tc := range []struct {
		name    string
		remarks []remark
		edit    [2]string // a text of the result, and another for it
		used    []string
		added   []string
		edited  []int // lines
	}{
		{"none", nil, [2]string{}, nil, nil, nil},
		{"one at the end, in all lines", []remark{{-1, "Remark", all}}, [2]string{}, nil, []string{"Remark"}, nil},
		{"one at the end, in one line", []remark{{-1, "Remark", one}}, [2]string{}, nil, []string{"Remark"}, nil},
		{"one between", []remark{{15, "Remark", all}}, [2]string{}, nil, []string{"Remark"}, nil},
		{"one before all", []remark{{0, "Remark", all}}, [2]string{}, nil, []string{"Remark"}, nil},
		{"two of them", []remark{{-1, "By", all}, {14, "Remark", one}}, [2]string{}, nil, []string{"Remark", "By"}, nil},
		{"without a name", []remark{{-1, "", all}}, [2]string{}, nil, []string{""}, nil},
		{"a cell is edited, too", []remark{{-1, "Remark", all}}, [2]string{"b@x", "c@x"}, nil, []string{"Remark"}, []int{2}},
		{"nothing but a cell", nil, [2]string{"b@x", "c@x"}, nil, nil, []int{2}},
		{"a cell that was empty, of a column with others", nil, [2]string{"3,,", "3,c@x.example,"}, nil, nil, []int{3}},
		{"an empty column that nothing reads", nil, [2]string{"d@x.example,", "d@x.example,late"}, []string{"Id", "Mail"}, []string{"Note"}, nil},
		{"an empty column that is sent", nil, [2]string{"d@x.example,", "d@x.example,late"}, []string{"Id", "Note"}, nil, []int{4}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := resultOf(t, source, mapping.SourceOptions{})
			annotate(t, path, tc.edit, tc.remarks)
			table := again(t, path, mapping.SourceOptions{})
			if err := table.FindAdded(tc.used); err != nil {
				t.Fatal(err)
			}
			stats := table.Stats()
			if len(table.Added()) != len(tc.added) {
				t.Errorf("positions %v of %q", table.Added(), tc.added)
			}
			for i, at := range table.Added() {
				if table.Header()[at] != tc.added[i] {
					t.Errorf("position %d is that of %q, want %q", at, table.Header()[at], tc.added[i])
				}
			}
			if !slices.Equal(stats.Added, tc.added) || stats.Edited != len(tc.edited) {
				t.Errorf("added %q, %d edited", stats.Added, stats.Edited)
			}
			var edited []int
			for i, l := range linesOf(t, table) {
				if l.Before.Edited {
					edited = append(edited, i+1)
				}
			}
			if !slices.Equal(edited, tc.edited) {
				t.Errorf("edited %v, want %v", edited, tc.edited)
			}
		})
	}
}

// annotate does to a result what a person does in a spreadsheet.
func annotate(t *testing.T, path string, edit [2]string, remarks []remark) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if edit[0] != "" {
		text = change(edit[0], edit[1])(t, text)
	}
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range remarks {
		for i := range rows {
			cell := r.name
			if i > 0 {
				cell = r.cells[i-1]
			}
			at := r.at
			if at < 0 {
				at = len(rows[i])
			}
			rows[i] = slices.Insert(rows[i], at, cell)
		}
	}
	var out strings.Builder
	if err := csv.NewWriter(&out).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	put(t, path, []byte(out.String()))
}
