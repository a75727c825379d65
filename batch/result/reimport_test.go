package result_test

import (
	"errors"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/batch/source"
	"rowpost/mapping"
)

var _ batch.Reimport = (*result.Table)(nil)

// tester is a test or a check of a property.
type tester interface {
	Helper()
	Cleanup(func())
	Error(args ...any)
}

// open opens a file as the command does, for as long as the test lasts.
func open(t tester, path string, opts mapping.SourceOptions) (*source.Table, *result.Table, error) {
	t.Helper()
	head, err := source.Head(path, result.HeadSize)
	if err != nil {
		return nil, nil, err
	}
	return result.Open(path, path, head, opts, func(o mapping.SourceOptions, earlier bool) (*source.Table, error) {
		if earlier {
			return keep(t)(source.OpenResult(path, o))
		}
		return keep(t)(source.Open(path, o))
	})
}

// keep closes a table when the test ends.
func keep(t tester) func(*source.Table, error) (*source.Table, error) {
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

// again opens a file that must be a result.
func again(t testing.TB, path string, opts mapping.SourceOptions) *result.Table {
	t.Helper()
	_, table, err := open(t, path, opts)
	if err != nil {
		t.Fatal(err)
	}
	if table == nil {
		t.Fatal("it is not taken for a result")
	}
	return table
}

// said is what a line says, as the tests compare it.
type said struct {
	Cells  []string
	Before batch.Before
	Fault  string // column and code
}

func linesOf(t testing.TB, table *result.Table) (out []said) {
	t.Helper()
	for line, err := range table.Lines() {
		if err != nil {
			t.Fatal(err)
		}
		s := said{Cells: slices.Clone(line.Cells), Before: *line.Before}
		if line.Fault != nil {
			s.Fault = line.Fault.Column + " " + line.Fault.Code
		}
		if line.Num != len(out)+1 {
			t.Errorf("line %d has number %d", len(out)+1, line.Num)
		}
		out = append(out, s)
	}
	if len(out) != table.Total() {
		t.Errorf("%d lines, Total says %d", len(out), table.Total())
	}
	return out
}

// back turns what was read into results, as the engine does with lines that stay as they are.
func back(lines []said) iter.Seq2[batch.Result, error] {
	return func(yield func(batch.Result, error) bool) {
		for _, l := range lines {
			b := l.Before
			r := batch.Result{
				Row:     mapping.Row{Num: b.Num, Line: b.Line, Cells: l.Cells},
				Request: b.Request, Column: b.Column,
				Entry: batch.Entry{Status: b.Status, HTTPStatus: b.HTTPStatus, Code: b.Code, Message: b.Message, RemoteID: b.RemoteID},
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// drawn is a table and what became of it.
type drawn struct {
	header []string
	lines  []said
}

// draw makes results as the engine does: no row has two lines for one request.
func draw(t *rapid.T) drawn {
	text := rapid.StringOf(rapid.SampledFrom([]rune("ab0üßé'=-,;|\t\" \n\r"))).
		Filter(func(s string) bool { return !strings.Contains(s, "\r\r") }) // two breaks or one, who knows
	d := drawn{header: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "b", "", "Straße", "x,y", "x;y", "two\nlines", "sep="}), 1, 5).Draw(t, "header")}
	for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
		cells := rapid.SliceOfN(text, len(d.header), len(d.header)).Draw(t, "cells")
		requests := rapid.SampledFrom([][]string{{""}, {"one"}, {"one", "two"}}).Draw(t, "requests")
		for _, request := range requests {
			d.lines = append(d.lines, said{Cells: cells, Before: batch.Before{
				Num: i + 1, Line: 2 * (i + 1), Request: request,
				Status: rapid.SampledFrom([]batch.Status{
					batch.Succeeded, batch.Failed, batch.Invalid, batch.Skipped, batch.NotSent, batch.InDoubt,
				}).Draw(t, "status"),
				HTTPStatus: rapid.SampledFrom([]int{0, 200, 422}).Draw(t, "HTTP status"),
				Code:       rapid.SampledFrom([]string{"", "ragged_row", "-1", "timeout"}).Draw(t, "code"),
				Message:    strings.ReplaceAll(text.Draw(t, "message"), "\r", ""), // it has no control characters
				Column:     rapid.SampledFrom(d.header).Draw(t, "column"),
				RemoteID:   rapid.SampledFrom([]string{"", "12345678901234567890", "=1", "'=1"}).Draw(t, "remote id"),
			}})
		}
	}
	return d
}

// spread writes one break for every kind, as spreadsheets and encoding/csv do.
func spread(lines []said) []said {
	out := slices.Clone(lines)
	fix := func(text string) string {
		return strings.ReplaceAll(text, "\r\n", "\n")
	}
	for i := range out {
		out[i].Cells = slices.Clone(out[i].Cells)
		for j, cell := range out[i].Cells {
			out[i].Cells[j] = fix(cell)
		}
		out[i].Before.Message = fix(out[i].Before.Message)
	}
	return out
}

// TestComesBack holds that a result says afterwards what was written in it; and so does
// the result of the result.
func TestComesBack(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := draw(t)
		got := want.lines
		for _, name := range []string{"r.result.csv", "r.result.2.csv"} {
			path := filepath.Join(dir, name)
			if _, err := result.Write(back(got), result.Options{Path: path, Header: want.header}); err != nil {
				t.Fatal(err)
			}
			// The mapping's options are about another file, and must not matter.
			_, table, err := open(t, path, mapping.SourceOptions{Delimiter: ";", Encoding: "utf-16le", Header: 3})
			if err != nil || table == nil {
				t.Fatalf("%s: result %v, error %v", name, table, err)
			}
			got = nil
			for line, err := range table.Lines() {
				if err != nil || line.Fault != nil {
					t.Fatal(err, line.Fault)
				}
				got = append(got, said{Cells: slices.Clone(line.Cells), Before: *line.Before})
			}
			if diff := cmp.Diff(want.lines, got); diff != "" {
				t.Fatal(diff)
			}
			if diff := cmp.Diff(want.header, table.Header()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// TestSavedAnew saves results as spreadsheets do: other delimiter, encoding, line ends,
// order of lines and columns, empty columns, lines left out. Nothing of it is an edit;
// then one cell is changed, and that line alone is edited.
func TestSavedAnew(t *testing.T) {
	dir := t.TempDir()
	written, path := filepath.Join(dir, "r.csv"), filepath.Join(dir, "saved.csv")
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		if len(d.lines) == 0 {
			return
		}
		if _, err := result.Write(back(d.lines), result.Options{Path: written, Header: d.header}); err != nil {
			t.Fatal(err)
		}
		sheet := readSheet(t, written)
		order := sheet.shuffle(t)
		want := make([]said, len(order))
		for i, from := range order {
			want[i] = spread(d.lines)[from]
		}
		style := drawStyle(t)
		if err := os.WriteFile(path, sheet.bytes(style), 0o600); err != nil {
			t.Fatal(err)
		}
		compareAnew(t, path, sheet, d.header, want)

		line := rapid.IntRange(0, len(want)-1).Draw(t, "line")
		cell := rapid.IntRange(0, len(d.header)-1).Draw(t, "cell")
		column := sheet.find(d.header[cell])
		sheet.rows[line+1][column] += "z"
		if err := os.WriteFile(path, sheet.bytes(style), 0o600); err != nil {
			t.Fatal(err)
		}
		for i, l := range readAnew(t, path) {
			if l.Before.Edited != (i == line) {
				t.Fatalf("line %d edited: %v, changed was %d", i, l.Before.Edited, line)
			}
		}
	})
}

// readAnew reads a result that must be one, with a rapid.T.
func readAnew(t *rapid.T, path string) (out []said) {
	_, table, err := open(t, path, mapping.SourceOptions{})
	if err != nil || table == nil {
		t.Fatalf("result %v, error %v", table, err)
	}
	for line, err := range table.Lines() {
		if err != nil || line.Fault != nil {
			t.Fatal(err, line.Fault)
		}
		out = append(out, said{Cells: slices.Clone(line.Cells), Before: *line.Before})
	}
	return out
}

// compareAnew compares cells by their columns' names, as columns may stand elsewhere now.
func compareAnew(t *rapid.T, path string, sheet *sheet, header []string, want []said) {
	got := readAnew(t, path)
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range got {
		if diff := cmp.Diff(want[i].Before, got[i].Before); diff != "" {
			t.Fatalf("line %d: %s", i, diff)
		}
		a, b := map[string][]string{}, map[string][]string{}
		for j, name := range header {
			a[name] = append(a[name], want[i].Cells[j])
		}
		for j, name := range sheet.source() {
			b[name] = append(b[name], got[i].Cells[j])
		}
		for _, m := range []map[string][]string{a, b} { // empty columns came behind
			m[""] = slices.DeleteFunc(m[""], func(c string) bool { return c == "" })
		}
		if !maps.EqualFunc(a, b, slices.Equal[[]string]) {
			t.Fatalf("line %d: %q became %q", i, a, b)
		}
	}
}

// TestReadersAtOnce reads one result from several goroutines, as the lanes do.
func TestReadersAtOnce(t *testing.T) {
	header, lines := sample()
	path := filepath.Join(t.TempDir(), "r.csv")
	if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
		t.Fatal(err)
	}
	table := again(t, path, mapping.SourceOptions{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			n := 0
			for line, err := range table.Lines() {
				n++
				if err != nil || line.Before.Num != n || line.Before.Edited {
					t.Errorf("line %d: %+v, %v", n, line.Before, err)
				}
			}
		})
	}
	all.Wait()
	for row, err := range table.Rows() {
		if err != nil || len(row.Cells) != len(header) {
			t.Errorf("row %d: %q, %v", row.Num, row.Cells, err)
		}
		if row.Num == 2 {
			break
		}
	}
}

// TestChangedWhileRead hands the table's own error on: of a table too large to be kept.
func TestChangedWhileRead(t *testing.T) {
	header, lines := sample()
	lines[len(lines)-1].Row.Cells[0] = strings.Repeat("x", 5<<20)
	path := filepath.Join(t.TempDir(), "r.csv")
	if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
		t.Fatal(err)
	}
	table := again(t, path, mapping.SourceOptions{})
	if err := os.Truncate(path, 300); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, last = range table.Lines() {
	}
	var e *source.Error
	if !errors.As(last, &e) {
		t.Errorf("error %v", last)
	}
}

func BenchmarkReimport(b *testing.B) {
	header := strings.Split("Subscription,Salutation,Firstname,Lastname,E-Mail,Street,ZIP,City,Country,Lang,Phone,Status", ",")
	cells := strings.Split("S0001,Ms,Maria,Keller,maria.keller@example.com,Hauptweg 5,10115,Berlin,DE,de,+4930123456,Active", ",")
	path := filepath.Join(b.TempDir(), "r.csv")
	const rows = 100_000
	seq := func(yield func(batch.Result, error) bool) {
		for i := range rows {
			cells[0] = "S" + strconv.Itoa(i)
			if !yield(batch.Result{
				Row: mapping.Row{Num: i + 1, Line: i + 2, Cells: cells}, Request: "billing", Provider: "cleverbridge",
				Entry: batch.Entry{Status: batch.Failed, HTTPStatus: 422, Code: "bad_value", Message: "the value is wrong", Attempts: 1},
			}, nil) {
				return
			}
		}
	}
	if _, err := result.Write(seq, result.Options{Path: path, Header: header}); err != nil {
		b.Fatal(err)
	}
	plain, table, err := open(b, path, mapping.SourceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	perLine := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/line")
	}
	b.Run("plain rows", func(b *testing.B) {
		for b.Loop() {
			for _, err := range plain.Rows() {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perLine(b)
	})
	b.Run("lines", func(b *testing.B) {
		for b.Loop() {
			for _, err := range table.Lines() {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perLine(b)
	})
	b.Run("first reading", func(b *testing.B) {
		for b.Loop() {
			if _, err := result.Reimport(plain); err != nil {
				b.Fatal(err)
			}
		}
		perLine(b)
	})
}
