package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"rowpost/batch"
)

// What a request takes on the disk, in bytes, where nothing better is known: in the journal,
// and in the result beside the row's own columns.
const (
	journalLine = 120
	resultLine  = 150
)

// needs is about how many bytes must still be free, by folders.
type needs []need

type need struct {
	dir   string
	bytes int64
}

// needs estimates what the rest of a run takes, when so many rows are left of it: their
// part of the journal, and the result of all rows.
func (s *send) needs(left int) needs {
	facts := s.table.Facts()
	rows, requests := max(1, facts.Rows), int64(len(s.binding.Requests()))
	row := journalLine * requests
	if done := int64(facts.Rows - left); done > 0 {
		row = max(row, s.record.written()/done)
	}
	return gather(
		need{s.record.dir, row * int64(left)},
		need{filepath.Dir(absolute(s.out.result)), requests * (facts.Size + resultLine*int64(rows))},
	)
}

// gather puts together what is on one disk, as far as that is known.
func gather(state, result need) needs {
	_, a, okA := spaceAt(state.dir)
	_, b, okB := spaceAt(result.dir)
	if state.dir == result.dir || okA && okB && a == b {
		return needs{{state.dir, state.bytes + result.bytes}}
	}
	return needs{state, result}
}

// String names sizes and folders.
func (n needs) String() string {
	texts := make([]string, len(n))
	for i, one := range n {
		texts[i] = fmt.Sprintf("%s in %s", sizeText(one.bytes), one.dir)
	}
	return strings.Join(texts, " and ")
}

// warnings are about the disks that are too small for that already.
func (n needs) warnings() []string {
	var out []string
	for _, one := range n {
		if free, _, ok := spaceAt(one.dir); ok && free < one.bytes {
			out = append(out, fmt.Sprintf("%s has %s free, and this run may need about %s there: if the disk runs full, the run stops, and the same command goes on once there is room",
				one.dir, sizeText(free), sizeText(one.bytes)))
		}
	}
	return out
}

// sizeText is a number of bytes as people read it, in powers of ten.
func sizeText(n int64) string {
	units := []string{"kB", "MB", "GB", "TB", "PB"}
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	size, unit := float64(n)/1000, 0
	for size >= 999.5 && unit < len(units)-1 {
		size, unit = size/1000, unit+1
	}
	if size < 9.95 {
		return fmt.Sprintf("%.1f %s", size, units[unit])
	}
	return fmt.Sprintf("%.0f %s", size, units[unit])
}

// isFull says that a disk, or what the user may have of it, is used up. (System Error Codes
// of Windows: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL)
func isFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	no, ok := errors.AsType[syscall.Errno](err)
	return ok && runtime.GOOS == "windows" && (no == 39 || no == 112)
}

// rowsLeft are those of the table that a lane is not done with.
func (s *send) rowsLeft(p *batch.Progress) int {
	total := s.table.Facts().Rows
	left := 0
	select {
	case <-p.Ready:
	default:
		return total
	}
	for _, lane := range p.Lanes {
		left = max(left, total-int(lane.Rows.Load()))
	}
	return left
}

// written is how much of the journal this start has written, in bytes.
func (r *record) written() int64 {
	if r.journal == nil {
		return 0
	}
	return r.journal.Size()
}
