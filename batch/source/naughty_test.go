package source_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rowpost/mapping"
)

const naughtyTable = "testdata/blns/blns.csv"

var update = flag.Bool("update", false, "write the tables in testdata that are made of other files")

// naughtyCSV has each string of the Big List of Naughty Strings as a cell, and what tells
// the rows apart.
func naughtyCSV(list []string) string {
	var b strings.Builder
	b.WriteString("Id,Text\n")
	for i, s := range list {
		fmt.Fprintf(&b, "S%03d,\"%s\"\n", i+1, strings.ReplaceAll(s, `"`, `""`))
	}
	return b.String()
}

// TestNaughtyTable holds that each string comes through byte for byte, whatever it means to
// others: formulas, scripts, markup, text from right to left, control characters.
func TestNaughtyTable(t *testing.T) {
	var list []string
	load(t, "testdata/blns/blns.json", &list)
	text := naughtyCSV(list)
	if *update {
		if err := os.WriteFile(naughtyTable, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(naughtyTable); err != nil || string(kept) != text {
		t.Errorf("%s is not what the list makes, %v: go test -run TestNaughtyTable -update writes it", naughtyTable, err)
	}
	var want []string
	for i, s := range list {
		want = append(want, fmt.Sprintf("S%03d", i+1), s)
	}
	for name, content := range map[string]string{
		"UTF-8":            text,
		"UTF-8 and a mark": "\xef\xbb\xbf" + text,
		"UTF-16":           utf16Text(binary.LittleEndian, "\uFEFF"+text),
		"zstd":             zstandard(t, text),
	} {
		t.Run(name, func(t *testing.T) {
			table, err := open(t, write(t, content), mapping.SourceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows(t, table) {
				if row.Fault != "" {
					t.Errorf("line %d: %s", row.Line, row.Fault)
				}
				got = append(got, row.Cells...)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
