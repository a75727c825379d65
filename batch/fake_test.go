package batch

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"rowpost/mapping"
	"rowpost/providers"
)

// fakeProvider is an API with one operation, put: the id in the path, the value and
// a secret in the body. A 200 "ok" confirms it.
type fakeProvider struct {
	name   string
	scheme providers.Scheme
	safe   bool
}

func (p fakeProvider) Describe() providers.Description {
	upper := strings.ToUpper(p.name)
	d := providers.Description{Name: p.name, Title: p.name}
	switch p.scheme {
	case providers.Basic:
		d.Auth = providers.Auth{Scheme: providers.Basic, Username: upper + "_USER", Password: upper + "_PASSWORD"}
	case providers.OAuth2:
		d.Auth = providers.Auth{Scheme: providers.OAuth2, Username: upper + "_USER", Password: upper + "_PASSWORD", TokenPath: "/{" + upper + "_USER}/token"}
	default:
		return d
	}
	d.Variables = []providers.Variable{{Name: upper + "_USER", Required: true}, {Name: upper + "_PASSWORD", Required: true, Secret: true}}
	return d
}

func (p fakeProvider) Operations() []providers.Operation {
	return []providers.Operation{fakePut{p.safe}}
}

type fakePut struct{ safe bool }

var fakeSchema = &mapping.Schema{
	Fields: []mapping.Field{{Name: "id", Required: true}, {Name: "value"}, {Name: "pin", Secret: true}},
	Key:    []mapping.KeyField{{Field: "id", Of: "thing"}},
}

func (o fakePut) Describe() providers.OperationDescription {
	return providers.OperationDescription{Name: "put", Method: http.MethodPut, Path: "/{id}", Schema: fakeSchema, SafeToRepeat: o.safe}
}

func (o fakePut) Build(r mapping.Record) (providers.Request, error) {
	id, _ := r.Get(0)
	value, _ := r.Get(1)
	pin, _ := r.Get(2)
	switch value {
	case "refuse":
		return providers.Request{}, &mapping.CellError{Field: "value", Code: mapping.CodeBadValue, Msg: "not this value"}
	case "panic":
		panic("a bug in a provider")
	}
	return providers.Request{Method: http.MethodPut, Path: "/" + id, Body: []byte(value + pin)}, nil
}

func (o fakePut) Interpret(_ providers.Request, r providers.Response) providers.Outcome {
	out := providers.Outcome{Code: fmt.Sprintf("http_%d", r.Status), Message: string(r.Body), RetryAfter: providers.RetryAfter(r)}
	switch {
	case r.Status == 200 && string(r.Body) == "ok" && !r.Incomplete:
		return providers.Outcome{Kind: providers.Succeeded, ID: "remote"}
	case r.Status == 200 && string(r.Body) == "panic":
		panic("a bug in a provider")
	case r.Status == 401 || r.Status >= 300 && r.Status < 400:
		out.Kind = providers.Fatal
	case r.Status == 429:
		out.Kind = providers.Throttled
	case r.Status == 503:
		out.Kind = providers.Transient
	case r.Status >= 400 && r.Status < 500:
		out.Kind, out.Field = providers.Rejected, "value"
	}
	return out
}

// fakeAPI is a server for a fakeProvider. It keeps what it was asked, in order.
type fakeAPI struct {
	*httptest.Server
	net   *memoryNet
	mu    sync.Mutex
	calls []string // paths
	now   int      // requests under way
	most  int
	// answer is asked for each request, without the lock; n is how often its path was asked for before.
	answer func(w http.ResponseWriter, r *http.Request, n int)
}

func newFakeAPI(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, n int)) *fakeAPI {
	t.Helper()
	a := &fakeAPI{answer: answer}
	a.net = &memoryNet{conns: make(chan net.Conn), closed: make(chan struct{})}
	a.Server = httptest.NewUnstartedServer(a)
	_ = a.Listener.Close()
	a.Listener = a.net
	a.Start()
	t.Cleanup(a.Close)
	return a
}

// memoryNet is a network in memory, so that servers can be in a bubble of virtual time.
type memoryNet struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (n *memoryNet) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *memoryNet) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *memoryNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (n *memoryNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		return here, nil
	case <-n.closed:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func ok(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte("ok")) }

// status answers with a fixed status.
func status(code int, header ...string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte("answer"))
	}
}

func (a *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the client leaves
	a.mu.Lock()
	n := 0
	for _, c := range a.calls {
		if c == r.URL.Path {
			n++
		}
	}
	a.calls = append(a.calls, r.URL.Path)
	a.now++
	a.most = max(a.most, a.now)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.now--
		a.mu.Unlock()
	}()
	a.answer(w, r, n)
}

func (a *fakeAPI) seen() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// fakeTable is a source in memory. Its columns are id, value and pin.
type fakeTable [][]string

func (fakeTable) Header() []string { return []string{"id", "value", "pin"} }

func (t fakeTable) Total() int { return len(t) }

func (t fakeTable) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		cells := make([]string, 3) // reused, as sources may
		for i, r := range t {
			copy(cells, r)
			clear(cells[len(r):])
			row := mapping.Row{Num: i + 1, Line: i + 2, Cells: cells}
			if len(r) == 1 && r[0] == "ragged" {
				row.Fault = &mapping.CellError{Code: mapping.CodeRagged, Msg: "1 cell, the header has 3"}
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// table makes n rows with ids of their own.
func table(n int) fakeTable {
	out := make(fakeTable, n)
	for i := range out {
		out[i] = []string{fmt.Sprintf("c%d", i+1), "v"}
	}
	return out
}

// mappingOf maps the fake table's columns for each provider.
func mappingOf(names ...string) string {
	var b strings.Builder
	b.WriteString("version: 1\nrequests:\n")
	for _, n := range names {
		fmt.Fprintf(&b, "  - {id: %s, provider: %s, when: 'value != \"skip\"', fields: {id: id, value: value, pin: pin}}\n", n, n)
	}
	return b.String()
}

// newJob is a job over the table for fake providers, each with an API of its own.
func newJob(t testing.TB, rows Source, providersAndAPIs ...any) Job {
	t.Helper()
	job := Job{Source: rows, Accounts: map[string]Account{}, Journal: &memory{}, Options: DefaultOptions(), Progress: NewProgress()}
	job.Options.Timeout = 5 * time.Second
	var names []string
	var targets []mapping.Target
	for i := 0; i < len(providersAndAPIs); i += 2 {
		p, api := providersAndAPIs[i].(fakeProvider), providersAndAPIs[i+1].(*fakeAPI)
		upper := strings.ToUpper(p.name)
		names = append(names, p.name)
		targets = append(targets, mapping.Target{Provider: p.name, Operation: "put", Schema: fakeSchema})
		job.Requests = append(job.Requests, Target{p, p.Operations()[0]})
		job.Accounts[p.name] = Account{
			BaseURL: api.URL, dial: api.net.dial, Limit: providers.Limit{InFlight: 4},
			Values: map[string]providers.Secret{upper + "_USER": providers.NewSecret("user"), upper + "_PASSWORD": providers.NewSecret("hunter2-opens-nothing")},
		}
	}
	m, err := mapping.Parse("map.yaml", []byte(mappingOf(names...)), fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	if job.Binding, err = m.Bind(rows.Header(), targets); err != nil {
		t.Fatal(err)
	}
	return job
}

// lines runs a job and gives its result.
func lines(t testing.TB, job Job) ([]Result, Summary) {
	t.Helper()
	sum, err := Run(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return resultsOf(t, job, sum), sum
}

func resultsOf(t testing.TB, job Job, sum Summary) []Result {
	t.Helper()
	var out []Result
	for r, err := range Results(job, sum) {
		if err != nil {
			t.Fatal(err)
		}
		r.Row.Cells = slices.Clone(r.Row.Cells)
		out = append(out, r)
	}
	return out
}

// statuses is a result in short: "1 succeeded, 2 failed http_404".
func statuses(rs []Result) string {
	var b strings.Builder
	for i, r := range rs {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d %s", r.Row.Num, r.Status)
		if r.Code != "" {
			b.WriteString(" " + r.Code)
		}
	}
	return b.String()
}
