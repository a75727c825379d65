package cli

import (
	"encoding/csv"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rowpost/batch"
	"rowpost/batch/journal"
	"rowpost/batch/state"
	"rowpost/mapping"
	"rowpost/providers/all"
)

// trial is a run in memory whose source, journal and result agree until somebody changes
// one of them.
type trial struct {
	rows    []mapping.Row
	records map[string][]journal.Record // by lane, in the order in which they were written
	result  [][]string
	info    state.Info
}

const trialMapping = `
version: 1
name: trial
requests:
  - {id: ic, provider: invisiblecollector, fields: {id: Id, country: Country, city: City}}
  - {id: tf, provider: trackfinity, when: 'Phase != "one"', fields: {customer_id: Id, city: City}}
`

func trialHeader() []string { return []string{"Id", "City", "Country", "Phase"} }

func at(second int) time.Time {
	return time.Date(2026, time.March, 1, 8, 0, second, 123_456_000, time.UTC)
}

func begun(row, request int) journal.Record {
	return journal.Record{Kind: journal.Begun, Entry: batch.Entry{Row: row, Request: request}}
}

func finished(e batch.Entry) journal.Record {
	return journal.Record{Kind: journal.Finished, Entry: e}
}

func succeeded(row, request, second int) batch.Entry {
	return batch.Entry{
		Row: row, Request: request, Status: batch.Succeeded, HTTPStatus: 200, Attempts: 1,
		SentAt: at(second), Duration: 12_700 * time.Microsecond, RemoteID: "=gid",
	}
}

// newTrial makes a run of six rows: sent, refused, ragged, invalid, in doubt, and one
// more of the first one's key.
func newTrial() *trial {
	refused := batch.Entry{
		Row: 2, Status: batch.Failed, HTTPStatus: 422, Code: "http_422", Message: "-not so",
		Attempts: 2, SentAt: at(2), Duration: time.Millisecond,
	}
	again := refused
	again.Attempts, again.Again = 1, true
	t := &trial{
		rows: []mapping.Row{
			{Num: 1, Line: 2, Cells: []string{"7", "a\r\nb\rc", "PT", "x"}},
			{Num: 2, Line: 4, Cells: []string{"8", `say "hi", all`, "PT", ""}},
			{Num: 3, Line: 5, Cells: []string{"9", "\xfe\xfer", "PT", "x,y"}, Fault: &mapping.CellError{Code: mapping.CodeRagged, Msg: "too many cells"}},
			{Num: 4, Line: 6, Cells: []string{"10", "Faro", "", "one"}},
			{Num: 5, Line: 7, Cells: []string{"11", "Faro", "PT", ""}},
			{Num: 6, Line: 8, Cells: []string{"7", "Faro", "PT", ""}},
		},
		records: map[string][]journal.Record{
			"invisiblecollector": {
				begun(1, 0), begun(2, 0), finished(succeeded(1, 0, 1)), finished(again), begun(2, 0), finished(refused),
				begun(5, 0), begun(6, 0), finished(succeeded(6, 0, 9)),
			},
			"trackfinity": {finished(succeeded(1, 1, 1)), finished(succeeded(2, 1, 2)), finished(succeeded(6, 1, 9))},
		},
	}
	t.result = append(t.result, append(resultColumns(), trialHeader()...))
	t.add(1, "ic", "succeeded", succeeded(1, 0, 1))
	t.add(1, "tf", "succeeded", succeeded(1, 1, 1))
	t.add(2, "ic", "failed", refused)
	t.add(2, "tf", "succeeded", succeeded(2, 1, 2))
	t.add(3, "", "invalid", batch.Entry{Code: mapping.CodeRagged})
	t.add(4, "ic", "invalid", batch.Entry{Code: mapping.CodeRequired})
	t.add(5, "ic", "in_doubt", batch.Entry{Code: batch.CodeUnrecorded, Message: batch.UnrecordedMessage, Attempts: 1})
	t.add(5, "tf", "not_sent", batch.Entry{Code: "not_reached"})
	t.add(6, "ic", "succeeded", succeeded(6, 0, 9))
	t.add(6, "tf", "succeeded", succeeded(6, 1, 9))
	t.info = state.Info{
		ID: "20260301-080000-0a0b", Begun: at(0), Last: at(20),
		Counts: map[batch.Status]int{batch.Succeeded: 5, batch.Failed: 1, batch.Invalid: 2, batch.InDoubt: 1, batch.NotSent: 1},
	}
	return t
}

// add writes a line of the result as its description has it.
func (t *trial) add(row int, request, status string, e batch.Entry) {
	provider := map[string]string{"ic": "invisiblecollector", "tf": "trackfinity"}[request]
	src := t.rows[row-1]
	http, sent, duration := "", "", ""
	if e.HTTPStatus > 0 {
		http = strconv.Itoa(e.HTTPStatus)
	}
	if !e.SentAt.IsZero() {
		sent, duration = e.SentAt.Format("2006-01-02T15:04:05.000Z"), strconv.FormatInt(e.Duration.Milliseconds(), 10)
	}
	line := []string{
		strconv.Itoa(row), strconv.Itoa(src.Line), request, provider, status, http, e.Code, guarded(e.Message), "",
		strconv.Itoa(e.Attempts), sent, duration, guarded(e.RemoteID), rowCheck(trialHeader(), src.Cells, request) + "-bcdfgh",
	}
	t.result = append(t.result, append(line, src.Cells...))
}

// cell gives a cell of the result by the number of its line, the header's being 0, and
// the column's name.
func (t *trial) cell(line int, column string) *string {
	return &t.result[line][slices.Index(t.result[0], column)]
}

func (t *trial) Header() []string { return trialHeader() }
func (t *trial) Total() int       { return len(t.rows) }

func (t *trial) Rows() iter.Seq2[mapping.Row, error] {
	return func(yield func(mapping.Row, error) bool) {
		for _, row := range t.rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (t *trial) text(tb testing.TB) string {
	tb.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(t.result); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// verify checks the run as the command does, with a result of the given text.
func (t *trial) verify(tb testing.TB, text string) *verification {
	tb.Helper()
	v := t.verification(tb)
	m, err := mapping.Parse("map.yaml", []byte(trialMapping), nil)
	if err != nil {
		tb.Fatal(err)
	}
	binding, err := m.Bind(trialHeader(), (&Program{Providers: all.List()}).mappingTargets())
	if err != nil {
		tb.Fatal(err)
	}
	v.useMapping(binding, nil)
	t.compare(tb, v, text)
	return v
}

// without checks the run without its mapping.
func (t *trial) without(tb testing.TB) *verification {
	tb.Helper()
	v := t.verification(tb)
	r, _, err := newResultReader(strings.NewReader(t.text(tb)))
	if err != nil {
		tb.Fatal(err)
	}
	v.inferPositions(r)
	if err := v.lines(strings.NewReader(t.text(tb))); err != nil {
		tb.Fatal(err)
	}
	return v
}

func (t *trial) verification(tb testing.TB) *verification {
	tb.Helper()
	v := &verification{
		audit: newAudit(), result: "r.csv", source: t, total: len(t.rows),
		from: t.info.Begun, to: t.info.Last, keys: newKeyOrder(), origin: "bcdfgh",
	}
	v.claims = newClaims(v.audit)
	for _, lane := range []string{"invisiblecollector", "trackfinity"} {
		f := journalFile{lane + ".0001.journal", lane, recorded(t.records[lane])}
		if err := v.claims.read(f); err != nil {
			tb.Fatal(err)
		}
	}
	return v
}

func (t *trial) compare(tb testing.TB, v *verification, text string) {
	tb.Helper()
	if err := v.lines(strings.NewReader(text)); err != nil {
		tb.Fatal(err)
	}
	v.checkShown()
	v.checkEnding(&t.info)
}

func recorded(records []journal.Record) iter.Seq2[journal.Record, error] {
	return func(yield func(journal.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}
