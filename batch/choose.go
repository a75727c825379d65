package batch

import "slices"

// Choice says which rows of a table --rows, --limit and --sample include, in one reading of it.
type Choice struct{ c chooser }

// NewChoice begins a reading.
func (o Options) NewChoice() *Choice { return &Choice{chooser{options: o}} }

// Take says whether a line is chosen. It is asked for each line, in order.
func (c *Choice) Take(l *Line) bool { return c.c.take(l) }

// chooser follows one reading of the table.
type chooser struct {
	options Options
	taken   int
	last    int // the row that was taken last
	// over says that no later line is chosen either.
	over bool
}

// take says whether a line is chosen. Rows are counted as people know them: in an
// earlier result several lines may be one row, and their order may be any.
func (c *chooser) take(l *Line) bool {
	o, row := c.options, l.Shown()
	if row < o.From || o.To > 0 && row > o.To {
		c.over = o.To > 0 && row > o.To && l.Before == nil
		return false
	}
	if o.Limit > 0 {
		if row != c.last {
			c.taken++
			c.last = row
		}
		if c.over = c.taken > o.Limit; c.over {
			return false
		}
	}
	return o.Only == nil || c.isOne(row, l.Before == nil)
}

// isOne says whether a row is among those that are taken only.
func (c *chooser) isOne(row int, inOrder bool) bool {
	only := c.options.Only
	_, found := slices.BinarySearch(only, row)
	c.over = inOrder && (len(only) == 0 || row > only[len(only)-1])
	return found
}
