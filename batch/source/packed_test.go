package source_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"rowpost/batch/source"
	"rowpost/mapping"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	return compressed(t, &b, gzip.NewWriter(&b), text)
}

func zstandard(t testing.TB, text string, opts ...zstd.EOption) string {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return compressed(t, &b, w, text)
}

func compressed(t testing.TB, b *bytes.Buffer, w io.WriteCloser, text string) string {
	t.Helper()
	_, err := io.WriteString(w, text)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCompressed(t *testing.T) {
	text := "\xef\xbb\xbfa;b\r\n1;\"2\r\n\"\r\n" + strings.Repeat("x;"+strings.Repeat("y", 4000)+"\n", 300)
	plain, err := open(t, write(t, text), mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := rows(t, plain)
	half := len(text) / 2
	for name, tc := range map[string]struct{ content, compression string }{
		"gzip":              {gzipped(t, text), "gzip"},
		"gzip in two parts": {gzipped(t, text[:half]) + gzipped(t, text[half:]), "gzip"},
		"zstd":              {zstandard(t, text), "zstd"},
		"zstd in two parts": {zstandard(t, text[:half]) + zstandard(t, text[half:]), "zstd"},
		"zstd, slowest":     {zstandard(t, text, zstd.WithEncoderLevel(zstd.SpeedBestCompression)), "zstd"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, tc.content)
			table, err := open(t, path, mapping.SourceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			facts := plain.Facts()
			facts.Compression = tc.compression
			if diff := cmp.Diff(facts, table.Facts()); diff != "" {
				t.Error("it is not the same table: " + diff)
			}
			if diff := cmp.Diff(want, rows(t, table)); diff != "" {
				t.Error(diff)
			}
			if sum, err := source.Digest(path); err != nil || sum != sha256.Sum256([]byte(text)) {
				t.Errorf("digest %x, %v", sum, err)
			}
			if head, err := source.Head(path, 6); err != nil || string(head) != text[:6] {
				t.Errorf("it starts with %q, %v", head, err)
			}
		})
	}
}

// TestCompressedWorkbook is a workbook that somebody packed once more, for a mail.
func TestCompressedWorkbook(t *testing.T) {
	path := workbook(t, [][]string{{"Id", "Name"}, {"00123", "Müller"}})
	book, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	packed := write(t, gzipped(t, string(book)))
	table, err := source.Open(packed, mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, table)
	got := rows(t, table)
	if len(got) != 1 || got[0].Cells[0] != "00123" || got[0].Cells[1] != "Müller" {
		t.Errorf("got %v", got)
	}
	if f := table.Facts(); f.Compression != "gzip" || f.Sheet != "Sheet1" || f.SHA256 != sha256.Sum256(book) {
		t.Errorf("facts %+v", f)
	}
	if err := table.Recheck(); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	// Messages call the table what the opener was told to.
	_, err = source.Opener{Name: "standard input"}.Open(packed, mapping.SourceOptions{Sheet: "Kunden"})
	if err == nil || err.Error() != `standard input: has no sheet "Kunden"; it has "Sheet1"` {
		t.Errorf("error %v", err)
	}
}

// largeWindow is a zstd frame of one block as it is, "a,b\n", that claims to refer 64 MiB back.
const largeWindow = "\x28\xb5\x2f\xfd\x00\x80\x21\x00\x00a,b\n"

func TestCompressedRefused(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,2\n3,4\n", 1000)
	zip, zst := gzipped(t, text), zstandard(t, text)
	for name, tc := range map[string]struct{ content, want string }{
		"gzip breaks off":       {zip[:len(zip)/2], "is not whole: its gzip data breaks off"},
		"gzip of a few bytes":   {zip[:4], "is not whole: its gzip data breaks off"},
		"gzip with a wrong sum": {zip[:len(zip)-8] + "12345678", "is damaged: its gzip data cannot be unpacked"},
		"gzip, then no gzip":    {zip + text, "is damaged: its gzip data cannot be unpacked"},
		"zstd breaks off":       {zst[:len(zst)/2], "is not whole: its zstd data breaks off"},
		"zstd with a wrong sum": {zst[:len(zst)-2] + "12", "is damaged: its zstd data cannot be unpacked"},
		"twice":                 {gzipped(t, zip), "is compressed twice, with gzip at last, not a CSV file"},
		"an empty table":        {gzipped(t, ""), "is empty: it has not even a header"},
		"a bomb":                {zstandard(t, strings.Repeat("a,b\n", 17<<20)), "unpacks to more than 250 times its size"},
		"zstd with much memory": {largeWindow, "needs more than 32 MiB of memory to unpack"},
		"a table at fault":      {gzipped(t, "a,b\n1,\"2\n"), `line 2, column "b": a quote opens here and is never closed`},
	} {
		t.Run(name, func(t *testing.T) {
			path, spool := write(t, tc.content), t.TempDir()
			_, err := source.Opener{Spool: spool, Name: "the table"}.Open(path, mapping.SourceOptions{})
			var e *source.Error
			if !errors.As(err, &e) || e.Error() != "the table: "+tc.want || e.Kind != source.Refused || e.Hint == "" {
				t.Errorf("error %v, want %s", err, tc.want)
			}
			checkEmpty(t, spool)
		})
	}
}

// TestManySmallRowsAreNoBomb: below the bound's floor, any ratio is a table's.
func TestManySmallRowsAreNoBomb(t *testing.T) {
	table, err := open(t, write(t, zstandard(t, strings.Repeat("a,b\n", 1<<20))), mapping.SourceOptions{})
	if err != nil || table.Total() != 1<<20-1 {
		t.Fatal(err)
	}
}

func TestSpool(t *testing.T) {
	spool, path := t.TempDir(), write(t, gzipped(t, manyRows("older", large)))
	table, err := source.Opener{Spool: spool}.Open(path, mapping.SourceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// The copy is read: what becomes of the file is nothing to the rows, and is said at the end.
	change := func() error { return overwrite(path, "\x00\x00\x00\x00", 100) }
	checkWhole(t, "the reading under way", readWhile(t, table, change), true)
	checkChanged(t, table.Recheck())
	if err := table.Close(); err != nil {
		t.Error(err)
	}
	checkEmpty(t, spool)
}

func TestSpoolWithoutAPlace(t *testing.T) {
	_, err := source.Opener{Spool: filepath.Join(t.TempDir(), "none")}.Open(write(t, gzipped(t, "a\n1\n")), mapping.SourceOptions{})
	var e *source.Error
	if !errors.As(err, &e) || e.Kind != source.Unreadable || !errors.Is(err, os.ErrNotExist) || !strings.Contains(e.Hint, "TMPDIR") {
		t.Errorf("error %v", err)
	}
}

func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
