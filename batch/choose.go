package batch

// Choice says which rows of a table --rows and --limit include, in one reading of it.
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
	if o.Limit == 0 {
		return true
	}
	if row != c.last {
		c.taken++
		c.last = row
	}
	c.over = c.taken > o.Limit
	return !c.over
}
