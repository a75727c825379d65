package xlsx_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch/source/xlsx"
)

func row(n int, cells ...string) string {
	out := fmt.Sprintf(`<row r="%d">`, n)
	for i, c := range cells {
		if c != "" {
			out += text(fmt.Sprintf("%c%d", 'A'+i, n), c)
		}
	}
	return out + "</row>"
}

func TestTables(t *testing.T) {
	head := row(1, "Id", "Name")
	for name, tc := range map[string]struct {
		rows   string
		opts   xlsx.Options
		want   []seen
		info   xlsx.Info
		header string
	}{
		"the header alone": {rows: head, info: xlsx.Info{HeaderRow: 1}},
		"short rows are filled up": {
			rows: head + row(2, "1") + row(3, "", "x"), info: xlsx.Info{HeaderRow: 1, Rows: 2},
			want: []seen{{2, "1|", ""}, {3, "|x", ""}},
		},
		"a row beyond the header is ragged, and nothing of it is lost": {
			rows: head + row(2, "1", "a", "", "b", "c"), info: xlsx.Info{HeaderRow: 1, Rows: 1, Ragged: 1},
			want: []seen{{2, "1|a\tb\tc", "ragged_row : the row has 5 cells, the header 2"}},
		},
		"rows without text, or that are not there, are none": {
			rows: head + row(3, "1") + row(4, " ", "\t") + row(6, "2") + row(9) + row(1000, " "),
			info: xlsx.Info{HeaderRow: 1, Rows: 2, Blank: 3}, want: []seen{{3, "1|", ""}, {6, "2|", ""}},
		},
		"in one column they are, before the last with text": {
			rows: row(1, "Id") + row(2, "1") + row(4, " ") + row(5, "2") + row(6, " "), header: "Id",
			info: xlsx.Info{HeaderRow: 1, Rows: 4}, want: []seen{{2, "1", ""}, {3, "", ""}, {4, "", ""}, {5, "2", ""}},
		},
		"the header is the first row with text": {
			rows: row(1, " ") + row(3, "Id", "Name") + row(4, "1", "a"), info: xlsx.Info{HeaderRow: 3, Rows: 1, Blank: 2},
			want: []seen{{4, "1|a", ""}},
		},
		"the mapping says where the header is": {
			rows: row(1, "Customers", "of", "2026") + row(4, "Id", "Name") + row(5, "1", "a"), opts: xlsx.Options{Header: 4},
			info: xlsx.Info{HeaderRow: 4, Rows: 1}, want: []seen{{5, "1|a", ""}},
		},
		"a table that begins in another column has columns without a name": {
			rows: row(1, "", "Id", "Name") + row(2, "", "1", "a"), header: "|Id|Name", info: xlsx.Info{HeaderRow: 1, Rows: 1},
			want: []seen{{2, "|1|a", ""}},
		},
		"blanks behind the header's last name are no column": {
			rows: row(1, "Id", "Name", " ") + row(2, "1", "a"), info: xlsx.Info{HeaderRow: 1, Rows: 1}, want: []seen{{2, "1|a", ""}},
		},
		"hidden rows are rows": {
			rows: head + `<row r="2" hidden="1">` + text("A2", "1") + `</row><row r="3" hidden="true"/>` + row(4, "2"),
			info: xlsx.Info{HeaderRow: 1, Rows: 2, Hidden: 1, Blank: 1}, want: []seen{{2, "1|", ""}, {4, "2|", ""}},
		},
		"rows and cells that do not say where they stand": {
			rows: `<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>`, header: "Id| a ",
			info: xlsx.Info{HeaderRow: 1, Rows: 1}, want: []seen{{2, "1|2", ""}},
		},
		"the first fault of a row is said": {
			rows: head + `<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2"><f>1</f></c></row>`,
			info: xlsx.Info{HeaderRow: 1, Rows: 1, BadCell: 1}, want: []seen{{2, "#REF!|", "bad_cell Id: cell A2 holds the error #REF!"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			info, rows, err := read(t, book(tc.rows).zip(t), tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, rows); diff != "" {
				t.Error(diff)
			}
			if tc.header == "" {
				tc.header = "Id|Name"
			}
			tc.info.Sheet, tc.info.Header = "Customers", strings.Split(tc.header, "|")
			if diff := cmp.Diff(tc.info, info); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// sheets is a workbook of several sheets, by their state and content.
func sheets(of ...[3]string) parts {
	b := book("")
	list, rels := "", ""
	for i, s := range of {
		list += fmt.Sprintf(`<sheet name="%s" state="%s" r:id="rId%d"/>`, s[0], s[1], i)
		kind := "worksheet"
		if s[2] == "chart" {
			kind = "chartsheet"
		}
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="x/%s" Target="s%d.xml"/>`, i, kind, i)
		b[fmt.Sprintf("xl/s%d.xml", i)] = `<worksheet><sheetData>` + s[2] + `</sheetData></worksheet>`
	}
	return b.with("xl/workbook.xml", `<workbook xmlns:r="r"><sheets>`+list+`</sheets></workbook>`).
		with("xl/_rels/workbook.xml.rels", `<Relationships>`+rels+`</Relationships>`)
}

func TestSheets(t *testing.T) {
	full, styled := row(1, "Id")+row(2, "1"), `<row r="1"><c r="A1" s="1"/></row>`
	for name, tc := range map[string]struct {
		book parts
		opts xlsx.Options
		want string // the sheet's name, or the reason
	}{
		"the only one with data":           {sheets([3]string{"A", "", styled}, [3]string{"B", "visible", full}), xlsx.Options{}, "B"},
		"hidden ones are no candidates":    {sheets([3]string{"A", "hidden", full}, [3]string{"B", "", full}, [3]string{"C", "veryHidden", full}), xlsx.Options{}, "B"},
		"charts neither":                   {sheets([3]string{"A", "", "chart"}, [3]string{"B", "", full}), xlsx.Options{}, "B"},
		"several are ambiguous":            {sheets([3]string{"A", "", full}, [3]string{"B", "", full}), xlsx.Options{}, `has several sheets with data: "A", "B"`},
		"one is named":                     {sheets([3]string{"A", "", full}, [3]string{"Kunden 2026", "", full}), xlsx.Options{Sheet: "kunden 2026"}, "Kunden 2026"},
		"a hidden one is named":            {sheets([3]string{"A", "hidden", full}, [3]string{"B", "", full}), xlsx.Options{Sheet: "A"}, "A"},
		"by number, hidden ones left out":  {sheets([3]string{"A", "hidden", full}, [3]string{"B", "", full}, [3]string{"C", "", full}), xlsx.Options{Sheet: "2"}, "C"},
		"a name that is a number":          {sheets([3]string{"2", "", full}, [3]string{"B", "", full}), xlsx.Options{Sheet: "2"}, "2"},
		"one that is not there":            {sheets([3]string{"A", "", full}), xlsx.Options{Sheet: "B"}, `has no sheet "B"; it has "A"`},
		"the preferred one is there":       {sheets([3]string{"A", "", full}, [3]string{"rowpost", "", full}), xlsx.Options{Prefer: "rowpost"}, "rowpost"},
		"the preferred one is not there":   {sheets([3]string{"A", "", full}), xlsx.Options{Prefer: "rowpost"}, "A"},
		"what is named goes before it":     {sheets([3]string{"A", "", full}, [3]string{"rowpost", "", full}), xlsx.Options{Sheet: "A", Prefer: "rowpost"}, "A"},
		"no data at all":                   {sheets([3]string{"A", "", styled}, [3]string{"B", "hidden", full}), xlsx.Options{}, "is empty: no visible sheet has even a header"},
		"no sheet of cells":                {sheets([3]string{"A", "", "chart"}), xlsx.Options{}, "is a workbook without a sheet of cells"},
		"data is a formula without result": {sheets([3]string{"A", "", `<row><c><f>1</f></c></row>`}), xlsx.Options{}, "row 1: cell A1 of the header holds a formula without a saved result"},
	} {
		t.Run(name, func(t *testing.T) {
			info, _, err := read(t, tc.book.zip(t), tc.opts)
			got := info.Sheet
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

// refusal is the reason why a workbook is refused, which has to come with advice.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var e *xlsx.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v", err)
	}
	if e.Hint == "" {
		t.Error("no hint")
	}
	return e.Error()
}

func TestMergedCells(t *testing.T) {
	rows := row(1, "Id", "Name") + row(2, "1", "a") + row(3, "", "b") + row(4, "4", "d")
	for ref, want := range map[string]string{
		"A2:A3":   "row 2: has merged cells among the data: A2:A3",
		"A1:A2":   "row 2: has merged cells among the data: A1:A2",
		"B4:C9":   "row 4: has merged cells among the data: B4:C9",
		"A1:B1":   "", // the header only
		"A5:B9":   "", // below the table
		"C2:D3":   "", // beside it
		"A2:A2":   "", // of one cell
		"A2":      "is a damaged workbook: xl/worksheets/sheet1.xml: a range of merged cells has no place",
		"A2:ZZZZ": "is a damaged workbook: xl/worksheets/sheet1.xml: a range of merged cells has no place",
	} {
		t.Run(ref, func(t *testing.T) {
			b := book("").with("xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+rows+`</sheetData><mergeCells><mergeCell ref="`+ref+`"/></mergeCells></worksheet>`)
			_, _, err := read(t, b.zip(t), xlsx.Options{})
			if want == "" && err == nil {
				return
			}
			if got := refusal(t, err); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestLargeSheet reads a sheet and texts that are larger than all that is kept of them, the
// texts from the last to the first and back.
func TestLargeSheet(t *testing.T) {
	const n = 1000
	shared := func(i int) string { return fmt.Sprintf("text %d %s.", i, strings.Repeat("x", i*17%13000)) }
	var rows, texts strings.Builder
	rows.WriteString(row(1, "Id", "Up", "Down"))
	for i := range n {
		fmt.Fprintf(&texts, "<si><t>%s</t></si>", shared(i))
		fmt.Fprintf(&rows, `<row r="%d" spans="1:3" custom="%s"><c><v>%d</v></c><c t="s"><v>%d</v></c><c t="s"><v>%d</v></c></row>`,
			i+2, strings.Repeat("y", i%97), i, i, n-1-i)
	}
	info, got, err := read(t, book(rows.String()).with("xl/sharedStrings.xml", "<sst>"+texts.String()+"</sst>").stored(t), xlsx.Options{})
	if err != nil || info.Rows != n {
		t.Fatal(info.Rows, err)
	}
	for i, r := range got {
		if want := fmt.Sprintf("%d|%s|%s", i, shared(i), shared(n-1-i)); r.Cells != want || r.Line != i+2 {
			t.Fatalf("row %d is %.40q, of %d bytes", i, r.Cells, len(r.Cells))
		}
	}
}
