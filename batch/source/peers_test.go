package source_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gotext "github.com/mithrandie/go-text"
	gotextcsv "github.com/mithrandie/go-text/csv"
	"pgregory.net/rapid"

	"rowpost/mapping"
)

// peer is another reader of tables, which shares no code with this one.
type peer struct {
	name string
	read func(text, delim string) ([][]string, error)
	// What it does otherwise than RFC 4180, or the RFC leaves open.
	joinsLines bool // CRLF in quotes becomes LF
	keepsCR    bool // CR alone ends no line
}

func peers() []peer {
	return []peer{
		{name: "encoding/csv", read: readStandardCSV, joinsLines: true, keepsCR: true},
		{name: "go-text/csv", read: readGoText},
	}
}

func readStandardCSV(text, delim string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = []rune(delim)[0], -1
	return r.ReadAll()
}

func readGoText(text, delim string) (records [][]string, err error) {
	r, err := gotextcsv.NewReader(strings.NewReader(text), gotext.UTF8)
	if err != nil {
		return nil, err
	}
	r.Delimiter, r.AllowUnevenFields = []rune(delim)[0], true
	for {
		raw, err := r.Read()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return nil, err
		}
		var cells []string
		for _, c := range raw {
			cells = append(cells, string(c))
		}
		records = append(records, cells)
	}
}

// readHere gives header and rows, or why the table, or one of its rows, is not taken.
func readHere(t *rapid.T, path, text, delim string) (records [][]string, refused error) {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := open(t, path, mapping.SourceOptions{Delimiter: delim})
	if err != nil {
		return nil, err
	}
	records = append(records, table.Header())
	for row, err := range table.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Fault != nil {
			return nil, row.Fault
		}
		records = append(records, append([]string(nil), row.Cells...))
	}
	return records, nil
}

// compare holds that the peer reads the same cells. Records without text are left out on
// both sides: here a line of delimiters and blanks is no row.
func (p peer) compare(t *rapid.T, text, delim string, got [][]string) {
	want, err := p.read(text, delim)
	if err != nil {
		t.Fatalf("%s refuses what is taken here: %v", p.name, err)
	}
	if diff := cmp.Diff(withText(want, false), withText(got, p.joinsLines)); diff != "" {
		t.Fatalf("%s reads it differently: %s", p.name, diff)
	}
}

// withText gives the records with text, with CRLF in cells as LF if need be.
func withText(records [][]string, joinLines bool) (out [][]string) {
	for _, cells := range records {
		if strings.Trim(strings.Join(cells, ""), " \t") == "" {
			continue
		}
		var kept []string
		for _, c := range cells {
			if joinLines {
				c = strings.ReplaceAll(c, "\r\n", "\n")
			}
			kept = append(kept, c)
		}
		out = append(out, kept)
	}
	return out
}

func drawDelimiter(t *rapid.T) string {
	return rapid.SampledFrom([]string{",", ";", "\t", "|", "^", "§"}).Draw(t, "delimiter")
}

// TestAgainstOthers writes tables by RFC 4180: all readers take them and read the same.
func TestAgainstOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "table.csv")
	rapid.Check(t, func(t *rapid.T) {
		delim := drawDelimiter(t)
		text := drawTable(t, delim)
		got, refused := readHere(t, path, text, delim)
		if refused != nil {
			t.Fatal(refused)
		}
		for _, p := range peers() {
			p.compare(t, text, delim, got)
		}
	})
}

// TestAgainstOthersOnAnyText writes what nobody should. What is taken here, with all of its
// rows, is taken by the others and read the same; for the rest it is enough that it is
// refused, or its rows are.
func TestAgainstOthersOnAnyText(t *testing.T) {
	path, taken := filepath.Join(t.TempDir(), "table.csv"), 0
	rapid.Check(t, func(t *rapid.T) {
		delim := drawDelimiter(t)
		p := rapid.SampledFrom(peers()).Draw(t, "peer")
		text := drawText(t, delim, p.keepsCR)
		got, refused := readHere(t, path, text, delim)
		if refused != nil {
			return
		}
		if len(got) > 1 {
			taken++
		}
		p.compare(t, text, delim, got)
	})
	if taken < 10 {
		t.Errorf("only %d texts were taken: the test tells nothing", taken)
	}
}

// drawText makes a header and pieces of a table in any order, a few of which are wrong.
func drawText(t *rapid.T, delim string, noCR bool) string {
	columns := rapid.IntRange(2, 3).Draw(t, "columns")
	ends := []string{"\n", "\r\n", "\r"}
	if noCR {
		ends = ends[:2]
	}
	cells := []string{"a", "b c", " ", "", `""`, `"a"`, `" "`, `"a""b"`, `""""`, `"` + delim + `"`, "\"a\nb\"", "\"a\r\nb\"", "ü", "'", "0x"}
	odd := []string{`"`, ` "a"`, `"a" `, `a"b`, delim}
	var b strings.Builder
	b.WriteString(strings.Join([]string{"c1", "c2", "c3"}[:columns], delim) + "\n")
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		for i := range columns {
			b.WriteString(strings.Repeat(delim, min(i, 1)) + rapid.SampledFrom(cells).Draw(t, "cell"))
			if rapid.IntRange(0, 15).Draw(t, "odd") == 0 {
				b.WriteString(rapid.SampledFrom(append(odd, ends...)).Draw(t, "piece"))
			}
		}
		b.WriteString(rapid.SampledFrom(ends).Draw(t, "line end"))
	}
	return b.String() + "z" + strings.Repeat(delim+"z", columns-1) + "\n"
}

// drawTable makes a table of two or more columns; each row has a cell with text.
func drawTable(t *rapid.T, delim string) string {
	cell := rapid.StringOf(rapid.SampledFrom([]rune("ab 0ü日😀'=\"\r\n,;|\t^§")))
	columns := rapid.IntRange(2, 6).Draw(t, "columns")
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "line end")
	var b strings.Builder
	for i := range columns {
		fmt.Fprintf(&b, "%sc%d", strings.Repeat(delim, min(i, 1)), i)
	}
	b.WriteString(end)
	for range rapid.IntRange(0, 20).Draw(t, "rows") {
		full := rapid.IntRange(0, columns-1).Draw(t, "column with text")
		for i := range columns {
			text := cell.Draw(t, "cell")
			if i == full {
				text += "x"
			}
			if strings.ContainsAny(text, "\"\r\n"+delim) || rapid.Bool().Draw(t, "quoted") {
				text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			}
			b.WriteString(strings.Repeat(delim, min(i, 1)) + text)
		}
		b.WriteString(end)
	}
	return b.String()
}
