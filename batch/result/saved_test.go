package result_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/batch/source"
	"rowpost/mapping"
)

// resultOf runs a table as the engine does if each row that can be sent is refused.
func resultOf(t *testing.T, content string, opts mapping.SourceOptions) (path string) {
	t.Helper()
	in := filepath.Join(t.TempDir(), "x.csv")
	put(t, in, []byte(content))
	table, err := keep(t)(source.Open(in, opts))
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	lines := func(yield func(batch.Result, error) bool) {
		for row, err := range table.Rows() {
			r := batch.Result{Row: row, Request: "one", Provider: "p", Entry: batch.Entry{Status: batch.Failed, Code: "http_422"}}
			if row.Fault != nil {
				r = batch.Result{Row: row, Column: row.Fault.Column, Entry: batch.Entry{Status: batch.Invalid, Code: row.Fault.Code}}
			}
			if failed = err; !yield(r, err) {
				return
			}
		}
	}
	path = result.DefaultPath(in)
	if _, err := result.Write(lines, result.Options{Path: path, Header: table.Header()}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return path
}

func put(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// change edits a file as bytes; what is to be changed must be there once.
func change(from, to string) func(t *testing.T, text []byte) []byte {
	return func(t *testing.T, text []byte) []byte {
		t.Helper()
		if bytes.Count(text, []byte(from)) != 1 {
			t.Fatalf("%q does not stand in it once", from)
		}
		return bytes.Replace(text, []byte(from), []byte(to), 1)
	}
}

func unchanged(_ *testing.T, text []byte) []byte { return text }

// onlyLine leaves the header and one line, as --errors does.
func onlyLine(n int) func(t *testing.T, text []byte) []byte {
	return func(_ *testing.T, text []byte) []byte {
		all := bytes.SplitAfter(text, []byte("\n"))
		return append(bytes.Clone(all[0]), all[n]...)
	}
}

func saveAs(encoding string) func(t *testing.T, text []byte) []byte {
	return func(_ *testing.T, text []byte) []byte { return encode(string(text), encoding) }
}

// TestEncodings holds that bytes that are no text never become letters unseen, and that a
// result is read as it was saved.
func TestEncodings(t *testing.T) {
	utf8 := mapping.SourceOptions{Encoding: "utf-8"}
	const undefined = "\xed\xb2\x81" // what a byte becomes that its encoding does not know
	for name, tc := range map[string]struct {
		table string
		opts  mapping.SourceOptions
		edit  func(*testing.T, []byte) []byte
		want  []string // of each line: its last cell, what was edited, its fault
	}{
		"a byte that is no text stays so": {
			"a,b\n1,x\n2,\xfc\n", utf8, unchanged, []string{"x", "\xfc fault"},
		},
		"alone in the file, too": {
			"a,b\n1,x\n2,\xfc\n", utf8, onlyLine(2), []string{"\xfc fault"},
		},
		"if another cell was edited, too": {
			"a,b\n1,x\n77,\xfc\n", utf8, change("77,", "78,"), []string{"x", "\xfc edited fault"},
		},
		"repaired it is a row": {
			"a,b\n1,x\n2,\xfc\n", utf8, change("\xfc", "ü"), []string{"x", "ü edited"},
		},
		"a byte that windows-1252 does not know": {
			"a,b\nü,x\n2,\x81\n", utf8, onlyLine(2), []string{"\x81 fault"},
		},
		"an undefined byte of another encoding": {
			"a,b\n1,x\n2,\x81\n", mapping.SourceOptions{Encoding: "windows-1252"}, onlyLine(2), []string{undefined + " fault"},
		},
		"the same, and edited": {
			"a,b\n1,x\n77,\x81\n", mapping.SourceOptions{Encoding: "windows-1252"}, change("77,", "78,"), []string{"x", undefined + " edited fault"},
		},
		"a NUL": {
			"a,b\n1,x\n2,\x00\n", mapping.SourceOptions{}, unchanged, []string{"x", "\x00 fault"},
		},
		"saved in windows-1252": {
			"a,b\n1,Grün\n2,x\n", mapping.SourceOptions{}, saveAs("windows-1252"), []string{"Grün", "x"},
		},
		"saved in windows-1252 with such a header": {
			"a,Straße\n1,Grün\n2,x\n", mapping.SourceOptions{Encoding: "utf-8"}, saveAs("windows-1252"), []string{"Grün", "x"},
		},
		"saved in windows-1252, and a row was broken before": {
			"a,b\n1,Grün\n2,\x00\n", mapping.SourceOptions{}, saveAs("windows-1252"), []string{"Grün", "\x00 fault"},
		},
		"saved in the mapping's encoding": {
			"a,b\n1,\xc7\xe5\xeb\n2,x\n", mapping.SourceOptions{Encoding: "windows-1251"}, change("Зел", "\xc7\xe5\xeb"), []string{"Зел", "x"},
		},
		"one letter typed in another encoding": {
			"a,b\n1,Grün\n2,Gast\n", mapping.SourceOptions{}, change("Gast", "G\xe4ste"), []string{"Grün", "G\xe4ste edited fault"},
		},
		"saved in utf-16": {
			"a,b\n1,Grün\n2,日本\n", mapping.SourceOptions{}, saveAs("utf-16le"), []string{"Grün", "日本"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := resultOf(t, tc.table, tc.opts)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, path, tc.edit(t, text))
			var got []string
			for _, l := range linesOf(t, again(t, path, tc.opts)) {
				s := l.Cells[len(l.Cells)-1]
				if l.Before.Edited {
					s += " edited"
				}
				if l.Fault != "" {
					s += " fault"
				}
				got = append(got, s)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSureOf holds what is said about how a result is read.
func TestSureOf(t *testing.T) {
	path := resultOf(t, "a,b\n1,Grün;x;y\n2,x;y;z\n", mapping.SourceOptions{})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for encoding, want := range map[string]source.From{"utf-8": source.Ours, "windows-1252": source.Assumed, "utf-8 with mark": source.BOM} {
		put(t, path, encode(string(text), encoding))
		table, _, err := open(t, path, mapping.SourceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if f := table.Facts(); f.EncodingFrom != want || f.Delimiter != "," || f.DelimiterFrom != source.Ours {
			t.Errorf("%s: %+v", encoding, f)
		}
	}
}

// TestLargest holds that the result of any table that is read can be read itself.
func TestLargest(t *testing.T) {
	const mega = 1 << 20
	for name, table := range map[string]string{
		"as many columns as may be":  strings.Repeat("a,", 16383) + "a\n" + strings.Repeat("1,", 16383) + "1\n",
		"cells full of quotes":       "a,b\n1,\"" + strings.Repeat(`""`, mega/2-1) + "\"\n",
		"a surplus of four cells":    "a\n" + strings.Repeat(strings.Repeat("x", mega-2)+",", 3) + "y\n",
		"a surplus with quotes":      "a\nx" + strings.Repeat(`"`, mega/2) + strings.Repeat(","+strings.Repeat("x", mega), 3) + ",y\n",
		"a row of one cell of many":  strings.Repeat("a,", 16383) + "a\n1\n",
		"a column with a large name": strings.Repeat("n", mega) + ",b\n1,\x00\n\x00,1\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := resultOf(t, table, mapping.SourceOptions{Delimiter: ","})
			first, err := keep(t)(source.Open(strings.Replace(path, ".result", "", 1), mapping.SourceOptions{Delimiter: ","}))
			if err != nil {
				t.Fatal(err)
			}
			lines := linesOf(t, again(t, path, mapping.SourceOptions{}))
			for row, err := range first.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				l := lines[row.Num-1]
				if l.Before.Edited || strings.Join(l.Cells, "\x01") != strings.Join(row.Cells, "\x01") {
					t.Errorf("row %d is not what it was; edited: %v", row.Num, l.Before.Edited)
				}
			}
		})
	}
}

// TestNoResult opens tables that only look like results: as the mapping says.
func TestNoResult(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		opts mapping.SourceOptions
		want []string
	}{
		"our names inside of others":   {"a;rp_row, rp_status;b\n1;2;3\n", mapping.SourceOptions{}, []string{"a", "rp_row, rp_status", "b"}},
		"our names in a cell":          {"a;b\nrp_row;rp_status\n", mapping.SourceOptions{}, []string{"a", "b"}},
		"our names above the header":   {"rp_row of rp_status\na;b\n1;2\n", mapping.SourceOptions{Header: 2}, []string{"a", "b"}},
		"columns like ours":            {"rp_rows;rp_statuses\n1;2\n", mapping.SourceOptions{}, []string{"rp_rows", "rp_statuses"}},
		"the mapping's options matter": {"\na|b;c\n", mapping.SourceOptions{Delimiter: "|", Header: 2}, []string{"a", "b;c"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.csv")
			put(t, path, []byte(tc.in))
			table, earlier, err := open(t, path, tc.opts)
			if err != nil || earlier != nil {
				t.Fatalf("result: %v, error %v", earlier != nil, err)
			}
			if diff := cmp.Diff(tc.want, table.Header()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBelowOtherText finds a result whose header is not the file's first line.
func TestBelowOtherText(t *testing.T) {
	path := resultOf(t, "a,b\n1,2\n", mapping.SourceOptions{})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, append([]byte("for Ms Keller\n"), text...))
	if got := linesOf(t, again(t, path, mapping.SourceOptions{Header: 2})); len(got) != 1 || got[0].Before.Num != 1 {
		t.Errorf("read %+v", got)
	}
}
