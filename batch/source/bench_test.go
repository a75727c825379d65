package source_test

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"rowpost/batch/source"
	"rowpost/mapping"
)

// contacts writes a table of 12 columns as exports have them.
func contacts(b *testing.B, size int64, format string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "contacts.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "Subscription,Salutation,Firstname,Lastname,E-Mail,Street,ZIP,City,Country,Lang,Phone,Status")
	written := int64(0)
	for i := 0; written < size; i++ {
		n, err := fmt.Fprintf(w, format, i, i, i)
		if err != nil {
			b.Fatal(err)
		}
		written += int64(n)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

const (
	plainRow  = "S%08d,Ms,Maria,Keller,maria.keller.%d@example.com,Hauptweg 5,10115,Berlin,DE,de,+49301234%05d,Active\n"
	quotedRow = "\"S%08d\",\"Ms\",\"Maria\",\"Keller\",\"maria.keller.%d@example.com\",\"Hauptweg 5\",\"10115\",\"Berlin\",\"DE\",\"de\",\"+49301234%05d\",\"Active\"\n"
)

func BenchmarkOpen(b *testing.B) {
	const size = 200 << 20
	for name, format := range map[string]string{"plain": plainRow, "quoted": quotedRow} {
		b.Run(name, func(b *testing.B) {
			path := contacts(b, size, format)
			b.SetBytes(size)
			for b.Loop() {
				table, err := source.Open(path, mapping.SourceOptions{})
				if err == nil {
					err = table.Close()
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	for name, format := range map[string]string{"plain": plainRow, "quoted": quotedRow} {
		path := contacts(b, 4<<20, format)
		table, err := open(b, path, mapping.SourceOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/source", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes((4 << 20) / int64(table.Total()))
			for n := 0; n < b.N; {
				for row, err := range table.Rows() {
					if err != nil || row.Fault != nil {
						b.Fatal(err, row.Fault)
					}
					if n++; n == b.N {
						break
					}
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run(name+"/encoding_csv", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes((4 << 20) / int64(table.Total()))
			for n := 0; n < b.N; {
				n = readStandard(b, path, n)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func readStandard(b *testing.B, path string, n int) int {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for n < b.N {
		_, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}
