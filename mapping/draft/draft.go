// Package draft proposes a mapping for a table that nobody has mapped yet.
//
// It compares the names of the table's columns with those of an operation's fields, in
// several languages (words.txt), and looks at a sample of the cells: an e-mail column is
// one whatever it is called. Each field gets the column that suits all fields together
// best, with the transforms that its cells need. What is proposed is tried on the sample
// by the very code that a run uses, and what nobody can know is left to the person who
// reads the draft, in words.
//
// It is pure, and knows the table by a [Sample] and the API by its [mapping.Target] only.
package draft

import (
	"slices"

	"rowpost/mapping"
)

// Draft is a proposal: what each request takes from the table.
type Draft struct {
	Requests []Request
	// Strange are the operations, as provider/operation, none of whose fields the table seems
	// to have. If all are, the draft is no mapping.
	Strange []string
	// Unused are the columns that no request reads, in the table's order.
	Unused []Unused

	sample *Sample
}

// Request is the proposal for one request of each row.
type Request struct {
	ID                  string
	Provider, Operation string
	// When is the condition on a row; empty: every row.
	When   string
	Fields []Field // those that have a source, in the schema's order
	// Missing are required fields for which nothing was found, in the schema's order.
	Missing []mapping.Field
	// MissingGroups are rules over several fields that nothing was found for.
	MissingGroups []mapping.Group
	// Left are optional fields for which nothing was found.
	Left []string
	// Secret are optional secret fields: none is proposed, as a column of passwords may be
	// in a table for another reason.
	Secret []string

	key []*column // without which the request names no object
}

// Field is the proposal for one field.
type Field struct {
	Name string
	// Columns are those that it is made of, in the order of their use; none for a constant.
	Columns []string
	// Source is what stands behind the field's name in the mapping, in YAML on one line.
	Source string
	// Score tells how sure the choice is, from 0 to 1.
	Score float64
	// Why is what speaks for it, in a few words.
	Why string
	// Checks are what a person should look at, Notes what is good to know, a sentence each.
	// They hold no cells but the few distinct words of a column of codes.
	Checks, Notes []string
}

// Sure is the score from which a choice needs nobody's eye.
const Sure = 0.8

// Unused is a column that no request reads.
type Unused struct {
	Column string
	// Note says what the cells look like, and the transform that reads them; may be empty.
	Note string

	status string // a condition that it suggests; may be empty
}

// Complete says whether all that the operations require was found: then the draft binds.
func (d *Draft) Complete() bool {
	return len(d.Requests) > 0 && !slices.ContainsFunc(d.Requests, func(r Request) bool {
		return len(r.Missing) > 0 || len(r.MissingGroups) > 0
	})
}

// New proposes a mapping of the sampled table to operations, each independent of the
// others.
func New(s *Sample, targets []mapping.Target) *Draft {
	d := &Draft{sample: s}
	t := newTable(s)
	for _, target := range targets {
		requests := t.requests(target)
		if len(requests) == 0 {
			d.Strange = append(d.Strange, target.Provider+"/"+target.Operation)
		}
		d.Requests = append(d.Requests, requests...)
	}
	numberIDs(d.Requests)
	if len(d.Requests) > 1 {
		t.guard(d.Requests)
	}
	d.Unused = t.unused(d.Requests)
	return d
}
