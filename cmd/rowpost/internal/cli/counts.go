package cli

import "rowpost/batch"

// statuses lists what can become of a line, in the order of the summary.
func statuses() []batch.Status {
	return []batch.Status{
		batch.Succeeded, batch.Failed, batch.Invalid, batch.Skipped, batch.InDoubt, batch.NotSent,
	}
}

// counts is how many lines have each status.
type counts struct {
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Invalid   int `json:"invalid"`
	Skipped   int `json:"skipped"`
	InDoubt   int `json:"in_doubt"`
	NotSent   int `json:"not_sent"`
}

// of gives the place where a status is counted, nil for one that does not exist.
func (c *counts) of(s batch.Status) *int {
	switch s {
	case batch.Succeeded:
		return &c.Succeeded
	case batch.Failed:
		return &c.Failed
	case batch.Invalid:
		return &c.Invalid
	case batch.Skipped:
		return &c.Skipped
	case batch.InDoubt:
		return &c.InDoubt
	case batch.NotSent:
		return &c.NotSent
	}
	return nil
}

// add counts a line. A status that does not exist is counted as in doubt: whatever
// it means, nobody confirmed it.
func (c *counts) add(s batch.Status) {
	place := c.of(s)
	if place == nil {
		place = &c.InDoubt
	}
	*place++
}

func (c *counts) total() int {
	return c.Succeeded + c.Failed + c.Invalid + c.Skipped + c.InDoubt + c.NotSent
}

func (c *counts) allFine() bool { return c.Succeeded+c.Skipped == c.total() }
