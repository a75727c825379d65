package result

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"rowpost/batch"
)

// Line is the part of a result's line that is ours; the source's cells stand behind it.
// The order of its fields is that of the columns.
type Line struct {
	Row        Number       `csv:"rp_row"`
	Line       Number       `csv:"rp_line"`
	Request    string       `csv:"rp_request"`
	Provider   string       `csv:"rp_provider"`
	Status     batch.Status `csv:"rp_status"`
	HTTPStatus Optional     `csv:"rp_http_status"`
	ErrorCode  string       `csv:"rp_error_code"`
	Error      string       `csv:"rp_error"`
	Column     string       `csv:"rp_column"`
	Attempts   Number       `csv:"rp_attempts"`
	SentAt     Stamp        `csv:"rp_sent_at"`
	DurationMS Optional     `csv:"rp_duration_ms"`
	RemoteID   string       `csv:"rp_remote_id"`
	Check      string       `csv:"rp_check"`
}

// Columns lists the names of our columns, in their order.
func Columns() []string {
	return []string{
		"rp_row", "rp_line", "rp_request", "rp_provider", "rp_status", "rp_http_status", "rp_error_code",
		"rp_error", "rp_column", "rp_attempts", "rp_sent_at", "rp_duration_ms", "rp_remote_id", "rp_check",
	}
}

// lineOf puts a result into words. What a provider wrote is guarded, so that no
// spreadsheet takes it for a formula.
func lineOf(r *batch.Result, c *checker, origin string) Line {
	l := Line{
		Row:        Number(r.Row.Num),
		Line:       Number(r.Row.Line),
		Request:    r.Request,
		Provider:   r.Provider,
		Status:     r.Status,
		HTTPStatus: Optional{N: r.HTTPStatus, Set: r.HTTPStatus != 0},
		ErrorCode:  guard(r.Code),
		Error:      guard(r.Message),
		Column:     r.Column,
		Attempts:   Number(r.Attempts),
		SentAt:     Stamp{r.SentAt},
		RemoteID:   guard(r.RemoteID),
		Check:      c.of(r.Row.Cells, r.Request) + originEnd(r, origin),
	}
	if !r.SentAt.IsZero() {
		l.DurationMS = Optional{N: int(r.Duration.Milliseconds()), Set: true}
	}
	return l
}

// originEnd is the end of rp_check. A line that comes from an earlier result keeps its
// origin, but in a trial, where nothing of what it says is to count.
func originEnd(r *batch.Result, run string) string {
	if r.Origin != "" && run != SandboxOrigin {
		run = r.Origin
	}
	if run == "" {
		return ""
	}
	return "-" + run
}

// guard puts a ' before a text that a spreadsheet would take for a formula (OWASP, CSV
// Injection), and before one that looks as if it had been guarded.
func guard(text string) string {
	if startsFormula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// unguard takes away what guard put before a text.
func unguard(text string) string {
	if text != "" && text[0] == '\'' && startsFormula(strings.TrimLeft(text, "'")) {
		return text[1:]
	}
	return text
}

func startsFormula(text string) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r':
		return true
	}
	return false
}

// Number is a whole number, at least 0, in plain decimal digits. gocsv's own reading of
// numbers takes 010 for 8 and 1,234 for 1.
type Number int

// MarshalCSV gives the digits.
func (n Number) MarshalCSV() (string, error) { return strconv.Itoa(int(n)), nil }

// UnmarshalCSV takes decimal digits only.
func (n *Number) UnmarshalCSV(text string) error {
	v, err := strconv.ParseUint(text, 10, 62)
	if err != nil || strconv.FormatUint(v, 10) != text {
		return errors.New("not a whole number in plain digits")
	}
	*n = Number(v)
	return nil
}

// Optional is a number that may be missing.
type Optional struct {
	N   int
	Set bool
}

// MarshalCSV gives the digits, or nothing.
func (o Optional) MarshalCSV() (string, error) {
	if !o.Set {
		return "", nil
	}
	return strconv.Itoa(o.N), nil
}

// UnmarshalCSV takes decimal digits or nothing.
func (o *Optional) UnmarshalCSV(text string) error {
	*o = Optional{}
	if text == "" {
		return nil
	}
	var n Number
	if err := n.UnmarshalCSV(text); err != nil {
		return err
	}
	*o = Optional{N: int(n), Set: true}
	return nil
}

// stampLayout is RFC 3339 with milliseconds, always in UTC.
const stampLayout = "2006-01-02T15:04:05.000Z"

// Stamp is a time that may be missing.
type Stamp struct{ time.Time }

// MarshalCSV gives UTC with milliseconds, or nothing.
func (s Stamp) MarshalCSV() (string, error) {
	if s.IsZero() {
		return "", nil
	}
	return s.UTC().Format(stampLayout), nil
}

// UnmarshalCSV takes what MarshalCSV gives.
func (s *Stamp) UnmarshalCSV(text string) error {
	*s = Stamp{}
	if text == "" {
		return nil
	}
	t, err := time.Parse(stampLayout, text)
	if err != nil {
		return errors.New("not a time as 2006-01-02T15:04:05.000Z")
	}
	s.Time = t
	return nil
}
