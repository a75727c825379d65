package mapping

import (
	"math/big"
	"strings"
	"time"
)

// excelEpoch is a way in which spreadsheets count days.
type excelEpoch struct {
	zero  time.Time // the day before day 1, as far as the count is right
	first int       // the first day that is taken
	last  int       // 9999-12-31
	leap  int       // the day that never was: from it on the count is one ahead; 0: there is none
}

// excelEpochOf knows the two counts by the words of layouts; nil: it is none.
func excelEpochOf(word string) *excelEpoch {
	switch word {
	case "excel":
		return &excelEpoch{zero: time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC), first: 1, last: 2958465, leap: 60}
	case "excel1904":
		return &excelEpoch{zero: time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC), first: 0, last: 2957003}
	}
	return nil
}

// maxSerialDigits bounds what stands behind the point: spreadsheets write 15 digits in all.
const maxSerialDigits = 20

// read takes a serial number: days, and the time of day as their fraction, to the
// nearest second. A time that would be the next day's midnight stays a second before it,
// so that the day is always the one the spreadsheet shows.
func (e *excelEpoch) read(s string) (moment, bool) {
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || len(whole) > 7 || !all(whole, '0', '9') || point && (frac == "" || len(frac) > maxSerialDigits || !all(frac, '0', '9')) {
		return moment{}, false
	}
	days, _, _ := leadingDigits(whole, 1, 7)
	if days < e.first || days > e.last || days == e.leap && e.leap > 0 {
		return moment{}, true
	}
	if e.leap > 0 && days > e.leap {
		days--
	}
	t := e.zero.AddDate(0, 0, days).Add(time.Duration(min(secondsOf(frac), 86399)) * time.Second)
	return moment{year: t.Year(), month: int(t.Month()), day: t.Day(), hour: t.Hour(), minute: t.Minute(), second: t.Second()}, true
}

// secondsOf rounds a day's fraction, given by its decimal digits, to seconds.
func secondsOf(frac string) int64 {
	if frac == "" {
		return 0
	}
	n, ok := new(big.Int).SetString(frac, 10)
	if !ok {
		return 0
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(frac))), nil)
	n.Mul(n, big.NewInt(2*86400)).Add(n, unit)
	return n.Div(n, unit.Lsh(unit, 1)).Int64()
}
