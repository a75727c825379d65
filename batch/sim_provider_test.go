package batch

import (
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"rowpost/mapping"
	"rowpost/providers"
)

// simProvider has an operation for each of the mapping's requests that are its own, so
// that a request's path tells which it is: /put/<request>/<row>.
type simProvider struct {
	fakeProvider
	operations []providers.Operation
}

func (p simProvider) Operations() []providers.Operation { return p.operations }

// simOp is an operation of a simProvider.
type simOp struct {
	request int
	kind    simKind
}

var simSchema = &mapping.Schema{
	Fields: []mapping.Field{{Name: "id", Required: true}, {Name: "row"}, {Name: "value"}},
	Key:    []mapping.KeyField{{Field: "id", Of: "thing"}},
}

func (o simOp) Describe() providers.OperationDescription {
	return providers.OperationDescription{
		Name: fmt.Sprintf("op%d", o.request), Method: http.MethodPut, Path: "/put", Schema: simSchema,
		SafeToRepeat: o.kind == simSafe,
	}
}

func (o simOp) Build(r mapping.Record) (providers.Request, error) {
	row, _ := r.Get(1)
	value, _ := r.Get(2)
	if value == "refuse" {
		return providers.Request{}, &mapping.CellError{Field: "value", Code: mapping.CodeBadValue, Msg: "not this value"}
	}
	return providers.Request{Method: http.MethodPut, Path: fmt.Sprintf("/put/%d/%s", o.request, row), Body: []byte(value)}, nil
}

func (o simOp) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	out := providers.Outcome{Code: "http_" + strconv.Itoa(r.Status), Message: string(r.Body), RetryAfter: providers.RetryAfter(r)}
	switch {
	case r.Status == http.StatusOK && string(r.Body) == "ok" && !r.Incomplete:
		return providers.Outcome{Kind: providers.Succeeded, ID: "remote"}
	case r.Status == http.StatusUnprocessableEntity:
		out.Kind, out.Code, out.Field = providers.Rejected, string(r.Body), "value"
	case r.Status == http.StatusUnauthorized:
		out.Kind = providers.Fatal
	case r.Status == http.StatusTooManyRequests:
		out.Kind = providers.Throttled
	case r.Status == http.StatusServiceUnavailable:
		out.Kind = providers.Transient
	}
	return out
}

// simLookupOp is one whose doubts can be settled by asking.
type simLookupOp struct{ simOp }

func (o simLookupOp) Lookup(r providers.Request) (providers.Request, bool) {
	return providers.Request{Method: http.MethodGet, Path: "/look/" + strings.TrimPrefix(r.Path, "/put/")}, true
}

func (o simLookupOp) Settle(asked, _ providers.Request, r providers.Response) providers.Outcome {
	return o.Interpret(asked, r)
}

// operation is the mapping's request as its provider has it.
func (p *simPlan) operation(request int) providers.Operation {
	op := simOp{request, p.requests[request].kind}
	if op.kind == simLookup {
		return simLookupOp{op}
	}
	return op
}

// targets are the operations of the mapping's requests.
func (p *simPlan) targets() []Target {
	of := make([]simProvider, len(p.lanes))
	for i, l := range p.lanes {
		of[i].fakeProvider = fakeProvider{name: l.name, scheme: l.scheme}
	}
	for i, q := range p.requests {
		of[q.lane].operations = append(of[q.lane].operations, p.operation(i))
	}
	var out []Target
	for i, q := range p.requests {
		out = append(out, Target{of[q.lane], p.operation(i)})
	}
	return out
}

// simBindings are mappings that were bound before: worlds with the same requests share one.
type simBindings map[string]*mapping.Binding

// bind gives the mapping of a plan. A row makes the requests whose column says y.
func (b simBindings) bind(t testing.TB, p *simPlan) *mapping.Binding {
	t.Helper()
	var text strings.Builder
	text.WriteString("version: 1\nrequests:\n")
	targets := make([]mapping.Target, 0, len(p.requests))
	for i, q := range p.requests {
		name := p.lanes[q.lane].name
		fmt.Fprintf(&text, "  - {id: r%d, provider: %s, operation: op%d, when: 'u%d == \"y\"', fields: {id: id, row: row, value: value}}\n", i, name, i, i)
		targets = append(targets, mapping.Target{Provider: name, Operation: fmt.Sprintf("op%d", i), Schema: simSchema})
	}
	if known := b[text.String()]; known != nil {
		return known
	}
	m, err := mapping.Parse("map.yaml", []byte(text.String()), fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	bound, err := m.Bind(simTable{}.Header(), targets)
	if err != nil {
		t.Fatal(err)
	}
	b[text.String()] = bound
	return bound
}

// simTable is a plan's table as a source.
type simTable struct{ rows []simRow }

func (simTable) Header() []string {
	return []string{"id", "row", "value", "u0", "u1", "u2", "u3"}
}

func (t simTable) Total() int { return len(t.rows) }

func (t simTable) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		cells := make([]string, 7) // reused, as sources may
		for i, r := range t.rows {
			cells[0], cells[1], cells[2] = r.id, strconv.Itoa(i+1), r.value
			for u, used := range r.uses {
				cells[3+u] = map[bool]string{true: "y", false: "n"}[used]
			}
			row := mapping.Row{Num: i + 1, Line: i + 2, Cells: cells}
			if r.ragged {
				row.Fault = &mapping.CellError{Code: mapping.CodeRagged, Msg: "1 cell, the header has 7"}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
