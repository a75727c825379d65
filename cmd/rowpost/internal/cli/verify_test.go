package cli

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rowpost/batch"
	"rowpost/batch/journal"
)

func TestVerifyAgrees(t *testing.T) {
	tr := newTrial()
	v := tr.verify(t, tr.text(t))
	for _, f := range v.findings {
		t.Errorf("%s: %s: %s", f.Rule, f.spot, f.Message)
	}
	for _, r := range rules() {
		if v.held[r.rule] == 0 && r.rule != ruleInput && r.rule != ruleMode {
			t.Errorf("nothing was held against the rule %s", r.rule)
		}
	}
	if v.status() != statusOK {
		t.Errorf("exit status %d", v.status())
	}
}

// tampering changes one thing of a run, and says what is found then.
type tampering struct {
	name   string
	change func(*trial)
	want   []string
}

// swapped exchanges two lines of the result.
func swapped(a, b int) func(*trial) {
	return func(t *trial) { t.result[a], t.result[b] = t.result[b], t.result[a] }
}

func put(line int, column, text string) func(*trial) {
	return func(t *trial) { *t.cell(line, column) = text }
}

func tamperedResults() []tampering {
	return []tampering{
		{"a failed line called succeeded", put(3, "rp_status", "succeeded"), []string{
			"success: r.csv: line 6: row 2: request ic: the journal has it as failed",
			"finished: 20260301-080000-0a0b/run.json: it counts 5 lines succeeded, and the result has 6",
			"finished: 20260301-080000-0a0b/run.json: it counts 1 lines failed, and the result has 0",
		}},
		{"a succeeded line called failed", func(t *trial) {
			*t.cell(1, "rp_status") = "failed"
			t.info.Counts[batch.Succeeded], t.info.Counts[batch.Failed] = 4, 2
		}, []string{"success: r.csv: line 2: row 1: request ic: the journal has it as succeeded, and the line is failed"}},
		{"a doubt called not_sent", func(t *trial) {
			*t.cell(7, "rp_status") = "not_sent"
			t.info.Counts[batch.InDoubt], t.info.Counts[batch.NotSent] = 0, 2
		}, []string{"doubt: r.csv: line 10: row 5: request ic: the journal leaves it in doubt, and the line is not_sent"}},
		{"what was never sent called in_doubt", func(t *trial) {
			*t.cell(8, "rp_status") = "in_doubt"
			t.info.Counts[batch.InDoubt], t.info.Counts[batch.NotSent] = 2, 0
			t.info.Finished = true
		}, []string{"status: r.csv: line 11: row 5: request tf: the journal knows nothing of it, and the line is in_doubt"}},
		{"no known status", put(8, "rp_status", "done"), []string{
			"form: r.csv: line 11: row 5: request tf: column rp_status does not hold what belongs there",
			"finished: 20260301-080000-0a0b/run.json: finished is false, and 0 lines are to be sent by another start",
			"finished: 20260301-080000-0a0b/run.json: it counts 1 lines not_sent, and the result has 0",
		}},
		{"a cell", put(4, "City", "Porto"), []string{
			`cells: r.csv: line 7: row 2: request tf: column "City" has another content than the source in line 4`,
		}},
		{"a line break in a cell", put(1, "City", "a\nb\rc"), []string{
			`cells: r.csv: line 2: row 1: request ic: column "City" has another content than the source in line 2`,
		}},
		{"rp_line", put(1, "rp_line", "3"), []string{"line: r.csv: line 2: row 1: request ic: rp_line says 3, and the row stands in line 2"}},
		{"rp_check", put(1, "rp_check", "bcdfghjklmnp-bcdfgh"), []string{
			"check: r.csv: line 2: row 1: request ic: rp_check does not fit the source's cells, the request and the origin",
		}},
		{"the origin", func(t *trial) {
			check := t.cell(1, "rp_check")
			*check = strings.Replace(*check, "-bcdfgh", "-sndbks", 1)
		}, []string{
			"check: r.csv: line 2: row 1: request ic: rp_check does not fit the source's cells, the request and the origin",
		}},
		{"a message", put(3, "rp_error", "not so"), []string{
			"texts: r.csv: line 6: row 2: request ic: rp_error_code, rp_error or rp_remote_id is not what the journal has",
		}},
		{"attempts", put(3, "rp_attempts", "0"), []string{
			"texts: r.csv: line 6: row 2: request ic: rp_attempts is not what the journal has",
			"attempts: r.csv: line 6: row 2: request ic: it has an HTTP status and no attempt",
		}},
		{"a number with zeros", put(3, "rp_attempts", "02"), []string{
			"form: r.csv: line 6: row 2: request ic: column rp_attempts does not hold what belongs there",
		}},
		{"an attempt that the journal does not know", put(8, "rp_attempts", "1"), []string{
			"attempts: r.csv: line 11: row 5: request tf: the line tells of an attempt, and the journal of none",
		}},
		{"a time before the run", put(1, "rp_sent_at", "2026-02-28T08:00:01.123Z"), []string{
			"texts: r.csv: line 2: row 1: request ic: rp_sent_at is not what the journal has",
			"times: r.csv: line 2: row 1: request ic: rp_sent_at lies before the run's beginning",
		}},
		{"another provider", put(1, "rp_provider", "trackfinity"), []string{
			"requests: r.csv: line 2: row 1: request ic: rp_provider is not invisiblecollector, to whom the mapping sends it",
		}},
		{"a renamed column", func(t *trial) { t.result[0][15] = "Town" }, []string{
			"form: r.csv: line 1: the columns behind rp_check are not those of the source",
		}},
		{"no result at all", func(t *trial) { t.result[0][0] = "row" }, []string{
			"form: r.csv: line 1: is no result file: its header does not begin with the rp_ columns",
		}},
	}
}

func tamperedLines() []tampering {
	return []tampering{
		{"a removed row", func(t *trial) {
			t.result = slices.Delete(t.result, 5, 6)
			t.info.Counts[batch.Invalid] = 1
		}, []string{"rows: r.csv: row 3: the row is missing; it stands in line 5 of the source"}},
		{"the end removed", func(t *trial) {
			t.result = t.result[:9]
			t.info.Counts[batch.Succeeded] = 3
		}, []string{
			"rows: r.csv: row 6: the row is missing; it stands in line 8 of the source",
			"shown: r.csv: row 6: request ic: the journal has it, as succeeded, and the result has no line for it",
			"shown: r.csv: row 6: request tf: the journal has it, as succeeded, and the result has no line for it",
		}},
		{"a removed line of two", func(t *trial) {
			t.result = slices.Delete(t.result, 2, 3)
			t.info.Counts[batch.Succeeded] = 4
		}, []string{
			"requests: r.csv: row 1: its lines are for ic, and the mapping makes of it ic, tf",
			"shown: r.csv: row 1: request tf: the journal has it, as succeeded, and the result has no line for it",
		}},
		{"a line twice", func(t *trial) { t.result = slices.Insert(t.result, 3, t.result[2]) }, []string{
			"rows: r.csv: line 6: row 1: request tf: the row has its lines, and this is one more",
		}},
		{"a row of another table", func(t *trial) {
			t.result = append(t.result, slices.Clone(t.result[5]))
			*t.cell(11, "rp_row") = "7"
		}, []string{"rows: r.csv: line 14: row 7: the source has no such row"}},
		{"two rows swapped", swapped(5, 6), []string{
			"order: r.csv: line 8: row 4: request ic: the line stands at another place than its row in the source",
		}},
		{"two requests of a row swapped", swapped(3, 4), []string{
			"requests: r.csv: row 2: its lines are for tf, ic, and the mapping makes of it ic, tf",
		}},
		{"a quote too many", func(t *trial) { *t.cell(10, "Phase") = "\x00" }, []string{
			`form: r.csv: line 13: cannot be read on as CSV: bare " in non-quoted-field`,
			"requests: r.csv: row 6: its lines are for ic, and the mapping makes of it ic, tf",
		}},
	}
}

func tamperedJournals() []tampering {
	const ic, tf = "invisiblecollector", "trackfinity"
	return []tampering{
		{"a success that was lost", func(t *trial) { t.records[tf] = t.records[tf][1:] }, []string{
			"success: r.csv: line 4: row 1: request tf: the journal knows nothing of it",
			"attempts: r.csv: line 4: row 1: request tf: the line tells of an attempt, and the journal of none",
		}},
		{"a success without a status of one", func(t *trial) {
			t.records[tf][0].Entry.HTTPStatus = 302
			*t.cell(2, "rp_http_status") = "302"
		}, []string{"success: r.csv: line 4: row 1: request tf: the journal's success has the HTTP status 302"}},
		{"an answer that was lost", func(t *trial) { t.records[ic] = t.records[ic][:8] }, []string{
			"success: r.csv: line 12: row 6: request ic: the journal has an attempt of which nothing is known",
		}},
		{"a request sent again after its success", func(t *trial) {
			t.records[ic] = append(t.records[ic], begun(1, 0), finished(succeeded(1, 0, 1)))
		}, []string{"repeats: invisiblecollector.0001.journal: row 1: request 1 was sent again after it had succeeded"}},
		{"a request sent again while in doubt", func(t *trial) {
			t.records[ic] = append(t.records[ic], begun(5, 0))
		}, []string{"repeats: invisiblecollector.0001.journal: row 5: request 1 was sent again although what became of the attempt before is not recorded"}},
		{"a success overwritten", func(t *trial) {
			e := succeeded(1, 1, 1)
			e.Status = batch.Failed
			t.records[tf] = append(t.records[tf], finished(e))
		}, []string{
			"repeats: trackfinity.0001.journal: row 1: request 2 is recorded as failed after it had succeeded",
			"success: r.csv: line 4: row 1: request tf: the journal has it as failed",
		}},
		{"a refusal sent again", func(t *trial) {
			t.records[ic] = append(t.records[ic], begun(2, 0), t.records[ic][5])
		}, []string{"repeats: invisiblecollector.0001.journal: row 2: request 1 was sent again after it was final: failed"}},
		{"an invalid row that was sent", func(t *trial) {
			t.records[tf] = append(t.records[tf], finished(succeeded(3, 1, 3)))
		}, []string{"unsent: r.csv: line 8: row 3: the line is for the row as a whole, and the journal has its request 2"}},
		{"a record of a row that is not there", func(t *trial) {
			t.records[tf] = append(t.records[tf], finished(succeeded(9, 1, 3)))
		}, []string{"shown: r.csv: row 9: request tf: the journal has it, as succeeded, and the result has no line for it"}},
		{"a request in two lanes", func(t *trial) {
			t.records[tf] = append(t.records[tf], journal.Record{Kind: journal.Begun, Entry: batch.Entry{Row: 1}})
		}, []string{"journal: trackfinity.0001.journal: row 1: request 1 stands in the journals of two providers, invisiblecollector and trackfinity"}},
		{"an unsent line with attempts", func(t *trial) {
			t.records[tf] = append(t.records[tf], finished(batch.Entry{Row: 5, Request: 1, Status: batch.NotSent, Attempts: 1, Again: true, Code: "not_reached"}))
			*t.cell(8, "rp_attempts") = "1"
		}, []string{"unsent: r.csv: line 11: row 5: request tf: the journal has attempts of it"}},
		{"an earlier row sent after a later one", func(t *trial) {
			t.records[ic][2].Entry.SentAt = at(12)
			*t.cell(1, "rp_sent_at") = "2026-03-01T08:00:12.123Z"
		}, []string{"keys: r.csv: line 12: row 6: request ic: it was confirmed by a request sent at 08:00:09; row 1 before it has the same key and was sent after that, at 08:00:12"}},
		{"a run called finished", func(t *trial) { t.info.Finished = true }, []string{
			"finished: 20260301-080000-0a0b/run.json: finished is true, and 1 line is to be sent by another start",
		}},
	}
}

// TestVerifyFinds changes one thing each of a run that agrees.
func TestVerifyFinds(t *testing.T) {
	for _, c := range slices.Concat(tamperedResults(), tamperedLines(), tamperedJournals()) {
		t.Run(c.name, func(t *testing.T) {
			tr := newTrial()
			c.change(tr)
			// A mark that a quoted cell cannot hold stands for a quote that is not doubled.
			v := tr.verify(t, strings.ReplaceAll(tr.text(t), "\x00", `x"`))
			var got []string
			for _, f := range v.verdict().Findings {
				got = append(got, string(f.Rule)+": "+f.spot.String()+": "+f.Message)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if v.status() != statusRows {
				t.Errorf("exit status %d", v.status())
			}
		})
	}
}

// TestVerifySettledDoubt: what a person decided stands in the result once the run's
// command has been given again; until then the result is merely old.
func TestVerifySettledDoubt(t *testing.T) {
	decision := batch.Entry{Row: 5, Status: batch.Succeeded, Attempts: 1, Code: batch.CodeResolved, Message: "a person said so"}
	tr := newTrial()
	const lane = "invisiblecollector"
	tr.records[lane] = append(tr.records[lane], finished(decision))
	v := tr.verify(t, tr.text(t))
	if len(v.findings) > 0 || v.stale != 1 || v.settled["by a person"] != 1 {
		t.Errorf("before: %v, %d lines are old, settled %v", v.findings, v.stale, v.settled)
	}
	*tr.cell(7, "rp_status"), *tr.cell(7, "rp_error_code"), *tr.cell(7, "rp_error") = "succeeded", decision.Code, decision.Message
	tr.info.Counts[batch.InDoubt], tr.info.Counts[batch.Succeeded] = 0, 6
	if v = tr.verify(t, tr.text(t)); len(v.findings) > 0 || v.stale != 0 {
		t.Errorf("after: %v, %d lines are old", v.findings, v.stale)
	}
}

// TestVerifyWithoutMapping: where only one request goes to a provider, its lines can be
// held against the journal all the same.
func TestVerifyWithoutMapping(t *testing.T) {
	tr := newTrial()
	*tr.cell(2, "rp_status") = "failed"
	v := tr.without(t)
	if len(v.findings) != 1 || v.findings[0].Rule != ruleSuccess || v.findings[0].Line != 4 {
		t.Errorf("found %v", v.findings)
	}
	tr = newTrial()
	*tr.cell(2, "rp_request"), *tr.cell(2, "rp_check") = "tf2", rowCheck(trialHeader(), tr.rows[0].Cells, "tf2")+"-bcdfgh"
	if v := tr.without(t); v.unheld != 4 || len(v.findings) != 0 {
		t.Errorf("%d lines were not held against the journal, found %v", v.unheld, v.findings)
	}
}

// TestVerbatim: every cell is read back as it was written, whatever bytes it has.
func TestVerbatim(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"\r", "\n", `"`, ",", "r", "\xfe", "ü", "\xff", "a"})).Draw(t, "bytes"), "")
		})
		want := rapid.SliceOfN(cell, 2, 4).Draw(t, "cells")
		quoted := make([]string, len(want))
		for i, c := range want {
			quoted[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		got, err := csv.NewReader(&verbatim{in: strings.NewReader(strings.Join(quoted, ",") + "\n")}).Read()
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i] = plainAgain(got[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
