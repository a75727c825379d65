package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"rowpost/cmd/rowpost/internal/proof"
	"rowpost/providers/all"
)

// BenchmarkRun is the whole command: it reads the table from disk, binds it, sends each row
// to a server in another process, keeps its journal and writes the result. With more than
// one provider each row is a request to each of them. CPU and allocations are this process's
// own, the server's not among them.
func BenchmarkRun(b *testing.B) {
	sink := benchSink(b)
	for _, inFlight := range []int{1, 8, 64} {
		for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
			for _, lanes := range []int{1, 4} {
				for _, kind := range []string{"safe", "unsafe"} {
					for _, way := range []string{"lean", "net"} {
						r := benchRun{sink: sink, inFlight: inFlight, latency: latency, lanes: benchLanes[kind][:lanes], way: way}
						b.Run(fmt.Sprintf("inflight=%d/latency=%s/providers=%d/%s/%s", inFlight, latency, lanes, kind, way), r.measure)
					}
				}
			}
		}
	}
}

// BenchmarkLanes compares the rate of runs with one provider each with that of one run with
// all of them, where they could hold each other up: at 20 ms of latency. Its runs take some
// seconds, so that their beginning and end do not count for much.
func BenchmarkLanes(b *testing.B) {
	sink := benchSink(b)
	for _, kind := range []string{"safe", "unsafe"} {
		r := benchRun{sink: sink, inFlight: 64, latency: 20 * time.Millisecond, way: "lean", rows: 12_000}
		sum := 0.0
		measure := func(name string, lanes []benchLane) (rate float64) {
			r.lanes = lanes
			b.Run(fmt.Sprintf("%s/provider=%s", kind, name), func(b *testing.B) {
				r.measure(b)
				if rate = float64(r.rows*b.N) / b.Elapsed().Seconds(); len(lanes) > 1 && sum > 0 {
					b.ReportMetric(float64(len(lanes))*rate/sum, "of-the-sum")
				}
			})
			return rate
		}
		for _, lane := range benchLanes[kind] {
			sum += measure(lane.provider, []benchLane{lane})
		}
		measure("all", benchLanes[kind])
	}
}

// BenchmarkPlan goes over a table with all that a run does but sending.
func BenchmarkPlan(b *testing.B) {
	r := benchRun{lanes: benchLanes["safe"][:1], rows: 200_000}
	dir := b.TempDir()
	r.write(b, dir)
	var used benchUse
	for b.Loop() {
		used.add(func() { r.command(b, dir, "plan", "-m", r.path(dir, "map.yaml"), r.path(dir, "in.csv")) })
	}
	used.report(b, r.rows)
}

// benchLane is a provider that the built-in list has or, if declared, the mapping's folder.
type benchLane struct{ provider, request string }

// All four built-in providers, each with the operation that the kind asks for; where it has
// none, a declared one takes its place.
var benchLanes = map[string][]benchLane{
	"safe": {
		{"cleverbridge", `{provider: cleverbridge, fields: {SubscriptionId: Id, ContactType: {value: BillingContact}, Contact.CountryId: Country, Contact.LanguageId: Lang, Contact.Firstname: First, Contact.Lastname: Last, Contact.EMail: Mail, Contact.Street1: Street, Contact.PostalCode: Zip, Contact.City: City}}`},
		{"trackfinity", `{provider: trackfinity, operation: set_customer_details, fields: {customer_id: Number, firstname: First, lastname: Last, email: Mail, address1: Street, zip: Zip, city: City}}`},
		{"invisiblecollector", `{provider: invisiblecollector, operation: update_customer, fields: {id: Id, name: Last, country: Country, email: Mail, address: Street, zipCode: Zip, city: City}}`},
		{"acme", `{provider: ./acme.yaml, operation: set, fields: {id: Id, mail: Mail, street: Street, city: City}}`},
	},
	"unsafe": {
		{"invisiblecollector", `{provider: invisiblecollector, operation: create_customer, fields: {externalId: Id, vatNumber: Id, name: Last, country: Country, email: Mail, address: Street, zipCode: Zip, city: City}}`},
		{"paysafe", `{provider: paysafe, fields: {customerId: Number, type: {value: EMAIL}, value: Mail}}`},
		{"acme", `{provider: ./acme.yaml, operation: add, fields: {id: Id, mail: Mail, street: Street, city: City}}`},
		{"bolt", `{provider: ./bolt.yaml, operation: add, fields: {id: Id, mail: Mail, street: Street, city: City}}`},
	},
}

const benchDeclared = `version: 1
name: NAME
title: NAME
docs: made up for a benchmark
base_url: https://NAME.example.com
auth: {bearer: NAME_KEY}
variables: [{name: NAME_KEY, help: key}]
limit: {windows: [1/s], in_flight: 1}
operations:
`

const benchOperation = `  - name: NAME
    help: made up
    method: PUT
    path: /things/{id}
    body: json
    fields: [{name: id, help: of the thing}, {name: mail}, {name: street}, {name: city}]
    key: [{field: id, of: thing}]
    success: {statuses: [200], conditions: [{pointer: /id, present: true}]}
    safe_to_repeat: SAFE
    repeat_note: made up
`

// benchRun is one cell of the matrix.
type benchRun struct {
	sink     *proof.Sink
	inFlight int
	latency  time.Duration
	lanes    []benchLane
	way      string
	rows     int
}

// measure runs the command over and over, each time as if it had never run before.
func (r benchRun) measure(b *testing.B) {
	if r.rows == 0 {
		r.rows = r.inASecond(b)
	}
	dir := b.TempDir()
	r.write(b, dir)
	if err := r.sink.Latency(r.latency); err != nil {
		b.Fatal(err)
	}
	var used benchUse
	for n := 0; b.Loop(); n++ {
		if err := r.sink.Forget(); err != nil {
			b.Fatal(err)
		}
		used.add(func() { r.command(b, dir, r.args(dir, n)...) })
		seen, err := r.sink.Seen()
		if err != nil || seen.Requests != r.rows*len(r.lanes) || seen.Rows != r.rows {
			b.Fatalf("%d requests of %d rows came: %v", seen.Requests, seen.Rows, err)
		}
	}
	used.report(b, r.rows)
}

// inASecond guesses how many rows take a second: it decides how long a benchmark takes,
// and not what comes out.
func (r *benchRun) inASecond(b *testing.B) int {
	rate := map[int]int{1: 8_000, 8: 25_000, 64: 40_000}[r.inFlight] / len(r.lanes)
	if strings.Contains(b.Name(), "/unsafe/") {
		rate = map[int]int{1: 500, 8: 3_000, 64: 12_000}[r.inFlight] / len(r.lanes)
	}
	if r.latency > 0 {
		rate = min(rate, int(float64(r.inFlight)/r.latency.Seconds()))
	}
	return rate
}

func (r *benchRun) path(dir, name string) string { return filepath.Join(dir, name) }

func (r *benchRun) args(dir string, n int) []string {
	args := []string{
		"run", "-m", r.path(dir, "map.yaml"), r.path(dir, "in.csv"), "--http", r.way,
		"--state", r.path(dir, "state"+strconv.Itoa(n)), "-o", r.path(dir, "result"+strconv.Itoa(n)+".csv"),
	}
	for _, l := range r.lanes {
		args = append(args, "--rate", l.provider+"=10000000/s", "--in-flight", l.provider+"="+strconv.Itoa(r.inFlight))
	}
	return args
}

// write makes the table and the mapping.
func (r *benchRun) write(b *testing.B, dir string) {
	mapping := "version: 1\nrequests:\n"
	for i, l := range r.lanes {
		mapping += fmt.Sprintf("  - {id: r%d, %s\n", i, strings.TrimPrefix(l.request, "{"))
	}
	set := strings.NewReplacer("NAME", "set", "SAFE", "true").Replace(benchOperation)
	add := strings.NewReplacer("NAME", "add", "SAFE", "false").Replace(benchOperation)
	err := os.WriteFile(r.path(dir, "map.yaml"), []byte(mapping), 0o600)
	for _, name := range []string{"acme", "bolt"} {
		head := strings.NewReplacer("NAME_KEY", strings.ToUpper(name)+"_KEY", "NAME", name).Replace(benchDeclared)
		err = errors.Join(err, os.WriteFile(r.path(dir, name+".yaml"), []byte(head+set+add), 0o600))
	}
	table, createErr := os.Create(r.path(dir, "in.csv"))
	if err = errors.Join(err, createErr); err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(table)
	fmt.Fprintln(w, "Id,Number,Salutation,First,Last,Mail,Street,Zip,City,Country,Lang,Phone")
	for row := 1; row <= r.rows; row++ {
		fmt.Fprintf(w, "S%08d,%d,Ms,Maria,Keller,row-%d@example.com,Hauptweg %d,10115,Berlin,DE,de,+49301234567\n", row, 10_000_000+row, row, row%200)
	}
	if err := errors.Join(w.Flush(), table.Close()); err != nil {
		b.Fatal(err)
	}
}

// command runs the program in this process.
func (r *benchRun) command(b *testing.B, dir string, args ...string) {
	var said bytes.Buffer
	p := testProgram(&said)
	p.Args, p.Stdin, p.Providers = args, strings.NewReader(""), all.List()
	p.Env = map[string]string{"HOME": dir}
	if r.sink != nil {
		for _, provider := range []string{"cleverbridge", "trackfinity", "invisiblecollector", "paysafe", "acme", "bolt"} {
			p.Env[strings.ToUpper(provider)+"_BASE_URL"] = r.sink.URL(provider)
		}
	}
	for _, provider := range p.Providers {
		for _, v := range provider.Describe().Variables {
			p.Env[v.Name] = "x"
		}
	}
	p.Env["ACME_KEY"], p.Env["BOLT_KEY"] = "x", "x"
	if status := p.Run(b.Context()); status != 0 {
		b.Fatalf("exit status %d\n%s", status, &said)
	}
}

// benchUse is what runs have used.
type benchUse struct {
	cpu    time.Duration
	allocs uint64
	runs   int
}

func (u *benchUse) add(run func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := proof.CPUTime()
	run()
	u.cpu += proof.CPUTime() - cpu
	runtime.ReadMemStats(&after)
	u.allocs += after.Mallocs - before.Mallocs
	u.runs++
}

func (u *benchUse) report(b *testing.B, rows int) {
	all := float64(rows) * float64(u.runs)
	b.ReportMetric(all/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(u.allocs)/all, "allocs/row")
	if u.cpu > 0 {
		b.ReportMetric(float64(u.cpu.Microseconds())/all, "cpu-us/row")
	}
}

// benchSink is a server for all runs of a benchmark.
func benchSink(b *testing.B) *proof.Sink {
	sink, err := proof.StartSink(context.WithoutCancel(b.Context()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := sink.Close(); err != nil {
			b.Error(err)
		}
	})
	return sink
}
