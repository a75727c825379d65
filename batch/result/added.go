package result

import (
	"math/bits"
	"slices"
	"strings"

	"rowpost/batch"
)

// People write remarks into columns that they add. The hash in rp_check is of the columns
// that were there, and nothing says which these were: but where it fits a line without some
// of the cells, those were not there, and all others were.

// columns is what the first reading finds out about which columns were there before.
type columns struct {
	own     []bool // a line that is not edited has a cell in it
	samples []sample
	size    int // bytes of the samples' cells
}

// sample is a line that looks edited.
type sample struct {
	request, hash string
	cells         []string
}

const (
	maxSamples    = 64
	maxSampleSize = 1 << 20 // bytes, all together
	// maxTries bounds what is tried of one sample: all sets of so many filled cells.
	maxTriedCells = 10
)

func (c *columns) learn(line *batch.Line, hash string) {
	if len(c.own) < len(line.Cells) {
		c.own = append(c.own, make([]bool, len(line.Cells)-len(c.own))...)
	}
	if !line.Before.Edited {
		c.keep(line.Cells)
		return
	}
	if len(c.samples) == maxSamples || c.size > maxSampleSize {
		return
	}
	s := sample{request: strings.Clone(line.Before.Request), hash: strings.Clone(hash)}
	for _, cell := range line.Cells {
		s.cells = append(s.cells, strings.Clone(cell))
		c.size += len(cell)
	}
	c.samples = append(c.samples, s)
}

// keep notes which columns were there when a line was written.
func (c *columns) keep(cells []string) {
	for i, cell := range cells {
		c.own[i] = c.own[i] || cell != ""
	}
}

// added gives the columns that were not there, as far as the samples tell.
func (c *columns) added(check *checker, may func(column int) bool) []int {
	var gone []int
	for _, s := range c.samples {
		var filled []int
		for i, cell := range s.cells {
			if cell != "" && !c.own[i] && may(i) {
				filled = append(filled, i)
			}
		}
		without, ok := s.fit(check, filled)
		if !ok {
			continue
		}
		cells := slices.Clone(s.cells)
		blank(cells, without)
		c.keep(cells)
		gone = append(gone, without...)
	}
	slices.Sort(gone)
	return slices.DeleteFunc(slices.Compact(gone), func(i int) bool { return c.own[i] })
}

// fit finds the smallest set of cells without which the hash fits. Of many filled cells only
// the last ones are tried: there people add columns.
func (s *sample) fit(check *checker, filled []int) ([]int, bool) {
	filled = filled[max(0, len(filled)-maxTriedCells):]
	for size := 1; size <= len(filled); size++ {
		for set := range uint(1) << len(filled) {
			if bits.OnesCount(set) != size {
				continue
			}
			var without []int
			for at, i := range filled {
				if set&(1<<at) != 0 {
					without = append(without, i)
				}
			}
			cells := slices.Clone(s.cells)
			blank(cells, without)
			if check.of(cells, s.request) == s.hash {
				return without, true
			}
		}
	}
	return nil, false
}

// blank empties cells: the hash of a row is the same without them.
func blank(cells []string, columns []int) {
	for _, i := range columns {
		if i < len(cells) {
			cells[i] = ""
		}
	}
}

// Added implements [batch.Reimport], once [Table.FindAdded] has found them.
func (t *Table) Added() []int { return t.added }

// FindAdded finds the columns that people added since the result was written, and no longer
// takes what stands in them for an edit. Those that are used, which are given by name, count
// as part of the row in any case. It reads the table once more if there are any, and must not
// be called while lines are read. An error is the table's.
func (t *Table) FindAdded(used []string) error {
	added := t.columns.added(t.check, func(i int) bool { return i >= len(t.header) || !slices.Contains(used, t.header[i]) })
	t.columns.samples = nil
	if len(added) == 0 {
		return nil
	}
	t.added = added
	for _, i := range added {
		t.stats.Added = append(t.stats.Added, t.header[i])
	}
	r := reader{layout: &t.layout}
	var cells []string
	for row, err := range t.table.Rows() {
		if err != nil {
			return err
		}
		if !t.wasEdited(row.Num) {
			continue
		}
		line := r.line(row)
		hash, _ := splitCheck(row.Cells[t.layout.check])
		cells = append(cells[:0], line.Cells...)
		blank(cells, added)
		if t.check.of(cells, line.Before.Request) != hash {
			continue
		}
		t.edited[(row.Num-1)/64] &^= 1 << ((row.Num - 1) % 64)
		t.stats.Edited--
		if line.Before.Status == batch.Succeeded {
			t.stats.EditedDone--
		}
	}
	return nil
}
