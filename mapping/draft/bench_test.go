package draft_test

import (
	"fmt"
	"strconv"
	"testing"

	"rowpost/mapping"
	"rowpost/mapping/draft"
)

// BenchmarkWideTable: a thousand columns that mean nothing, among them three that do.
func BenchmarkWideTable(b *testing.B) {
	words := []string{"Bonn", "a@b.de", "Deutschland", "1.234,50", "01.02.2003", "+49 30 1234", "Frau", "lorem ipsum"}
	header := []string{"E-Mail", "Land", "Abo-Nr."}
	for i := range 1000 {
		header = append(header, fmt.Sprintf("Spalte %d", i))
	}
	s := draft.NewSample(header, 1000)
	for n := range 1000 {
		cells := []string{"a@b.de", "DE", "S" + strconv.Itoa(n)}
		for i := range 1000 {
			cells = append(cells, words[(i*7+n*3+i*n)%len(words)]+strconv.Itoa(n%50))
		}
		s.Add(mapping.Row{Num: n + 1, Line: n + 2, Cells: cells})
	}
	targets := builtIn()[:1]
	for b.Loop() {
		draft.New(s, targets)
	}
}
