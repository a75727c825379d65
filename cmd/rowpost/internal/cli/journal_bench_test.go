package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/providers"
	"rowpost/providers/all"
)

const benchRows = 20_000

// BenchmarkJournal sends rows to a lean server on this machine, with and without a
// journal on disk: what it costs where requests may be repeated, and what rate it allows
// where each has to be on disk before it leaves.
func BenchmarkJournal(b *testing.B) {
	for _, op := range []struct{ name, mapping, answer string }{
		{"safe", "{provider: cleverbridge, fields: {SubscriptionId: Id, ContactType: {value: BillingContact}, Contact.CountryId: Country, Contact.LanguageId: Lang, Contact.City: City, Contact.EMail: Mail}}", `{"ResultMessage":"OK"}`},
		{"unsafe", "{provider: invisiblecollector, operation: create_customer, fields: {externalId: Id, name: City, vatNumber: Id, country: Country, email: Mail}}", `{"gid":"061d2feb-81c2-4694-a74a-13cecbe7d2ce"}`},
	} {
		for _, kind := range []string{"none", "disk"} {
			for _, inFlight := range []int{8, 64} {
				b.Run(fmt.Sprintf("%s/%s/%d", op.name, kind, inFlight), func(b *testing.B) {
					benchmarkJournal(b, op.mapping, op.answer, kind == "disk", inFlight)
				})
			}
		}
	}
}

func benchmarkJournal(b *testing.B, request, answer string, onDisk bool, inFlight int) {
	dir := b.TempDir()
	job := benchJob(b, dir, request, leanServer(b, answer), inFlight)
	n := 0
	for b.Loop() {
		n++
		var closed func() error
		job.Journal, closed = nothing{}, func() error { return nil }
		if onDisk {
			j, err := journal.Open(filepath.Join(dir, strconv.Itoa(n)), nil)
			if err != nil {
				b.Fatal(err)
			}
			job.Journal, closed = j, j.Close
		}
		job.Progress = batch.NewProgress()
		sum, err := batch.Run(b.Context(), job)
		if err = errors.Join(err, closed()); err != nil || sum.Lanes[0].Requests != benchRows {
			b.Fatalf("%d requests: %v", sum.Lanes[0].Requests, err)
		}
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func benchJob(b *testing.B, dir, request, url string, inFlight int) batch.Job {
	var table bytes.Buffer
	table.WriteString("Id,Country,Lang,City,Mail\n")
	for i := range benchRows {
		fmt.Fprintf(&table, "S%08d,DE,de,Berlin %d,row%d@example.com\n", i, i, i)
	}
	input, mapping := filepath.Join(dir, "in.csv"), filepath.Join(dir, "map.yaml")
	if err := errors.Join(os.WriteFile(input, table.Bytes(), 0o600),
		os.WriteFile(mapping, []byte("version: 1\nrequests:\n  - "+request+"\n"), 0o600)); err != nil {
		b.Fatal(err)
	}
	p := &Program{Providers: all.List()}
	l, err := p.load(&options{mapping: mapping}, input)
	if err != nil {
		b.Fatal(err)
	}
	account := batch.Account{BaseURL: url, Limit: providers.Limit{InFlight: inFlight}, Values: map[string]providers.Secret{}}
	for _, v := range l.byName[l.names[0]].Describe().Variables {
		account.Values[v.Name] = providers.NewSecret("x")
	}
	return batch.Job{
		Source: l.rows, Binding: l.binding, Requests: l.targets, Options: batch.DefaultOptions(),
		Accounts: map[string]batch.Account{l.names[0]: account}, Log: slog.New(slog.DiscardHandler),
	}
}

// nothing is a journal that keeps nothing.
type nothing struct{}

func (nothing) Lane(string, int) (batch.LaneJournal, error) { return nothing{}, nil }
func (nothing) Begin(int, int) error                        { return nil }
func (nothing) Finish(batch.Entry) error                    { return nil }
func (nothing) Earlier() iter.Seq2[batch.Entry, error]      { return func(func(batch.Entry, error) bool) {} }
func (nothing) Entries() iter.Seq2[batch.Entry, error]      { return nothing{}.Earlier() }

// leanServer answers every request alike, with less work than net/http takes, so that the
// client is what is measured.
func leanServer(b *testing.B, body string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { leanServe(c, answer) })
		}
	})
	b.Cleanup(func() {
		if err := listener.Close(); err != nil {
			b.Error(err)
		}
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// leanServe reads requests until the client leaves.
func leanServe(c net.Conn, answer []byte) {
	defer func() { _ = c.Close() }() // the client is gone already
	r := bufio.NewReader(c)
	for {
		length := 0
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) <= 2 {
				break
			}
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(value)))
			}
		}
		if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}
