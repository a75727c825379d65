package xlsx_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"rowpost/batch/source/xlsx"
)

// TestLibreOffice reads a workbook that LibreOffice 7.4 saved. Its columns are text ids,
// texts, dates, dates with times, decimals, formulas, truth values and notes.
func TestLibreOffice(t *testing.T) {
	info, rows, err := read(t, file(t, "libreoffice.xlsx"), xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []seen{
		{2, "00123|Müller, Jürgen|1980-02-29|2026-11-22T13:45:00|1234.5|2469|TRUE|line one\nline two", ""},
		{3, "12345678901234567890|O'Brien \"X\"; & <b>|1900-03-01|2000-01-01T00:00:00|0.1|0.3|FALSE|  blanks ", ""},
		{4, "1e5|bold rich text 😀|||-17.4|ab||=1+1", ""},
		{5, "4|x|2026-01-02||4915112345678|#DIV/0!||_x0041_", "bad_cell Sum: cell F5 holds the error #DIV/0!"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if info.Sheet != "Customers" || info.Hidden != 1 || info.BadCell != 1 {
		t.Errorf("%+v", info)
	}
}

// write fills a workbook by the library that other programs use.
func write(t *testing.T, fill func(f *excelize.File, check func(error))) []byte {
	t.Helper()
	f := excelize.NewFile()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fill(f, check)
	out, err := f.WriteToBuffer()
	check(err)
	check(f.Close())
	return out.Bytes()
}

func TestExcelize(t *testing.T) {
	book := write(t, func(f *excelize.File, check func(error)) {
		check(f.SetSheetName("Sheet1", "Kunden"))
		day := "dd.mm.yyyy"
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &day})
		check(err)
		zip := "00000"
		zipped, err := f.NewStyle(&excelize.Style{CustomNumFmt: &zip})
		check(err)
		check(f.SetSheetRow("Kunden", "A1", &[]any{"Id", "Name", "Born", "Zip", "Amount", "Active"}))
		check(f.SetSheetRow("Kunden", "A2", &[]any{"00123", "a\r\nb", time.Date(1980, 2, 29, 0, 0, 0, 0, time.UTC), 1234, 0.1, true}))
		check(f.SetSheetRow("Kunden", "A3", &[]any{"12345678901234567890", " x ", time.Date(2026, 11, 22, 13, 45, 0, 0, time.UTC), 99999, -1e-7, false}))
		check(f.SetSheetRow("Kunden", "A4", &[]any{"1e5", "=1+1", nil, nil, 12345678901234567}))
		check(f.SetCellStyle("Kunden", "C2", "C3", style))
		check(f.SetCellStyle("Kunden", "D2", "D3", zipped))
		check(f.SetCellRichText("Kunden", "B5", []excelize.RichTextRun{{Text: "bold ", Font: &excelize.Font{Bold: true}}, {Text: "not"}}))
		check(f.SetCellFormula("Kunden", "A5", "1+1"))
		check(f.SetRowVisible("Kunden", 3, false))
		_, err = f.NewSheet("Notes")
		check(err)
	})
	info, rows, err := read(t, book, xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []seen{
		{2, "00123|a\r\nb|1980-02-29|01234|0.1|TRUE", ""},
		{3, "12345678901234567890| x |2026-11-22|99999|-0.0000001|FALSE", ""},
		{4, "1e5|=1+1||||", "bad_cell Amount: cell E4 holds a number of more than 15 digits, of which a spreadsheet keeps only 15"},
		{5, "|bold not||||", "bad_cell Id: cell A5 holds a formula without a saved result"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if info.Sheet != "Kunden" || info.Hidden != 1 || info.Header[0] != "Id" {
		t.Errorf("%+v", info)
	}
}

func TestExcelizeMerged(t *testing.T) {
	book := write(t, func(f *excelize.File, check func(error)) {
		check(f.SetSheetRow("Sheet1", "A1", &[]any{"Id", "Name"}))
		check(f.SetSheetRow("Sheet1", "A2", &[]any{"1", "a"}))
		check(f.SetSheetRow("Sheet1", "A3", &[]any{"2", "b"}))
		check(f.MergeCell("Sheet1", "B2", "B3"))
	})
	_, _, err := read(t, book, xlsx.Options{})
	if got := refusal(t, err); got != "row 2: has merged cells among the data: B2:B3" {
		t.Errorf("got %q", got)
	}
}
