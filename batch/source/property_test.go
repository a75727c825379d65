package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/mapping"
)

// TestLargeTable has records across every edge of the read buffer.
func TestLargeTable(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			var b strings.Builder
			b.WriteString("id,text,more" + end)
			var want []string
			for i := range 20000 {
				text := strings.Repeat("ü\"\r\n", i%7) + fmt.Sprint(i)
				want = append(want, text)
				fmt.Fprintf(&b, "%d,\"%s\",%s%s", i, strings.ReplaceAll(text, `"`, `""`), strings.Repeat("z", i%13), end)
			}
			table, err := open(t, write(t, b.String()), mapping.SourceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if f := table.Facts(); f.Rows != len(want) || f.Ragged+f.BadQuote+f.BadEncoding != 0 {
				t.Fatalf("facts %+v", f)
			}
			line := 2
			for i, row := range rows(t, table) {
				if row.Cells[1] != want[i] || row.Line != line {
					t.Fatalf("row %d differs: line %d, want %d", i+1, row.Line, line)
				}
				line += 1 + strings.Count(want[i], "\r\n")
			}
		})
	}
}

// TestFaultsStayInTheirRow has a NUL in every other row, on each side of the buffer's edges.
func TestFaultsStayInTheirRow(t *testing.T) {
	for shift := 0; shift < 24; shift += 3 {
		in := "a,b\n" + strings.Repeat("1,234567890123456\n5,6\x00\n", 20000) + strings.Repeat("x", shift) + ",y\n"
		table, err := open(t, write(t, in[:4]+strings.Repeat("z", shift)+in[4:]), mapping.SourceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if f := table.Facts(); f.BadEncoding != 20000 || f.Rows != 40001 {
			t.Fatalf("shifted by %d: %d rows at fault", shift, f.BadEncoding)
		}
	}
}

// FuzzTable holds that an accepted table gives as many rows as were announced, the same
// ones each time, with as many cells as the header; and that nothing panics.
func FuzzTable(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\r\n\"1\r\n\"\"2\";3\r", "sep=|\n\na|b\n|\n\"x\"y|2|3\n", "sep=|\na\n|\nb\n", "\xff\xfea\x00,\x00b\x00\n\x00",
		"a\n\n\"\"\n \n", "\xef\xbb\xbfa\tb\n\x00\t\xff\n", "a,b\n\"", "\xfc;b\n1;2", "a,b\n1,\"2\n3,\"4\"",
	} {
		for _, delim := range []string{"", ";", "§"} {
			f.Add([]byte(seed), delim, "", 0)
			f.Add([]byte(seed), delim, "windows-1252", 2)
		}
	}
	f.Add([]byte(gzipped(f, "a,b\n1,2\n")), "", "", 0)
	f.Add([]byte(zstandard(f, "a,b\n1,2\n")), "", "", 0)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte, delim, encoding string, header int) {
		path := filepath.Join(dir, fmt.Sprint(os.Getpid()))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		table, err := open(t, path, mapping.SourceOptions{Delimiter: delim, Encoding: encoding, Header: header})
		if err != nil {
			return
		}
		once, again := rows(t, table), rows(t, table)
		if diff := cmp.Diff(once, again); diff != "" {
			t.Error(diff)
		}
		faults := 0
		for _, row := range once {
			if len(row.Cells) != len(table.Header()) {
				t.Errorf("%d cells, the header has %d", len(row.Cells), len(table.Header()))
			}
			if row.Fault != "" {
				faults++
			}
		}
		if f := table.Facts(); faults != f.BadQuote+f.Ragged+f.BadEncoding {
			t.Errorf("%d rows at fault, announced were %+v", faults, f)
		}
	})
}
