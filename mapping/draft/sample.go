package draft

import (
	"slices"

	"rowpost/mapping"
)

// The bounds of a sample: enough rows to tell a day from a month and a code from a
// name, and little memory whatever the table is.
const (
	sampleRows  = 2000
	sampleBytes = 32 << 20
)

// Sample is some rows of a table, spread evenly over it. Fill it with [Sample.Add].
type Sample struct {
	header []string
	rows   [][]string
	every  int // one row in so many
	seen   int
	bytes  int
	total  int
}

// NewSample makes an empty sample of a table with so many rows in total.
func NewSample(header []string, total int) *Sample {
	return &Sample{header: slices.Clone(header), every: max(1, (total+sampleRows-1)/sampleRows), total: total}
}

// Add shows the sample the next row of the table; it keeps some of them, and none with a
// fault. The row's cells are copied.
func (s *Sample) Add(row mapping.Row) {
	s.seen++
	if (s.seen-1)%s.every != 0 || row.Fault != nil || s.bytes > sampleBytes {
		return
	}
	for _, cell := range row.Cells {
		s.bytes += len(cell) + 16
	}
	s.rows = append(s.rows, slices.Clone(row.Cells))
}

// Len gives the number of rows kept.
func (s *Sample) Len() int { return len(s.rows) }
