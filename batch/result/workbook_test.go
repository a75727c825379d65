package result_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/mapping"
)

// hard are texts that a workbook could change.
func hard() []string {
	return []string{
		"00123", "1e5", "12345678901234567890", "=1+1", "'=1", "-17", "1/2", "TRUE", "#N/A", "2026-11-22", " a ", "\ta", "a\nb", "a\r\nb", "\r", "\n",
		"_x000D_", "_x005F_", "_X000d_", "__x0041__x0041_", "_x", "\x00", "\x1b[1m", "\x7f", "\xff", "\xed\xa0\xbd", "\ufffe", "\uffff", "\ufeff", "😀", "<&>\"'", "]]>", "]]&gt;",
		"null", "", strings.Repeat("x", 40_000)[:32_767],
	}
}

// TestWorkbookComesBack writes a workbook, and reads it as the input of another run: what
// was written comes back byte for byte.
func TestWorkbookComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom(hard()), rapid.String(), rapid.StringMatching(`(_x[0-9a-fA-F]{0,4}_?|_)*`))
		header := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"", "Name", "No_x000D_", "a\nb"}), rapid.StringMatching(`[a-zA-Z ]{0,9}`)), 1, 6).Draw(rt, "header")
		var lines []batch.Result
		for i := range rapid.IntRange(0, 140).Draw(rt, "lines") {
			line := batch.Result{Request: "billing", Provider: "cleverbridge", Origin: "bbbbbb", Column: header[0]}
			line.Row = mapping.Row{Num: i + 1, Line: i + 2}
			line.Status = batch.Failed
			line.Message = rapid.SampledFrom(hard()).Draw(rt, "message")
			for range rapid.IntRange(0, len(header)).Draw(rt, "cells") {
				line.Row.Cells = append(line.Row.Cells, text.Draw(rt, "cell"))
			}
			lines = append(lines, line)
		}
		path := filepath.Join(t.TempDir(), "r.XLSX")
		if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
			rt.Fatal(err)
		}
		_, table, err := open(rt, path, mapping.SourceOptions{Header: 3, Sheet: "Customers", Delimiter: ";"})
		if err != nil || table == nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(header, table.Header()); diff != "" {
			rt.Fatal(diff)
		}
		n := 0
		for line, err := range table.Lines() {
			if err != nil {
				rt.Fatal(err)
			}
			want := lines[n]
			cells := append(slices.Clone(want.Row.Cells), make([]string, len(header)-len(want.Row.Cells))...)
			if !slices.Equal(cells, line.Cells) {
				rt.Fatalf("cells %q became %q", cells, line.Cells)
			}
			b := line.Before
			if b.Num != want.Row.Num || b.Line != want.Row.Line || b.Message != want.Message || b.Column != want.Column || b.Edited || b.Origin != want.Origin {
				rt.Fatalf("line %+v became %+v", want, b)
			}
			n++
		}
		if n != len(lines) {
			rt.Errorf("%d lines of %d", n, len(lines))
		}
	})
}

// TestWorkbookOfOthers reads the workbook by a library that other programs use.
func TestWorkbookOfOthers(t *testing.T) {
	dir := t.TempDir()
	header, lines := sample()
	lines = slices.Delete(lines, 2, 3) // its bytes are no text
	header[2] = "C"
	opts := result.Options{Path: filepath.Join(dir, "r.xlsx"), Errors: filepath.Join(dir, "e.xlsx"), Header: header}
	done, err := result.Write(sequence(lines), opts)
	if err != nil || done.Lines != 5 || done.ErrorLines != 3 {
		t.Fatal(done, err)
	}
	if info, err := os.Stat(opts.Path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	onlyThese(t, dir, "e.xlsx", "r.xlsx")
	f, err := excelize.OpenFile(opts.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("rowpost")
	if err != nil || len(rows) != 6 {
		t.Fatal(rows, err)
	}
	if !slices.Equal(rows[0], append(result.Columns(), header...)) {
		t.Errorf("header %q", rows[0])
	}
	for at, want := range map[string]string{"O2": "Müller, Hans", "P2": "0049", "Q2": "=A1", "P3": "two\r\nlines", "Q3": " blank", "M2": "'-17", "H3": "'=HYPERLINK(\"x\")"} {
		if got, err := f.GetCellValue("rowpost", at); err != nil || got != want {
			t.Errorf("%s is %q, %v", at, got, err)
		}
		if kind, err := f.GetCellType("rowpost", at); err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("%s is of kind %v, %v", at, kind, err)
		}
	}
	marked := map[string]bool{}
	for _, at := range []string{"O3", "P3", "P2", "Q3"} {
		id, err := f.GetCellStyle("rowpost", at)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || style.NumFmt != 49 {
			t.Errorf("%s: format %d is not Text, %v", at, style.NumFmt, err)
		}
		marked[at] = style.Fill.Pattern == 1
	}
	if diff := cmp.Diff(map[string]bool{"O3": false, "P3": true, "P2": false, "Q3": false}, marked); diff != "" {
		t.Error(diff)
	}
	panes, err := f.GetPanes("rowpost")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
}

func TestWorkbookIsAResult(t *testing.T) {
	dir := t.TempDir()
	header, lines := sample()
	path := filepath.Join(dir, "r.xlsx")
	trial := result.Options{Path: path, Header: header, Origin: result.SandboxOrigin}
	if _, err := result.Write(sequence(lines), trial); err != nil {
		t.Fatal(err)
	}
	if ours, err := result.IsResult(path); err != nil || !ours {
		t.Errorf("it is no result: %v", err)
	}
	if err := result.Probe(path, true); err != nil {
		t.Errorf("a trial over a trial: %v", err)
	}
	if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header, Origin: "bbbbbb"}); err != nil {
		t.Errorf("a result over a trial: %v", err)
	}
	var e *result.Error
	if err := result.Probe(path, true); !errors.As(err, &e) || !e.Refused {
		t.Errorf("a trial over a result: %v", err)
	}
	if _, err := result.Write(sequence(nil), result.Options{Path: path, Header: header}); err != nil {
		t.Fatal(err)
	}
	if err := result.Probe(path, true); err != nil {
		t.Errorf("a trial over a result without lines: %v", err)
	}
	saved := filepath.Join(dir, "saved.xlsx")
	f := excelize.NewFile()
	if err := errors.Join(f.SetSheetRow("Sheet1", "A1", &[]string{"rp_row", "x"}), f.SaveAs(saved), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := result.Probe(saved, false); !errors.As(err, &e) || !e.Refused {
		t.Errorf("over somebody's workbook: %v", err)
	}
}

// TestSavedWorkbook is what a spreadsheet program does: it writes the texts anew, in a part
// of their own, and a person adds a sheet and corrects a cell.
func TestSavedWorkbook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.xlsx")
	header, lines := sample()
	lines = slices.Delete(lines, 2, 3)
	if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("rowpost")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows { // as shared texts
		if err := f.SetSheetRow("rowpost", "A"+[]string{"1", "2", "3", "4", "5", "6"}[i], &row); err != nil {
			t.Fatal(err)
		}
	}
	_, err = f.NewSheet("Notes")
	if err := errors.Join(err, f.SetCellStr("Notes", "A1", "mine"), f.SetCellStr("rowpost", "O3", "corrected"), f.Save(), f.Close()); err != nil {
		t.Fatal(err)
	}
	stats := again(t, path, mapping.SourceOptions{}).Stats()
	if stats.Edited != 1 || stats.Unreadable != 0 || stats.Lines[batch.Failed] != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestForSpreadsheets(t *testing.T) {
	header, lines := sample()
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		path := filepath.Join(t.TempDir(), "r.csv")
		opts := result.Options{Path: path, Header: header, Delimiter: delimiter, BOM: true, Origin: result.SandboxOrigin}
		if _, err := result.Write(sequence(lines), opts); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(data), "\ufeff\"rp_row\""+delimiter+"rp_line") {
			t.Errorf("it starts with %q, %v", data[:20], err)
		}
		if ours, err := result.IsResult(path); err != nil || !ours {
			t.Errorf("it is no result: %v", err)
		}
		if err := result.Probe(path, true); err != nil {
			t.Error(err)
		}
		table := again(t, path, mapping.SourceOptions{Delimiter: "~"})
		n := 0
		for line, err := range table.Lines() {
			want := append(slices.Clone(lines[n].Row.Cells), "", "")[:len(header)]
			if err != nil || !slices.Equal(want, line.Cells) {
				t.Errorf("with %q: cells %q became %q, %v", delimiter, want, line.Cells, err)
			}
			n++
		}
		if n != len(lines) {
			t.Errorf("%d lines", n)
		}
	}
}
