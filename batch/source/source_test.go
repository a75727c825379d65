package source_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch"
	"rowpost/batch/source"
	"rowpost/mapping"
)

var _ batch.Source = (*source.Table)(nil)

func write(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tester is a test, a benchmark, or a check of a property.
type tester interface {
	Helper()
	Cleanup(func())
	Error(args ...any)
}

// open opens a table for as long as the test lasts.
func open(t tester, path string, opts mapping.SourceOptions) (*source.Table, error) {
	t.Helper()
	return closeLater(t)(source.Open(path, opts))
}

func openResult(t tester, path string, opts mapping.SourceOptions) (*source.Table, error) {
	t.Helper()
	return closeLater(t)(source.OpenResult(path, opts))
}

func closeLater(t tester) func(*source.Table, error) (*source.Table, error) {
	return func(table *source.Table, err error) (*source.Table, error) {
		if err == nil {
			t.Cleanup(func() {
				if err := table.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		return table, err
	}
}

// seen is a row as the tests compare it.
type seen struct {
	Line  int
	Cells []string
	Fault string
}

func rows(t testing.TB, table *source.Table) []seen {
	t.Helper()
	var out []seen
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		s := seen{Line: row.Line, Cells: append([]string(nil), row.Cells...)}
		if row.Fault != nil {
			s.Fault = row.Fault.Code
		}
		if row.Num != len(out)+1 {
			t.Errorf("row %d has number %d", len(out)+1, row.Num)
		}
		out = append(out, s)
	}
	if len(out) != table.Total() {
		t.Errorf("read %d rows, Total says %d", len(out), table.Total())
	}
	return out
}

func TestRows(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		opts mapping.SourceOptions
		want []seen
	}{
		"plain":                  {in: "a,b\n1,2\n3,4\n", want: []seen{{2, []string{"1", "2"}, ""}, {3, []string{"3", "4"}, ""}}},
		"no line end at the end": {in: "a,b\n1,2", want: []seen{{2, []string{"1", "2"}, ""}}},
		"CRLF":                   {in: "a,b\r\n1,2\r\n", want: []seen{{2, []string{"1", "2"}, ""}}},
		"CR":                     {in: "a,b\r1,2\r3,4", want: []seen{{2, []string{"1", "2"}, ""}, {3, []string{"3", "4"}, ""}}},
		"mixed line ends":        {in: "a,b\r1,2\n3,4\r\n5,6", want: []seen{{2, []string{"1", "2"}, ""}, {3, []string{"3", "4"}, ""}, {4, []string{"5", "6"}, ""}}},
		"line breaks in quotes stay": {
			in:   "a,b\n\"1\r\n2\r3\n4\",x\n5,6\n",
			want: []seen{{2, []string{"1\r\n2\r3\n4", "x"}, ""}, {6, []string{"5", "6"}, ""}},
		},
		"doubled quotes":           {in: "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", want: []seen{{2, []string{`say "hi"`, `"`}, ""}}},
		"empty quoted cells":       {in: "a,b\n\"\",\"\"\n", want: []seen{{2, []string{"", ""}, ""}}},
		"blanks are kept":          {in: "a,b\n 1 ,\t2\n", want: []seen{{2, []string{" 1 ", "\t2"}, ""}}},
		"text stays text":          {in: "a,b\n00123,1e5\nnull,REMOVE\n", want: []seen{{2, []string{"00123", "1e5"}, ""}, {3, []string{"null", "REMOVE"}, ""}}},
		"short row is filled":      {in: "a,b,c\n1\n", want: []seen{{2, []string{"1", "", ""}, "ragged_row"}}},
		"surplus as it stood":      {in: "a,b\n1,2,\"3\",4\n", want: []seen{{2, []string{"1", `2,"3",4`}, "ragged_row"}}},
		"surplus of a quoted cell": {in: "a,b\n1,\"2\"\"\",3\n", want: []seen{{2, []string{"1", `"2""",3`}, "ragged_row"}}},
		"quote in a bare cell":     {in: "a,b\n5\" disk,x\n1,2\n", want: []seen{{2, []string{`5" disk`, "x"}, "bad_quote"}, {3, []string{"1", "2"}, ""}}},
		"text behind a quote":      {in: "a,b\n\"x\" y,\"z\"\n", want: []seen{{2, []string{`"x" y`, "z"}, "bad_quote"}}},
		"blank before a quote":     {in: "a,b\n1, \"2\"\n", want: []seen{{2, []string{"1", ` "2"`}, "bad_quote"}}},
		"lines without text":       {in: "\na,b\n\n1,2\n,\n \t,\n3,4\n\n", want: []seen{{4, []string{"1", "2"}, ""}, {7, []string{"3", "4"}, ""}}},
		"one column: inner blank lines are rows, trailing ones not": {
			in:   "a\n\nx\n\ny\n\n \n",
			want: []seen{{2, []string{""}, ""}, {3, []string{"x"}, ""}, {4, []string{""}, ""}, {5, []string{"y"}, ""}},
		},
		"one column, a comma in a cell":       {in: "a\nDoe, John\n", want: []seen{{2, []string{"Doe, John"}, "ragged_row"}}},
		"header only":                         {in: "a,b\n"},
		"header on a said line":               {in: "Report \"of\nToday\na,b\n1,2\n", opts: mapping.SourceOptions{Header: 3}, want: []seen{{4, []string{"1", "2"}, ""}}},
		"sep line":                            {in: "sep=;\r\na,b;c\r\n1;2\r\n", want: []seen{{3, []string{"1", "2"}, ""}}},
		"semicolons, commas in cells":         {in: "a;b\n1,5;2,5\n", want: []seen{{2, []string{"1,5", "2,5"}, ""}}},
		"tabs":                                {in: "a\tb\n1\t\n", want: []seen{{2, []string{"1", ""}, ""}}},
		"pipes":                               {in: "a|b\n1|2\n", want: []seen{{2, []string{"1", "2"}, ""}}},
		"said delimiter of one byte":          {in: "a^b\n1^2\n", opts: mapping.SourceOptions{Delimiter: "^"}, want: []seen{{2, []string{"1", "2"}, ""}}},
		"said delimiter of two bytes":         {in: "a§b\n1§\"2§\"\nß§2\n", opts: mapping.SourceOptions{Delimiter: "§"}, want: []seen{{2, []string{"1", "2§"}, ""}, {3, []string{"ß", "2"}, ""}}},
		"quoted names with other delimiters":  {in: "\"Name, first\";\"x\"\n1;2\n", want: []seen{{2, []string{"1", "2"}, ""}}},
		"BOM before a quoted header":          {in: "\xef\xbb\xbf\"a\",b\n1,2\n", want: []seen{{2, []string{"1", "2"}, ""}}},
		"NUL":                                 {in: "a,b\n1,x\x00y\n", want: []seen{{2, []string{"1", "x\x00y"}, "bad_encoding"}}},
		"windows-1252 that nobody declared":   {in: "Stra\xdfe,b\n\x80,\x93x\x94\n", want: []seen{{2, []string{"€", "“x”"}, ""}}},
		"windows-1252 by name":                {in: "a,b\n\xfc,\x81\n", opts: mapping.SourceOptions{Encoding: "CP1252"}, want: []seen{{2, []string{"ü", "\xed\xb2\x81"}, "bad_encoding"}}},
		"iso-8859-1 is not windows-1252":      {in: "a,b\n\xfc,\x80\n", opts: mapping.SourceOptions{Encoding: "iso-8859-1"}, want: []seen{{2, []string{"ü", "\xed\xb2\x80"}, "bad_encoding"}}},
		"iso-8859-15":                         {in: "a,b\n\xa4,1\n", opts: mapping.SourceOptions{Encoding: "iso-8859-15"}, want: []seen{{2, []string{"€", "1"}, ""}}},
		"shift_jis":                           {in: "a,b\n\x93\xfa\x96{,\x83\\\n", opts: mapping.SourceOptions{Encoding: "shift_jis"}, want: []seen{{2, []string{"日本", "ソ"}, ""}}},
		"UTF-8 with a few broken bytes":       {in: "a,b\nü,ö\n1,\xff\nä,ß\n", want: []seen{{2, []string{"ü", "ö"}, ""}, {3, []string{"1", "\xff"}, "bad_encoding"}, {4, []string{"ä", "ß"}, ""}}},
		"UTF-8 said, and broken bytes":        {in: "a,b\n1,\xfc\n", opts: mapping.SourceOptions{Encoding: "utf-8"}, want: []seen{{2, []string{"1", "\xfc"}, "bad_encoding"}}},
		"a true U+FFFD is text":               {in: "a,b\n1,\uFFFD\n", want: []seen{{2, []string{"1", "\uFFFD"}, ""}}},
		"UTF-16 little endian":                {in: utf16Text(binary.LittleEndian, "\uFEFFa;b\r\nü;😀\r\n"), want: []seen{{2, []string{"ü", "😀"}, ""}}},
		"UTF-16 big endian":                   {in: utf16Text(binary.BigEndian, "\uFEFFa\tb\nü\t日\n"), want: []seen{{2, []string{"ü", "日"}, ""}}},
		"UTF-16 by name":                      {in: utf16Text(binary.LittleEndian, "a,b\nü,1\n"), opts: mapping.SourceOptions{Encoding: "utf-16le"}, want: []seen{{2, []string{"ü", "1"}, ""}}},
		"UTF-16 that nobody declared":         {in: utf16Text(binary.LittleEndian, "name;mail\nä;ü\n"), want: []seen{{2, []string{"ä", "ü"}, ""}}},
		"big endian, likewise":                {in: utf16Text(binary.BigEndian, "name;mail\nä;日\n"), want: []seen{{2, []string{"ä", "日"}, ""}}},
		"UTF-16 with a lone surrogate":        {in: utf16Text(binary.LittleEndian, "\uFEFFa,b\n1,") + "\x00\xd8" + utf16Text(binary.LittleEndian, "\n"), want: []seen{{2, []string{"1", "\xed\xa0\x80"}, "bad_encoding"}}},
		"UTF-16 with half a character at end": {in: utf16Text(binary.LittleEndian, "\uFEFFa,b\n1,2") + "x", want: []seen{{2, []string{"1", "2\xed\xb1\xb8"}, "bad_encoding"}}},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := open(t, write(t, tc.in), tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, rows(t, table)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func utf16Text(order binary.ByteOrder, s string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(s)) {
		_ = binary.Write(&b, order, u)
	}
	return b.String()
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, tc := range map[string]struct {
		in   string
		opts mapping.SourceOptions
		want string // the error behind the file's name
	}{
		"empty":                       {in: "", want: "is empty: it has not even a header"},
		"only a BOM and blank lines":  {in: "\xef\xbb\xbf\n\n", want: "is empty: it has not even a header"},
		"unclosed quote":              {in: "a,b\n1,2\n3,\"4\n5,6\n", want: `line 3, column "b": a quote opens here and is never closed`},
		"unclosed quote, second line": {in: "a,b\n\"1\n2\",\"4\n5,6\n", want: `line 3, column "b": a quote opens here and is never closed`},
		"unclosed quote, closed by a later one": {
			in:   "a,b\n1,\"2\n3,4\n5,\"6\"\n",
			want: `line 2, column "b": a quote opens here, and where it closes, on line 4, the cell does not end`,
		},
		"unclosed quote, far from the end": {in: "a,b\n1,\"" + strings.Repeat(long, 6), want: `line 2, column "b": a quote opens here and is never closed`},
		"cell too long":                    {in: "a,b\n1," + long + "x\n", want: `line 2, column "b": the cell is longer than 1 MiB`},
		"quoted cell too long":             {in: "a,b\n1,\"" + long + "x\"\n", want: `line 2, column "b": the cell is longer than 1 MiB`},
		"quoted cell far too long":         {in: "a,b\n1,\"" + strings.Repeat(long, 6) + "\"\n", want: `line 2, column "b": the cell is longer than 1 MiB`},
		"record too long":                  {in: "a,b,c,d,e\n" + strings.Repeat(long+",", 5) + "\n", want: "line 2: the record is longer than 4 MiB"},
		"too many columns":                 {in: strings.Repeat("a,", 16384) + "a\n", want: "line 1: has more than 16384 columns"},
		"header beyond the end":            {in: "a\nb\n", opts: mapping.SourceOptions{Header: 4}, want: "line 4: there is no header on this line, which the mapping says"},
		"header on a blank line":           {in: "a\n\nb\n", opts: mapping.SourceOptions{Header: 2}, want: "line 2: there is no header on this line, which the mapping says"},
		"header with a bare quote":         {in: "a\"b,c\n", want: "line 1: the header has a quote where none may stand"},
		"two delimiters":                   {in: "a,b;c\n1,2;3\n", want: `line 1: the delimiter may be "," as well as ";"`},
		"delimiter of two characters":      {in: "a\n", opts: mapping.SourceOptions{Delimiter: ";;"}, want: "the delimiter in the mapping is not one character that can stand between cells"},
		"unknown encoding":                 {in: "a\n", opts: mapping.SourceOptions{Encoding: "klingon"}, want: "the mapping says an encoding that is not known"},
		"BOM against the mapping":          {in: "\xef\xbb\xbfa\n", opts: mapping.SourceOptions{Encoding: "windows-1252"}, want: "starts with a byte order mark of utf-8, but the mapping says windows-1252"},
		"neither UTF-8 nor windows-1252":   {in: "a,b\n1,\x81\n", want: "line 2: holds bytes that are neither UTF-8 nor Windows-1252"},
		"broken shift_jis":                 {in: "a,b\n1,\x93\n", opts: mapping.SourceOptions{Encoding: "shift_jis"}, want: "line 2: holds bytes that are no text in shift_jis"},
		"broken bytes in a header":         {in: "\xff,b\nü,ö\n", opts: mapping.SourceOptions{Encoding: "utf-8"}, want: "line 1: the header holds bytes that are no text in utf-8"},
		"broken shift_jis in the header":   {in: "a,\x93\n1,2\n", opts: mapping.SourceOptions{Encoding: "shift_jis"}, want: "line 1: holds bytes that are no text in shift_jis"},
		"UTF-32":                           {in: "\xff\xfe\x00\x00a\x00\x00\x00", want: "is encoded in utf-32le, which is not read"},
		"xlsx":                             {in: "PK\x03\x04...", want: "is a damaged or incomplete workbook or ZIP file"},
		"xls":                              {in: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", want: "is an old Excel workbook (.xls) or an encrypted one, not a CSV file"},
		"HTML":                             {in: " <!DOCTYPE HTML><table>", want: "is an HTML page (some programs call it .xls), not a CSV file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, tc.in)
			_, err := open(t, path, tc.opts)
			var e *source.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *Error", err)
			}
			text := strings.TrimPrefix(strings.TrimPrefix(e.Error(), path), ": ")
			if text != tc.want || e.Kind != source.Refused || e.Hint == "" {
				t.Errorf("got %q (kind %d, hint %q), want %q", text, e.Kind, e.Hint, tc.want)
			}
		})
	}
}

func TestLargestAllowed(t *testing.T) {
	cell := strings.Repeat("x", 1<<20)
	in := "a,b,c\n" + cell + ",\"" + cell + "\"," + cell + "\n"
	table, err := open(t, write(t, in), mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := rows(t, table); len(got) != 1 || got[0].Cells[1] != cell || got[0].Fault != "" {
		t.Error("cells of 1 MiB did not come through")
	}
	wide, err := open(t, write(t, strings.Repeat("a,", 16383)+"a\n"), mapping.SourceOptions{})
	if err != nil || len(wide.Header()) != 16384 {
		t.Errorf("16384 columns: %v", err)
	}
}

// TestResultLimits holds that results have bounds too, if wider ones.
func TestResultLimits(t *testing.T) {
	const mega = 1 << 20
	for name, tc := range map[string]struct{ in, want string }{
		"wider than a table may be": {"a,b\n" + strings.Repeat("x", 2*mega) + ",\n", ""},
		"cell too long":             {"a,b\n1," + strings.Repeat("x", 8*mega+1) + "\n", `line 2, column "b": the cell is longer than 8 MiB`},
		"record too long":           {"a,b\n" + strings.Repeat("x", 8*mega) + "," + strings.Repeat("x", 4*mega) + "\n", "line 2: the record is longer than 12 MiB"},
		"never closed":              {"a,b\n1,\"" + strings.Repeat("x", 13*mega), `line 2, column "b": a quote opens here and is never closed`},
		"too many columns":          {strings.Repeat("a,", 16384+64) + "a\n", "line 1: has more than 16448 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, tc.in)
			table, err := openResult(t, path, mapping.SourceOptions{Delimiter: ",", Encoding: "utf-8"})
			switch {
			case tc.want != "":
				if err == nil || err.Error() != path+": "+tc.want {
					t.Errorf("error %v", err)
				}
			case err != nil:
				t.Error(err)
			case table.Facts().EncodingFrom != source.Ours || len(rows(t, table)) != 1:
				t.Errorf("facts %+v", table.Facts())
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct{ path, want string }{
		"missing": {filepath.Join(dir, "none.csv"), "there is no such file"},
		"folder":  {dir, "is a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, tc.path, mapping.SourceOptions{})
			var e *source.Error
			if !errors.As(err, &e) || e.Kind != source.Unreadable || e.Error() != tc.path+": "+tc.want {
				t.Errorf("got %v", err)
			}
			if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Error("the system's error is lost")
			}
		})
	}
}

func TestFacts(t *testing.T) {
	in := "sep=;\r\n\r\na;b\r\n1;2\r\n;\r\n3\r\n\"x\"y;4\r\n5;\x00\r\n"
	path := write(t, in)
	table, err := open(t, path, mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := source.Facts{
		Encoding: "utf-8", EncodingFrom: source.Detected, Delimiter: ";", DelimiterFrom: source.SepLine,
		LineEnds: "CRLF", HeaderLine: 3, Columns: 2, Rows: 4, Blank: 2, BadQuote: 1, Ragged: 1, BadEncoding: 1,
		Size: int64(len(in)), SHA256: sha256.Sum256([]byte(in)),
	}
	if diff := cmp.Diff(want, table.Facts()); diff != "" {
		t.Error(diff)
	}
}

func TestHowSure(t *testing.T) {
	for name, tc := range map[string]struct {
		in         string
		opts       mapping.SourceOptions
		enc, delim source.From
	}{
		"all said":                {in: "a;b\n", opts: mapping.SourceOptions{Delimiter: ";", Encoding: "utf-8"}, enc: source.Said, delim: source.Said},
		"a mark, one delimiter":   {in: "\xef\xbb\xbfa;b\n1;2\n", enc: source.BOM, delim: source.Detected},
		"windows, one column":     {in: "a\n\xfc\n", enc: source.Assumed, delim: source.Assumed},
		"zero bytes":              {in: utf16Text(binary.LittleEndian, "name;mail\n1;2\n"), enc: source.Likely, delim: source.Detected},
		"mostly UTF-8, one odd":   {in: "a,b\nü,ö\n1,\xff,3\n", enc: source.Likely, delim: source.Likely},
		"more columns, as steady": {in: "Name, first;b;c\nDoe, J;1;2\n", enc: source.Detected, delim: source.Likely},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := open(t, write(t, tc.in), tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if f := table.Facts(); f.EncodingFrom != tc.enc || f.DelimiterFrom != tc.delim {
				t.Errorf("encoding %s, delimiter %s; want %s, %s", f.EncodingFrom, f.DelimiterFrom, tc.enc, tc.delim)
			}
		})
	}
}

func TestFaultNamesColumn(t *testing.T) {
	table, err := open(t, write(t, "name,mail\nü,ä\nx,\xff\n"), mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if f := row.Fault; f != nil && (f.Line != 3 || f.Column != "mail" || f.Hint == "") {
			t.Errorf("fault %+v", f)
		}
	}
}
