package xlsx

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"rowpost/mapping"
)

// values makes texts of what cells hold.
type values struct {
	formats  []format
	texts    *texts
	date1904 bool
}

// fault is why a cell has no text that could be sent. Its texts are ours, no cell's.
type fault struct{ code, msg, hint string }

func badCell(hint, msg string) *fault { return &fault{mapping.CodeBadCell, msg, hint} }

const textHint = "format the cell as text and write it anew"

// number appends a number as it is seen, by its format.
func (v *values) number(out, raw []byte, style int) ([]byte, *fault) {
	f := format{}
	if style < len(v.formats) {
		f = v.formats[style]
	}
	text := strings.TrimSpace(string(raw))
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || strings.Trim(text, "+-.0123456789eE") != "" { // Go has more ways to write numbers
		return out, badCell(saveHint, "holds what should be a number and is none")
	}
	switch {
	case f.dated():
		return v.moment(out, n, f)
	case tooLong(n):
		return out, badCell(textHint, "holds a number of more than 15 digits, of which a spreadsheet keeps only 15")
	}
	return appendNumber(out, n, f.zeros), nil
}

// tooLong says whether a number has more digits before its point than a spreadsheet keeps:
// what follows them are zeros that it made up, whatever somebody typed or another program
// wrote there.
func tooLong(n float64) bool { return math.Abs(n) >= most }

const (
	// significant is how many digits of a number spreadsheets keep and show.
	significant = 15
	// most is the first number that has one more.
	most = 1e15
)

// appendNumber writes a number in plain digits.
func appendNumber(out []byte, n float64, zeros int) []byte {
	var space [32]byte
	text := strconv.AppendFloat(space[:0], n, 'e', significant-1, 64) // -d.dddde+XX
	if text[0] == '-' {
		if n != 0 {
			out = append(out, '-')
		}
		text = text[1:]
	}
	mantissa, exponent, _ := strings.Cut(string(text), "e")
	exp, _ := strconv.Atoi(exponent) // as it was just written
	digits := strings.TrimRight(mantissa[:1]+mantissa[2:], "0")
	point := exp + 1 // digits before the decimal point
	switch {
	case digits == "":
		return append(out, strings.Repeat("0", max(zeros, 1))...)
	case point <= 0:
		return append(append(append(out, "0."...), strings.Repeat("0", -point)...), digits...)
	case point >= len(digits):
		out = append(out, strings.Repeat("0", max(zeros-point, 0))...)
		return append(append(out, digits...), strings.Repeat("0", point-len(digits))...)
	}
	return append(append(append(out, digits[:point]...), '.'), digits[point:]...)
}

const (
	dayMilliseconds = 24 * 60 * 60 * 1000
	firstDay        = 61      // 1900-03-01: Excel counts a 29 February before it, LibreOffice does not
	lastDay         = 2958465 // 9999-12-31, counted from 1900
	days1904        = 1462    // between the two ways of counting
)

// moment appends a date, a time or both, of a number that counts days.
func (v *values) moment(out []byte, n float64, f format) ([]byte, *fault) {
	if v.date1904 {
		n += days1904
	}
	if n < 0 || n >= lastDay+1 {
		return out, badCell("correct the cell, or its number format", "holds a date that no spreadsheet can show")
	}
	step := 1000.0
	if f.fraction {
		step = 1
	}
	ms := int64(math.Round(n*dayMilliseconds/step) * step)
	if f.elapsed && !f.date {
		return appendClock(out, ms, f), nil
	}
	day := ms / dayMilliseconds
	if f.date {
		switch {
		case day < 1:
			return out, badCell("write the date, or format the cell as a time", "holds a time without a day, formatted as a date")
		case day < firstDay:
			return out, badCell("write the date as text", "holds a date before 1 March 1900, which spreadsheet programs count in different ways")
		}
		out = time.Date(1899, 12, 30+int(day), 0, 0, 0, 0, time.UTC).AppendFormat(out, time.DateOnly)
		if !f.clock {
			return out, nil
		}
		out = append(out, 'T')
	}
	return appendClock(out, ms%dayMilliseconds, f), nil
}

func appendClock(out []byte, ms int64, f format) []byte {
	s := ms / 1000
	out = fmt.Appendf(out, "%02d:%02d:%02d", s/3600, s/60%60, s%60)
	if f.fraction {
		out = fmt.Appendf(out, ".%03d", ms%1000)
	}
	return out
}

// iso appends a date that is written as such, which few programs do.
func (v *values) iso(out, raw []byte, style int) ([]byte, *fault) {
	text := strings.TrimSuffix(strings.TrimSpace(string(raw)), "Z")
	f := format{date: true, clock: strings.Contains(text, ":")}
	if style < len(v.formats) && v.formats[style].dated() {
		f = v.formats[style]
	}
	for _, layout := range []string{"2006-01-02T15:04:05", time.DateOnly, time.TimeOnly} { // fractions are taken too
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if f.date && layout != time.TimeOnly {
			out = t.AppendFormat(out, time.DateOnly)
			if !f.clock {
				return out, nil
			}
			out = append(out, 'T')
		}
		return appendClock(out, t.Sub(t.Truncate(24*time.Hour)).Milliseconds(), f), nil
	}
	return out, badCell(saveHint, "holds what should be a date and is none")
}

// errorValue is for a cell that shows an error. The names are the spreadsheet's own, no
// cell's content.
func errorValue(raw []byte) *fault {
	const hint = "correct the cell, or put a value in its place"
	switch name := string(raw); name {
	case "#N/A", "#REF!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!":
		return badCell(hint, "holds the error "+name)
	}
	return badCell(hint, "holds an error")
}
