package result_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/batch/source"
	"rowpost/mapping"
)

// TestRefusesHeader holds what is said of tables that are neither a result nor none.
func TestRefusesHeader(t *testing.T) {
	all := strings.Join(result.Columns(), ",")
	for name, tc := range map[string]struct{ header, want string }{
		"one column of ours":       {"a,rp_error", "has columns of a result, but not rp_row, rp_line, rp_request, rp_status, rp_error_code, rp_check"},
		"the hash is gone":         {strings.Replace(all, ",rp_check", "", 1) + ",a", "has columns of a result, but not rp_check"},
		"the code is gone":         {strings.Replace(all, ",rp_error_code", "", 1) + ",a", "has columns of a result, but not rp_error_code"},
		"one is there twice":       {all + ",a,rp_status", "the column rp_status stands in it twice"},
		"another is there twice":   {"rp_duration_ms," + all + ",a", "the column rp_duration_ms stands in it twice"},
		"all of ours, twice":       {all + "," + all, "the column rp_row stands in it twice"},
		"without status, at first": {"rp_row,a", "has columns of a result, but not rp_line, rp_request, rp_status, rp_error_code, rp_check"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.csv")
			put(t, path, []byte(tc.header+"\n"))
			_, _, err := open(t, path, mapping.SourceOptions{})
			e, ok := errors.AsType[*result.Error](err)
			if !ok || e.Error() != path+": "+tc.want || e.Hint == "" || !e.Refused {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestOpenFails(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.csv")
	broken := filepath.Join(t.TempDir(), "r.csv")
	put(t, broken, []byte(strings.Join(result.Columns(), ",")+",a\n1,2,\"x\n"))
	for path, want := range map[string]string{missing: "there is no such file", broken: "a quote opens here and is never closed"} {
		_, _, err := open(t, path, mapping.SourceOptions{})
		if e, ok := errors.AsType[*source.Error](err); !ok || e.Msg != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// numbered has a line for each kind of trouble; its columns are only those that must be there.
const numbered = `rp_check,a,rp_status,rp_error_code,rp_request,rp_line,rp_row
x,1,succeeded,,one,2,1
x,2,,,one,3,2
x,3,Failed,,one,4,3
x,4,failed ,,one,5,4
x,11,failed,,one,,11
x,12,in_doubt,'-1,one,13,12,surplus
x,"14"a,succeeded,,one,15,14
`

func TestUnreadableLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	put(t, path, []byte(numbered))
	table := again(t, path, mapping.SourceOptions{})
	want := []struct {
		status batch.Status
		row    int
		fault  string
	}{
		{batch.Succeeded, 1, ""},
		{"", 2, ""},
		{"", 3, "rp_status bad_value"},
		{"", 4, "rp_status bad_value"},
		{batch.Failed, 11, "rp_line bad_value"},
		{batch.InDoubt, 0, " ragged_row"}, // the surplus stands in the last column
		{batch.Succeeded, 14, "a bad_quote"},
	}
	for i, l := range linesOf(t, table) {
		if w := want[i]; l.Before.Status != w.status || l.Before.Num != w.row || l.Fault != w.fault {
			t.Errorf("line %d: %+v, fault %q", i+1, l.Before, l.Fault)
		}
		if strings.Contains(l.Cells[0], "x") {
			t.Errorf("line %d: a column of ours is among the cells: %q", i+1, l.Cells)
		}
	}
	wantStats := result.Stats{
		Lines:  map[batch.Status]int{"": 1, batch.Succeeded: 2, batch.InDoubt: 1},
		Edited: 7, EditedDone: 2, Unreadable: 3, Unknown: true, Rows: 6, Last: 14,
	}
	if diff := cmp.Diff(wantStats, table.Stats()); diff != "" {
		t.Error(diff)
	}
}

// TestLinesWithoutARow holds that a line which nobody can tell the row of is refused with the
// whole table: nothing could be said of it in the next result.
func TestLinesWithoutARow(t *testing.T) {
	for _, number := range []string{"005", `"1,000"`, "1E+06", "", "0", "-1", "1234567890123456"} {
		path := filepath.Join(t.TempDir(), "r.csv")
		head := "rp_row,rp_line,rp_request,rp_status,rp_error_code,rp_check,a\n7,2,one,failed,,x,1\n"
		put(t, path, []byte(head+number+",3,one,failed,,x,1\n"+number+",4,one,failed,,x,1\n"))
		_, _, err := open(t, path, mapping.SourceOptions{})
		var e *result.Error
		if !errors.As(err, &e) || !e.Refused || e.Hint == "" {
			t.Fatalf("%q: %v", number, err)
		}
		want := path + `: line 3, column "rp_row": is no number of a row, so nobody can tell which row the line is about (it is so in 2 lines)`
		if e.Error() != want {
			t.Errorf("%q: %s", number, e)
		}
	}
}

// TestFaultWords holds that a fault says where it is and what to do, and no cell.
func TestFaultWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	put(t, path, []byte("rp_row,rp_line,rp_request,rp_status,rp_error_code,rp_http_status,rp_check,a\n1,2,one,done,,,x,\n1,2,two,failed,,2xx,x,\n"))
	var got []string
	for line, err := range again(t, path, mapping.SourceOptions{}).Lines() {
		if err != nil || line.Fault.Hint == "" {
			t.Errorf("fault %+v, error %v", line.Fault, err)
		}
		got = append(got, line.Fault.Error())
	}
	want := []string{
		`line 2, column "rp_status": is none of succeeded, failed, invalid, skipped, not_sent, in_doubt`,
		`line 3, column "rp_http_status": is no HTTP status`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestRepeated holds that no request of a row is taken from two lines.
func TestRepeated(t *testing.T) {
	for name, tc := range map[string]struct {
		lines  []string // row and request
		faulty []bool
		rows   int
	}{
		"two requests of a row":   {[]string{"1 one", "1 two", "2 one"}, []bool{false, false, false}, 0},
		"a line copied":           {[]string{"1 one", "2 one", "1 one"}, []bool{true, false, true}, 1},
		"three times":             {[]string{"1 one", "1 one", "1 one"}, []bool{true, true, true}, 1},
		"a row as a whole twice":  {[]string{"7 ", "7 "}, []bool{true, true}, 1},
		"whole, then one request": {[]string{"1 ", "1 one", "2 "}, []bool{true, true, false}, 1},
		"one request, then whole": {[]string{"1 one", "1 ", "2 one"}, []bool{true, true, false}, 1},
		"rows far apart":          {[]string{"1 one", "999999999999999 one", "2 one", "999999999999999 one"}, []bool{false, true, false, true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			text := "rp_row,rp_request,rp_line,rp_status,rp_error_code,rp_check,a\n"
			for _, l := range tc.lines {
				text += strings.Replace(l, " ", ",", 1) + ",5,failed,,x,1\n"
			}
			path := filepath.Join(t.TempDir(), "r.csv")
			put(t, path, []byte(text))
			table := again(t, path, mapping.SourceOptions{})
			var got []bool
			for _, l := range linesOf(t, table) {
				got = append(got, l.Fault == "rp_row bad_value")
			}
			if !slices.Equal(got, tc.faulty) || table.Stats().Repeated != tc.rows {
				t.Errorf("faulty %v, rows %d", got, table.Stats().Repeated)
			}
		})
	}
}

// TestFaultyRows holds that rows which were wrong as a whole come back as they were.
func TestFaultyRows(t *testing.T) {
	path := resultOf(t, "a,b\n1,2,3,\"4\"\n5\n6,7\"8\n\"9\"x,0\n", mapping.SourceOptions{})
	want := []said{
		{Cells: []string{"1", `2,3,"4"`}, Before: batch.Before{Num: 1, Line: 2, Status: batch.Invalid, Code: "ragged_row"}},
		{Cells: []string{"5", ""}, Before: batch.Before{Num: 2, Line: 3, Status: batch.Invalid, Code: "ragged_row"}},
		{Cells: []string{"6", `7"8`}, Before: batch.Before{Num: 3, Line: 4, Status: batch.Invalid, Code: "bad_quote", Column: "b"}},
		{Cells: []string{`"9"x`, "0"}, Before: batch.Before{Num: 4, Line: 5, Status: batch.Invalid, Code: "bad_quote", Column: "a"}},
	}
	if diff := cmp.Diff(want, linesOf(t, again(t, path, mapping.SourceOptions{}))); diff != "" {
		t.Error(diff)
	}
}

// TestOneColumn has rows without text, which only our columns make rows.
func TestOneColumn(t *testing.T) {
	path := resultOf(t, "a\n1\n\n\" \"\n2\n", mapping.SourceOptions{})
	var got []string
	for _, l := range linesOf(t, again(t, path, mapping.SourceOptions{})) {
		got = append(got, l.Cells...)
	}
	if !slices.Equal(got, []string{"1", "", " ", "2"}) {
		t.Errorf("cells %q", got)
	}
}

// TestErrorsFile reads what --errors wrote: the lines that it has, by their old numbers.
func TestErrorsFile(t *testing.T) {
	header, lines := sample()
	dir := t.TempDir()
	opts := result.Options{Path: filepath.Join(dir, "r.csv"), Errors: filepath.Join(dir, "e.csv"), Header: header}
	if _, err := result.Write(sequence(lines), opts); err != nil {
		t.Fatal(err)
	}
	table := again(t, opts.Errors, mapping.SourceOptions{})
	var rows []int
	for _, l := range linesOf(t, table) {
		rows = append(rows, l.Before.Num)
	}
	if !slices.Equal(rows, []int{2, 3, 5, 6}) {
		t.Errorf("rows %v", rows)
	}
	want := result.Stats{Lines: map[batch.Status]int{batch.Failed: 1, batch.Invalid: 1, batch.NotSent: 1, batch.InDoubt: 1}, Unknown: true, Rows: 4, Last: 6}
	if diff := cmp.Diff(want, table.Stats()); diff != "" {
		t.Error(diff)
	}
	if text, err := os.ReadFile(opts.Errors); err != nil || !strings.Contains(string(text), "'=HYPERLINK") {
		t.Errorf("no guard before a formula: %v", err)
	}
}
