package cli

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"rowpost/batch"
	"rowpost/batch/state"
)

// line holds a line against its row of the source, and against the journal.
func (v *verification) line(src *batch.Line, l *shownLine) {
	at := v.at(l)
	v.hold(ruleCells)
	v.hold(ruleLine)
	v.hold(ruleCheck)
	for i, name := range v.header {
		if i < len(src.Cells) && src.Cells[i] != l.cells[i] {
			v.find(ruleCells, at, "column %q has another content than the source in line %d", name, src.Line)
		}
	}
	line := src.Line
	if src.Before != nil {
		line = src.Before.Line
	}
	if l.line != line {
		v.find(ruleLine, at, "rp_line says %d, and the row stands in line %d", l.line, line)
	}
	if want := rowCheck(v.header, src.Cells, l.request) + "-" + v.originOf(src); l.check != want {
		v.find(ruleCheck, at, "rp_check does not fit the source's cells, the request and the origin")
	}
	v.count(l)
	v.against(src.Num, l)
}

func (v *verification) at(l *shownLine) spot {
	return spot{File: v.result, Line: l.at, Row: l.row, Request: l.request}
}

// rowCheck is rp_check by its description: SHA-256 over the request's id and, for each
// column by name whose cell is not empty, name and cell, each with its length before it;
// line breaks in cells count as LF. Its first 48 bits are written as consonants.
func rowCheck(header, cells []string, request string) string {
	b := withLength(nil, request)
	for _, i := range byName(header) {
		if i < len(cells) && cells[i] != "" {
			b = withLength(withLength(b, header[i]), cells[i])
		}
	}
	sum := sha256.Sum256(b)
	return consonants(sum[:6])
}

func consonants(bits []byte) string {
	out := make([]byte, 2*len(bits))
	for i, b := range bits {
		out[2*i], out[2*i+1] = "bcdfghjklmnpqrst"[b>>4], "bcdfghjklmnpqrst"[b&15]
	}
	return string(out)
}

// rowOrigin is the end of rp_check by its description: SHA-256 over a name, the hash of
// the table and the mapping's clauses by their paths, each in hex and with its length
// before it. Its first 24 bits are written, or the next ones if those make the word that
// trials have.
func rowOrigin(info *state.Info) string {
	b := withLength(withLength(nil, "rowpost origin 1"), hex.EncodeToString(info.Input.SHA256[:]))
	for _, path := range slices.Sorted(maps.Keys(info.Meaning)) {
		b = withLength(withLength(b, path), info.Meaning[path])
	}
	sum := sha256.Sum256(b)
	if origin := consonants(sum[:3]); origin != "sndbks" {
		return origin
	}
	return consonants(sum[3:6])
}

// originOf is the origin that a row has from an earlier result, or that of the run.
func (v *verification) originOf(src *batch.Line) string {
	if src.Before != nil && src.Before.Origin != "" {
		return src.Before.Origin
	}
	return v.origin
}

// byName gives the positions of columns, sorted by their names.
func byName(header []string) []int {
	columns := make([]int, len(header))
	for i := range columns {
		columns[i] = i
	}
	slices.SortStableFunc(columns, func(a, b int) int { return strings.Compare(header[a], header[b]) })
	return columns
}

func withLength(b []byte, text string) []byte {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// count looks at what a line says by itself.
func (v *verification) count(l *shownLine) {
	v.hold(ruleForm)
	if l.bad != "" {
		v.find(ruleForm, v.at(l), "column %s does not hold what belongs there", l.bad)
	}
	v.statuses[l.status]++
	if l.sentAt.IsZero() {
		return
	}
	v.hold(ruleTimes)
	switch {
	case !v.from.IsZero() && l.sentAt.Before(v.from.Truncate(time.Millisecond)):
		v.find(ruleTimes, v.at(l), "rp_sent_at lies before the run's beginning")
	case !v.to.IsZero() && l.sentAt.After(v.to):
		v.find(ruleTimes, v.at(l), "rp_sent_at lies behind the run's end")
	}
}

// against holds a line against the journal. The row is the one that the journal counts by.
func (v *verification) against(row int, l *shownLine) {
	if v.claims == nil {
		return
	}
	if l.request == "" {
		v.againstRow(row, l)
		return
	}
	request := v.position(l)
	switch {
	case request == unknownPosition:
		v.unheld++
		return
	case request == noPosition && v.earlier && l.status == batch.Invalid:
		return // its id is not one of the mapping's, and the line says so
	case request == noPosition:
		v.find(ruleRequests, v.at(l), "the mapping has no such request")
		return
	}
	if v.named && l.provider != v.requests[request].provider {
		v.find(ruleRequests, v.at(l), "rp_provider is not %s, to whom the mapping sends it", v.requests[request].provider)
	}
	c := v.claims.of[claimed{row, request}]
	if c == nil {
		v.unclaimed(l)
	} else {
		c.seen = true
		v.claimed(l, c)
	}
	if v.evaluator != nil && request < len(v.drafts) {
		v.keys.confirm(v, l, request, v.drafts[request], c != nil)
	}
}

// againstRow is for the line of a row that makes no request.
func (v *verification) againstRow(row int, l *shownLine) {
	for _, request := range slices.Sorted(maps.Keys(v.claims.lanes)) {
		if c := v.claims.of[claimed{row, request}]; c != nil {
			c.seen = true
			v.find(ruleUnsent, v.at(l), "the line is for the row as a whole, and the journal has its request %d", request+1)
		}
	}
	v.unclaimed(l)
}

// unclaimed is for a line of which the journal knows nothing.
func (v *verification) unclaimed(l *shownLine) {
	v.hold(ruleStatus)
	switch {
	case l.status == batch.Succeeded:
		v.hold(ruleSuccess)
		v.find(ruleSuccess, v.at(l), "the journal knows nothing of it")
	case l.status == batch.Failed, l.status == batch.InDoubt && !v.earlier:
		v.find(ruleStatus, v.at(l), "the journal knows nothing of it, and the line is %s", l.status)
	default:
		v.hold(ruleUnsent)
	}
	if l.status == batch.NotSent {
		v.open++
	}
	v.hold(ruleAttempts)
	if l.attempts > 0 || !l.sentAt.IsZero() || l.http > 0 && !v.earlier {
		v.find(ruleAttempts, v.at(l), "the line tells of an attempt, and the journal of none")
	}
}

// claimed is for a line of which the journal has a record.
func (v *verification) claimed(l *shownLine, c *claim) {
	if l.status == batch.NotSent || c.again && !c.open {
		v.open++
	}
	if c.resolved && !c.open && l.texts.code != batch.CodeResolved {
		v.stale++
		return
	}
	v.checkStatus(l, c)
	v.hold(ruleAttempts)
	if l.http > 0 && l.attempts == 0 {
		v.find(ruleAttempts, v.at(l), "it has an HTTP status and no attempt")
	}
	if !c.open {
		v.checkTexts(l, c)
	}
}

// checkStatus sees that a line says neither more nor less than the journal.
func (v *verification) checkStatus(l *shownLine, c *claim) {
	at := v.at(l)
	v.hold(ruleStatus)
	switch l.status {
	case batch.Succeeded:
		v.hold(ruleSuccess)
		switch {
		case c.open:
			v.find(ruleSuccess, at, "the journal has an attempt of which nothing is known")
		case c.status != batch.Succeeded:
			v.find(ruleSuccess, at, "the journal has it as %s", c.status)
		case !c.resolved && (c.http < 200 || c.http > 299):
			v.find(ruleSuccess, at, "the journal's success has the HTTP status %d", c.http)
		}
		return
	case batch.InDoubt:
		v.hold(ruleDoubt)
		if !c.doubtful() {
			v.find(ruleDoubt, at, "the journal knows what became of it: %s", c.status)
		}
		return
	case batch.NotSent, batch.Invalid, batch.Skipped:
		v.hold(ruleUnsent)
	case batch.Failed:
	}
	switch {
	case c.doubtful():
		v.hold(ruleDoubt)
		v.find(ruleDoubt, at, "the journal leaves it in doubt, and the line is %s", l.status)
	case c.status == batch.Succeeded:
		v.find(ruleSuccess, at, "the journal has it as succeeded, and the line is %s", l.status)
	case c.status != l.status:
		v.find(ruleStatus, at, "the journal has it as %s, and the line is %s", c.status, l.status)
	case l.status != batch.Failed && (c.attempts > 0 || c.http > 0):
		v.find(ruleUnsent, at, "the journal has attempts of it")
	}
}

// checkTexts compares what the journal keeps beside the status.
func (v *verification) checkTexts(l *shownLine, c *claim) {
	v.hold(ruleTexts)
	sentAt, duration := int64(math.MinInt64), int64(-1)
	if !l.sentAt.IsZero() {
		sentAt, duration = l.sentAt.UnixMilli(), int64(l.duration)
	}
	var differs string
	switch {
	case l.http != c.http:
		differs = "rp_http_status"
	case l.attempts != c.attempts:
		differs = "rp_attempts"
	case sentAt != c.sentAt:
		differs = "rp_sent_at"
	case duration >= 0 && duration != c.duration:
		differs = "rp_duration_ms"
	case v.claims.hash(l.texts) != c.texts:
		differs = "rp_error_code, rp_error or rp_remote_id"
	default:
		return
	}
	v.find(ruleTexts, v.at(l), "%s is not what the journal has", differs)
}
