package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"rowpost/batch"
	"rowpost/mapping"
)

// planRows is what plan finds out from the rows: nothing of a row is kept but the
// first request of each kind.
type planRows struct {
	l         *load
	choice    *batch.Choice
	engine    batch.Options
	evaluator *mapping.Evaluator
	baseURLs  map[string]string
	bound     []mapping.BoundRequest
	requests  []planRequest
	chosen    int    // rows
	skipped   int    // rows that make no request
	faulty    int    // rows that are invalid as a whole
	settled   counts // lines of an earlier result that are not sent
	invalid   int    // lines that run would write as invalid
	problems  map[problemKey]*planProblem
}

// planRequest is what becomes of one of the mapping's requests; the names of its
// fields are stable.
type planRequest struct {
	Request   string `json:"request"`
	Provider  string `json:"provider"`
	Operation string `json:"operation"`
	Sent      int    `json:"sent"`
	Skipped   int    `json:"skipped"` // rows for which its condition does not hold
	Invalid   int    `json:"invalid"`
	First     int    `json:"first_row,omitempty"` // the row of the sample
	Sample    string `json:"sample,omitempty"`    // as HTTP
	Curl      string `json:"curl,omitempty"`      // as a line for a shell; variables stand for secrets
}

type problemKey struct{ request, column, field, code string }

// planProblem is invalid lines of one cause; the names of its fields are stable.
type planProblem struct {
	Request string `json:"request,omitempty"`
	Column  string `json:"column,omitempty"`
	Field   string `json:"field,omitempty"`
	Code    string `json:"code"`
	Count   int    `json:"count"`
	Rows    []int  `json:"rows"`  // the first ones
	Lines   []int  `json:"lines"` // where these rows start in the file
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func newPlanRows(l *load, baseURLs map[string]string) *planRows {
	r := &planRows{
		l: l, choice: l.opts.engine().NewChoice(), engine: l.opts.engine(), evaluator: l.binding.Evaluator(), baseURLs: baseURLs,
		bound: l.binding.Requests(), problems: map[problemKey]*planProblem{},
	}
	for _, b := range r.bound {
		r.requests = append(r.requests, planRequest{Request: b.ID, Provider: b.Provider, Operation: b.Operation})
	}
	return r
}

// add checks one row as the engine would before sending it.
func (r *planRows) add(line *batch.Line) {
	if !r.choice.Take(line) {
		return
	}
	r.chosen++
	if e, ok := batch.SettledBefore(line, r.engine.Again); ok {
		r.settled.add(e.Status)
		return
	}
	row, only := line.Row, ""
	if line.Before != nil {
		row.Num, only = line.Before.Num, line.Before.Request
	}
	if row.Fault != nil {
		r.faulty++
		r.problem("", row, row.Fault)
		return
	}
	drafts := slices.DeleteFunc(r.evaluator.Records(row), func(d mapping.Draft) bool {
		return only != "" && r.bound[d.Request].ID != only
	})
	if len(drafts) == 0 {
		r.skipped++
	}
	for i := range r.requests {
		if only == "" || r.requests[i].Request == only {
			r.requests[i].Skipped++
		}
	}
	for _, d := range drafts {
		r.requests[d.Request].Skipped--
		r.draft(row, d)
	}
}

func (r *planRows) draft(row mapping.Row, d mapping.Draft) {
	q := &r.requests[d.Request]
	fault := d.Err
	if fault == nil {
		_, err := r.l.targets[d.Request].Operation.Build(d.Record)
		fault = r.buildFault(d.Request, err)
	}
	if fault != nil {
		q.Invalid++
		r.problem(q.Request, row, fault)
		return
	}
	q.Sent++
	if q.Sample == "" {
		q.First = row.Num
		q.Sample, q.Curl = r.sample(d)
	}
}

// buildFault is why a provider cannot build a request, with the column that feeds the
// field at fault; nil if it can.
func (r *planRows) buildFault(request int, err error) *mapping.CellError {
	if err == nil {
		return nil
	}
	cell, ok := errors.AsType[*mapping.CellError](err)
	if !ok {
		return &mapping.CellError{Code: mapping.CodeBadValue, Msg: "the request cannot be built"}
	}
	out := *cell
	if out.Column == "" && out.Field != "" {
		out.Column = r.l.binding.Column(request, out.Field)
	}
	return &out
}

func (r *planRows) problem(request string, row mapping.Row, fault *mapping.CellError) {
	r.invalid++
	key := problemKey{request, fault.Column, fault.Field, fault.Code}
	p := r.problems[key]
	if p == nil {
		p = &planProblem{Request: request, Column: fault.Column, Field: fault.Field, Code: fault.Code, Message: fault.Msg, Hint: fault.Hint}
		r.problems[key] = p
	}
	p.Count++
	if len(p.Rows) < firstRows {
		p.Rows = append(p.Rows, row.Num)
		p.Lines = append(p.Lines, row.Line)
	}
}

func (r *planRows) sample(d mapping.Draft) (text, curl string) {
	target := r.l.targets[d.Request]
	constants := map[string]bool{}
	for _, o := range r.l.binding.Origins(d.Request) {
		constants[o.Field.Name] = len(o.Columns) == 0
	}
	fromCell := func(field string) bool { return !constants[field] }
	text, curl, err := preview(target, r.engine.UserAgent, r.baseURLs[r.bound[d.Request].Provider], d.Record, fromCell, r.l.opts.showValues)
	if err != nil {
		return fmt.Sprintf("(the masked request cannot be built: %s; --show-values shows it)\n", err), ""
	}
	return text, curl
}

// sorted gives the problems, most frequent first.
func (r *planRows) sorted() []*planProblem {
	out := []*planProblem{}
	for _, p := range r.problems {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *planProblem) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rows[0], b.Rows[0]),
			cmp.Compare(a.Request, b.Request), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Code, b.Code))
	})
	return out
}
