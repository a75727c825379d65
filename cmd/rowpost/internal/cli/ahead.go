package cli

import (
	"iter"

	"golang.org/x/sync/errgroup"

	"rowpost/batch"
)

// aheadLines is how many lines are handed over at once: enough that handing over costs
// nothing, and so few that they are still in the processor's cache.
const aheadLines = 256

// aheadBytes of cells make it fewer: a row may have 4 MiB.
const aheadBytes = 1 << 20

// ahead gives the same lines, read by a goroutine of its own while earlier ones are dealt
// with. It is at most two parcels ahead, and has ended when the loop over the lines has.
func ahead(lines iter.Seq2[batch.Result, error]) iter.Seq2[batch.Result, error] {
	return func(yield func(batch.Result, error) bool) {
		full, empty := make(chan *parcel), make(chan *parcel, 2)
		empty <- &parcel{}
		empty <- &parcel{}
		left := make(chan struct{})
		var reader errgroup.Group
		reader.Go(func() error {
			defer close(full)
			fillParcels(lines, full, empty, left)
			return nil
		})
		defer func() { _ = reader.Wait() }()
		defer close(left)
		for p := range full {
			if !p.each(yield) {
				return
			}
			empty <- p
		}
	}
}

// parcel is a number of lines with memory of their own, and the error behind them.
type parcel struct {
	lines []batch.Result
	cells []string
	bytes int // of cells
	err   error
}

// fillParcels reads the lines to their end, or until left is closed.
func fillParcels(lines iter.Seq2[batch.Result, error], full chan<- *parcel, empty <-chan *parcel, left <-chan struct{}) {
	p := <-empty
	send := func() bool {
		select {
		case full <- p:
		case <-left:
			return false
		}
		select {
		case p = <-empty:
		case <-left:
			return false
		}
		clear(p.cells)
		p.lines, p.cells, p.bytes = p.lines[:0], p.cells[:0], 0
		return true
	}
	for line, err := range lines {
		if p.err = err; err != nil {
			break
		}
		p.add(line)
		if (len(p.lines) == aheadLines || p.bytes >= aheadBytes) && !send() {
			return
		}
	}
	send()
}

// add copies a line: its cells belong to the source.
func (p *parcel) add(line batch.Result) {
	from := len(p.cells)
	p.cells = append(p.cells, line.Row.Cells...)
	line.Row.Cells = p.cells[from:len(p.cells):len(p.cells)]
	for _, c := range line.Row.Cells {
		p.bytes += len(c)
	}
	p.lines = append(p.lines, line)
}

func (p *parcel) each(yield func(batch.Result, error) bool) bool {
	for _, line := range p.lines {
		if !yield(line, nil) {
			return false
		}
	}
	return p.err == nil || yield(batch.Result{}, p.err)
}
