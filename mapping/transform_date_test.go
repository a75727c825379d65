package mapping

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// dateBy is a date transform as a mapping writes it.
func dateBy(arg string) string { return "{date: {" + arg + "}}" }

func TestDate(t *testing.T) {
	for _, c := range []struct{ name, arg, in, want string }{
		{"German", "from: DD.MM.YYYY", "31.12.2026", "2026-12-31"},
		{"one digit where one is enough", "from: D.M.YYYY", "1.2.2026", "2026-02-01"},
		{"two digits where one is enough", "from: D.M.YYYY", "01.02.2026", "2026-02-01"},
		{"American", "from: MM/DD/YYYY", "02/01/2026", "2026-02-01"},
		{"no separators", "from: YYYYMMDD", "20260201", "2026-02-01"},
		{"another target", "from: YYYY-MM-DD, to: D.M.YYYY", "2026-02-01", "1.2.2026"},
		{"the time is left out", "from: 'YYYY-MM-DD HH:mm:ss'", "2026-02-01 23:59:59", "2026-02-01"},
		{"the time is kept", "from: 'DD.MM.YYYY HH:mm', to: 'YYYY-MM-DDTHH:mm:ss'", "01.02.2026 23:59", "2026-02-01T23:59:00"},
		{"milliseconds and Z", "from: 'YYYY-MM-DDTHH:mm:ss.SSSZ', to: 'YYYYMMDD HHmmssSSS'", "2026-02-01T01:02:03.045Z", "20260201 010203045"},
		{"midnight of twelve hours", "from: 'M/D/YYYY h:mm A', to: 'YYYY-MM-DD HH:mm'", "2/1/2026 12:05 AM", "2026-02-01 00:05"},
		{"noon of twelve hours", "from: 'M/D/YYYY h:mm A', to: 'YYYY-MM-DD HH:mm'", "2/1/2026 12:05 pm", "2026-02-01 12:05"},
		{"to twelve hours", "from: 'YYYY-MM-DD HH:mm', to: 'M/D/YYYY hh:mm A'", "2026-02-01 00:05", "2/1/2026 12:05 AM"},
		{"two digits of a year before the first", "from: DD.MM.YY, years_from: 1930", "01.02.29", "2029-02-01"},
		{"two digits of the first year", "from: DD.MM.YY, years_from: 1930", "01.02.30", "1930-02-01"},
		{"a month's German name", "from: 'D. MMM YYYY'", "1. März 2026", "2026-03-01"},
		{"a month's French name, shortened with a dot", "from: D MMM YYYY", "1 févr. 2026", "2026-02-01"},
		{"a month's Polish name", "from: D MMM YYYY", "1 października 2026", "2026-10-01"},
		{"a month's English name", "from: 'MMM D, YYYY'", "JUN 30, 2026", "2026-06-30"},
		{"the second of two layouts", "from: [DD.MM.YYYY, YYYY-MM-DD]", "2026-02-01", "2026-02-01"},
		{"a leap day", "from: DD.MM.YYYY", "29.02.2024", "2024-02-29"},
		{"no end", "from: DD.MM.YYYY", "31.12.9999", "9999-12-31"},
		{"a serial number", "from: excel", "46054", "2026-02-01"},
		{"the first serial number", "from: excel", "1", "1900-01-01"},
		{"the day before the day that never was", "from: excel", "59", "1900-02-28"},
		{"the day after it", "from: excel", "61", "1900-03-01"},
		{"the last serial number", "from: excel", "2958465", "9999-12-31"},
		{"a serial number with a time", "from: excel, to: 'YYYY-MM-DD HH:mm:ss'", "46054.75", "2026-02-01 18:00:00"},
		{"a time that is not exact", "from: excel, to: 'YYYY-MM-DD HH:mm:ss'", "46054.333333333336", "2026-02-01 08:00:00"},
		{"the last moment of a day", "from: excel", "46054.9999999", "2026-02-01"},
		{"a serial number of an old Mac", "from: excel1904", "44592", "2026-02-01"},
		{"the first day of an old Mac", "from: excel1904", "0", "1904-01-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, bad := through(t, dateBy(c.arg), c.in); bad != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, bad, c.want)
			}
		})
	}
}

func TestDateRefuses(t *testing.T) {
	const noDay = "value is no day that there is, or no time of day"
	for _, c := range []struct{ name, arg, in, msg, hint string }{
		{"a day that is not", "from: DD.MM.YYYY", "29.02.2026", noDay, "correct it in the table; day and month may have changed places"},
		{"month and day changed", "from: DD.MM.YYYY", "12.31.2026", noDay, "correct it in the table; day and month may have changed places"},
		{"an hour that is not", "from: 'DD.MM.YYYY HH:mm'", "01.02.2026 24:00", noDay, ""},
		{"an hour that twelve have not", "from: 'DD.MM.YYYY hh:mm A'", "01.02.2026 00:30 AM", noDay, ""},
		{"a year that is a slip", "from: DD.MM.YYYY", "01.02.0206", noDay, ""},
		{"the day that never was", "from: excel", "60", noDay, ""},
		{"day nought", "from: excel", "0", noDay, ""},
		{"one digit where two must be", "from: DD.MM.YYYY", "1.2.2026", "value is not written as DD.MM.YYYY", "it has the shape of D.M.YYYY; list the layout if the table is written in it, too"},
		{"a shape that two layouts have", "from: DD.MM.YYYY", "12/31/2026", "value is not written as DD.MM.YYYY", "it has the shape of DD/MM/YYYY or MM/DD/YYYY; list the layout if the table is written in it, too"},
		{"a serial number", "from: [DD.MM.YYYY, D/M/YYYY]", "46054", "value is not written as DD.MM.YYYY or D/M/YYYY", "it has the shape of excel; list the layout if the table is written in it, too"},
		{"blanks", "from: DD.MM.YYYY", " 01.02.2026", "value is not written as DD.MM.YYYY", "it has blanks around it: transform: [trim, {date: ...}]"},
		{"a month's name that may be two", "from: D MMM YYYY", "1 jui 2026", "value is not written as D MMM YYYY", ""},
		{"more than a date", "from: YYYY-MM-DD", "2026-02-011", "value is not written as YYYY-MM-DD", ""},
		{"a word", "from: YYYY-MM-DD", "soon", "value is not written as YYYY-MM-DD", ""},
		{"other digits", "from: YYYY-MM-DD", "٢٠٢٦-٠٢-٠١", "value is not written as YYYY-MM-DD", ""},
		{"a sign", "from: excel", "-5", "value is not written as excel", ""},
		{"an exponent", "from: excel", "4.6E4", "value is not written as excel", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, bad := through(t, dateBy(c.arg), c.in)
			if bad == nil || bad.Msg != c.msg || c.hint != "" && bad.Hint != c.hint {
				t.Errorf("got %+v", bad)
			}
		})
	}
}

func TestDateLayoutsThatAreRefused(t *testing.T) {
	for _, c := range []struct{ name, arg, msg, hint string }{
		{"day first and month first", "from: [DD/MM/YYYY, MM/DD/YYYY]", `would be two different days by the layouts "DD/MM/YYYY" and "MM/DD/YYYY"`, "name the one"},
		{"loose and strict, day and month first", "from: [D.M.YYYY, MM.DD.YYYY]", "would be two different days", ""},
		{"without separators", "from: [YYMMDD, DDMMYY], years_from: 1950", "would be two different days", ""},
		{"both counts of spreadsheets", "from: [excel, excel1904]", "would be two different days", ""},
		{"a count and six digits", "from: [excel, YYMMDD], years_from: 1950", "would be two different days", ""},
		{"years first and last", "from: [YY-MM-DD, DD-MM-YY], years_from: 1950", "would be two different days", ""},
		{"hours of twelve and of twenty-four", "from: ['D.M.YYYY hA', 'M.D.YYYY hA']", "would be two different days", ""},
		{"small letters", "from: dd.mm.yyyy", "is no layout of a date", "write it as DD.MM.YYYY"},
		{"percent signs", "from: '%d.%m.%Y'", "is no layout of a date", "write it as DD.MM.YYYY"},
		{"German letters", "from: TT.MM.JJJJ", "is no layout of a date", "write it as DD.MM.YYYY"},
		{"an example", "from: 2006-01-02", "is no layout of a date", layoutHint},
		{"no day", "from: MM/YYYY", "needs year, month", ""},
		{"minutes for months", "from: DD-mm-YYYY", "needs year, month", "write it as DD-MM-YYYY"},
		{"a part twice", "from: DD.MM.DD.YYYY", "has the day twice", ""},
		{"no end of a number", "from: DMYYYY", "does not say where D ends", ""},
		{"no end of a name", "from: DD.MMMTYYYY", "does not say where MMM ends", ""},
		{"minutes without hours", "from: 'DD.MM.YYYY mm'", "has a part of the time of day without", ""},
		{"hours of twelve alone", "from: 'DD.MM.YYYY hh:mm'", "has hours of twelve without A", ""},
		{"a century left open", "from: DD.MM.YY", "leaves the century open", "years_from: 1930"},
		{"a century for four digits", "from: DD.MM.YYYY, years_from: 1930", "no layout has them", ""},
		{"centuries before the calendar", "from: DD.MM.YY, years_from: 1500", "years_from must be from 1583", ""},
		{"a time out of nothing", "from: DD.MM.YYYY, to: 'YYYY-MM-DD HH:mm'", "the time of day cannot be made", ""},
		{"serial numbers made", "from: DD.MM.YYYY, to: excel", "date makes no serial numbers", ""},
		{"names made", "from: DD.MM.YYYY, to: D MMM YYYY", "date makes no serial numbers and no names", ""},
		{"no layout", "to: DD.MM.YYYY", "date needs to know the layout", "write it as {date: {from: DD.MM.YYYY}}"},
		{"an empty list", "from: []", "the list is empty", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := problemsOf(t, oneField("{column: Name, transform: ["+dateBy(c.arg)+"]}"))
			if len(list) != 1 || !strings.Contains(list[0].Msg, c.msg) || !strings.HasPrefix(list[0].Hint, c.hint) || list[0].Line != 7 {
				t.Errorf("got %+v", list)
			}
		})
	}
}

func TestLayoutsThatAgreeAreTaken(t *testing.T) {
	for _, from := range []string{
		"[DD.MM.YYYY, D.M.YYYY]", "[DD/MM/YYYY, YYYY/MM/DD]", "[YYYYMMDD, DDMMYYYY]", "[DD.MM.YYYY, MM/DD/YYYY]", "[excel, DD.MM.YYYY, YYYYMMDD]", "[D MMM YYYY, 'MMM D, YYYY', D.M.YYYY]",
	} {
		if list := problemsOf(t, oneField("{column: Name, transform: ["+dateBy("from: "+from)+"]}")); list != nil {
			t.Errorf("%s: %v", from, list)
		}
	}
}

func TestDatesComeBackByEachLayout(t *testing.T) {
	layouts := []string{"DD.MM.YYYY", "D.M.YYYY", "M/D/YYYY", "YYYYMMDD", "YYYY-MM-DDTHH:mm:ss.SSSZ", "D/M/YYYY h:mm A"}
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 3_000_000).Draw(t, "day"))
		l, fault := parseLayout(rapid.SampledFrom(layouts).Draw(t, "layout"))
		if fault != "" {
			t.Fatal(fault)
		}
		m := moment{year: day.Year(), month: int(day.Month()), day: day.Day()}
		if l.timed() {
			m.hour, m.minute = rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		}
		if got, fits := l.read(string(l.write(nil, m))); !fits || !got.real() || got != m {
			t.Errorf("%v became %v by %s", m, got, l.name)
		}
	})
}

func TestSerialNumbersCountDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(61, 2958464).Draw(t, "serial")
		day := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
		got, _ := excelEpochOf("excel").read(strconv.Itoa(n))
		if want := (moment{year: day.Year(), month: int(day.Month()), day: day.Day()}); got != want {
			t.Errorf("%d is %v, want %v", n, got, want)
		}
	})
}

func TestEachMonthsNameMeansIt(t *testing.T) {
	for i, line := range monthWords() {
		for word := range strings.FieldsSeq(line) {
			if month, rest, ok := leadingMonth(word + " 5"); !ok || month != i+1 || rest != " 5" {
				t.Errorf("%s is month %d, want %d", word, month, i+1)
			}
		}
	}
}
