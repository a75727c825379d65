package source_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// workbook saves rows as a sheet whose cells are texts.
func workbook(t *testing.T, table [][]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv") // the name says nothing
	f := excelize.NewFile()
	for i, row := range table {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err := errors.Join(err, f.SetSheetRow("Sheet1", at, &row)); err != nil {
			t.Fatal(err)
		}
	}
	out, err := f.WriteToBuffer()
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWorkbookEqualsCSV reads the same table both ways.
func TestWorkbookEqualsCSV(t *testing.T) {
	cells := [][]string{
		{"Id", "Name", "Note"},
		{"00123", "Müller; Jürgen", "a\nb"},
		{"1e5", " x ", ""},
		{"", "", ""},
		{"12345678901234567890", "😀", "say \"hi\""},
		{"4", "", ""},
	}
	var csv strings.Builder
	for _, row := range cells {
		for i, c := range row {
			if c != "" {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			csv.WriteString(strings.Repeat(",", min(i, 1)) + c)
		}
		csv.WriteString("\n")
	}
	book, err := source.Open(workbook(t, cells), mapping.SourceOptions{Delimiter: ";", Encoding: "utf-16le"})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, book)
	plain, err := source.Open(write(t, csv.String()), mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, plain)
	want, got := rows(t, plain), rows(t, book)
	for i := range want {
		want[i].Line = got[i].Line // a row of the sheet is one, whatever line breaks are in it
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(plain.Header(), book.Header()); diff != "" {
		t.Error(diff)
	}
	f := book.Facts()
	if f.Sheet != "Sheet1" || f.Rows != 4 || f.Blank != 1 || f.HeaderLine != 1 || f.Columns != 3 || f.Encoding != "" || f.SHA256 == [32]byte{} || f.Size == 0 {
		t.Errorf("facts %+v", f)
	}
	if got := rows(t, book); len(got) != 4 || got[3].Line != 6 {
		t.Errorf("the second reading has %v", got)
	}
}

func closed(t *testing.T, table *source.Table) {
	t.Helper()
	if err := table.Close(); err != nil {
		t.Error(err)
	}
}

func TestWorkbookRefused(t *testing.T) {
	path := workbook(t, [][]string{{"Id"}, {"1"}})
	_, err := source.Open(path, mapping.SourceOptions{Header: 7})
	var e *source.Error
	if !errors.As(err, &e) || e.Kind != source.Refused || e.Hint == "" || e.Error() != path+": line 7: there is no header in this row, which the mapping says" {
		t.Errorf("error %v", err)
	}
	_, err = source.Open(path, mapping.SourceOptions{Sheet: "Kunden"})
	if !errors.As(err, &e) || e.Kind != source.Refused || e.Error() != path+`: has no sheet "Kunden"; it has "Sheet1"` {
		t.Errorf("error %v", err)
	}
}

// TestWorkbookChanged is for whoever looks at the file once more after the run: the rows
// that were read stay.
func TestWorkbookChanged(t *testing.T) {
	path := workbook(t, [][]string{{"Id"}, {"1"}})
	table, err := source.Open(path, mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, table)
	if err := table.Recheck(); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	other, err := os.ReadFile(workbook(t, [][]string{{"Id"}, {"2"}}))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, other, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, table); len(got) != 1 || got[0].Cells[0] != "1" {
		t.Errorf("rows %v", got)
	}
	var e *source.Error
	if err := table.Recheck(); !errors.As(err, &e) || e.Kind != source.Unreadable {
		t.Errorf("changed: %v", err)
	}
}
