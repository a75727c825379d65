package result_test

import (
	"encoding/csv"
	"errors"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/batch/result"
	"rowpost/mapping"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sequence(lines []batch.Result) iter.Seq2[batch.Result, error] {
	return func(yield func(batch.Result, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// sample has each status, and texts that are hard to write.
func sample() (header []string, lines []batch.Result) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123_999_000, time.FixedZone("CET", 3600))
	row := func(n int, cells ...string) mapping.Row { return mapping.Row{Num: n, Line: 3 * n, Cells: cells} }
	return []string{"Name", "No,te", "", "Name"}, []batch.Result{
		{
			Row: row(1, "Müller, Hans", "0049", "=A1", "x"), Request: "billing", Provider: "cleverbridge",
			Entry: batch.Entry{Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1, SentAt: at, Duration: 83_900 * time.Microsecond, RemoteID: "-17"},
		},
		{
			Row: row(2, "say \"hi\"", "two\r\nlines", " blank", "tab\t"), Request: "billing", Provider: "cleverbridge", Column: "No,te",
			Entry: batch.Entry{Status: batch.Failed, HTTPStatus: 422, Code: "+1", Message: "=HYPERLINK(\"x\")", Attempts: 5, SentAt: at, RemoteID: "@x"},
		},
		{
			Row: row(3, "lone\rCR", "\\.", "\x00", "\xff"), Column: "",
			Entry: batch.Entry{Status: batch.Invalid, Code: "bad_encoding", Message: "bytes that are no text in utf-8"},
		},
		{Row: row(4, "a", "b,\"c\",d"), Entry: batch.Entry{Status: batch.Skipped}},
		{
			Row: row(5, "a", "b", "c", "d"), Request: "e", Provider: "paysafe",
			Entry: batch.Entry{Status: batch.NotSent, Code: "http_401", Message: "\tthe lane stopped"},
		},
		{
			Row: row(6, "a", "b", "c", "d"), Request: "e", Provider: "paysafe",
			Entry: batch.Entry{Status: batch.InDoubt, Code: "timeout", Message: "\rno answer", Attempts: 1, SentAt: at, Duration: time.Minute},
		},
	}
}

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	header, lines := sample()
	opts := result.Options{Path: filepath.Join(dir, "r.csv"), Errors: filepath.Join(dir, "e.csv"), Header: header}
	got, err := result.Write(sequence(lines), opts)
	if err != nil {
		t.Fatal(err)
	}
	if want := (result.Written{Path: opts.Path, Errors: opts.Errors, Lines: 6, ErrorLines: 4}); got != want {
		t.Errorf("written %+v", got)
	}
	golden(t, opts.Path, "result.golden")
	golden(t, opts.Errors, "errors.golden")
	onlyThese(t, dir, "e.csv", "r.csv")
	if info, err := os.Stat(opts.Path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
}

func golden(t *testing.T, path, name string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// onlyThese sees that nothing else is left in a folder.
func onlyThese(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the folder has %q, want %q", got, want)
	}
}

// TestCellsReadBack holds that a standard reader finds the source's cells as they were.
// (encoding/csv turns CRLF in quotes into LF, whoever wrote it.)
func TestCellsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a, \"\r\n\t;=\\.'"))))
		columns := rapid.IntRange(1, 5).Draw(rt, "columns")
		row := rapid.SliceOfN(cell, columns, columns)
		header := row.Draw(rt, "header")
		want := [][]string{header}
		var lines []batch.Result
		for i := range rapid.IntRange(0, 300).Draw(rt, "rows") {
			cells := header
			if i < 10 {
				cells = row.Draw(rt, "row")
			}
			want = append(want, cells)
			lines = append(lines, batch.Result{
				Row:   mapping.Row{Num: i + 1, Cells: cells},
				Entry: batch.Entry{Status: batch.Failed, Message: "m" + cells[0], Code: "c"},
			})
		}
		if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		got, err := csv.NewReader(f).ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		for i, all := range got {
			for j, text := range want[i] {
				if strings.ReplaceAll(text, "\r\n", "\n") != all[14+j] {
					rt.Fatalf("line %d, cell %d: %q became %q", i, j, text, all[14+j])
				}
			}
		}
		if len(got) != len(want) {
			rt.Fatalf("%d lines for %d", len(got), len(want))
		}
	})
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.csv")
	header, one := sample()
	var lines []batch.Result
	for range 60 { // more than one chunk
		lines = append(lines, one...)
	}
	if _, err := result.Write(sequence(lines), result.Options{Path: path, Header: header}); err != nil {
		t.Fatal(err)
	}
	n := 0
	for rec, err := range result.Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		want := lines[n]
		n++
		if int(rec.Row) != want.Row.Num || int(rec.Line.Line) != want.Row.Line || rec.Status != want.Status ||
			rec.HTTPStatus.N != want.HTTPStatus || int(rec.Attempts) != want.Attempts ||
			!rec.SentAt.Equal(want.SentAt.Truncate(time.Millisecond)) ||
			len(rec.Check) != 12 || len(rec.Cells) != len(header) {
			t.Fatalf("line %d: %+v", n, rec)
		}
	}
	if n != len(lines) {
		t.Errorf("%d lines", n)
	}
}

func TestReadRefuses(t *testing.T) {
	head := strings.Join(result.Columns(), ",") + ",a\n"
	for name, content := range map[string]string{
		"another table":     "a,b\n",
		"octal-like number": head + "010,2,,,failed,,,,,0,,,,,x\n",
		"grouped number":    head + "\"1,234\",2,,,failed,,,,,0,,,,,x\n",
		"local time":        head + "1,2,,,failed,,,,,0,2026-03-01 12:00,,,,x\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.csv")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			var last error
			for _, err := range result.Read(path) {
				last = err
			}
			if last == nil {
				t.Error("was read")
			}
		})
	}
}

func TestLinesThatFail(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("journal is damaged")
	header, lines := sample()
	seq := func(yield func(batch.Result, error) bool) {
		_ = yield(lines[0], nil) && yield(batch.Result{}, broken)
	}
	opts := result.Options{Path: filepath.Join(dir, "r.csv"), Errors: filepath.Join(dir, "e.csv"), Header: header}
	if _, err := result.Write(seq, opts); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	onlyThese(t, dir)
	wide := lines[0]
	wide.Row.Cells = append(wide.Row.Cells, "one more")
	if _, err := result.Write(sequence([]batch.Result{wide}), opts); err == nil {
		t.Error("a line with more cells than columns was written")
	}
	onlyThese(t, dir)
}

func BenchmarkWrite(b *testing.B) {
	header := strings.Split("a,b,c,d,e,f,g,h,i,j,k,l", ",")
	_, lines := sample()
	line := lines[0]
	line.Row.Cells = strings.Split("S0001,Ms,Maria,Keller,maria.keller@example.com,Hauptweg 5,10115,Berlin,DE,de,+4930123456,Active", ",")
	b.ReportAllocs()
	seq := func(yield func(batch.Result, error) bool) {
		for range b.N {
			if !yield(line, nil) {
				return
			}
		}
	}
	path := filepath.Join(b.TempDir(), "r.csv")
	if _, err := result.Write(seq, result.Options{Path: path, Header: header}); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size() / int64(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
