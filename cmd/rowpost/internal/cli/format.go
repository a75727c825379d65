package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// shortDuration is a length of time for people: milliseconds below a second, tenths
// below a minute, else whole seconds, and no zero parts at the end.
func shortDuration(d time.Duration) string {
	switch {
	case d <= 0:
		return "0s"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	const day = 24 * time.Hour
	d = d.Round(time.Second)
	days := ""
	if d >= day {
		days, d = fmt.Sprintf("%dd", d/day), (d % day).Round(time.Minute)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "0s" && days != "" {
		return days
	}
	return days + s
}

// rateText has one digit behind the point below 100.
func rateText(perSecond float64) string {
	if perSecond >= 100 {
		return strconv.FormatFloat(perSecond, 'f', 0, 64)
	}
	return strconv.FormatFloat(perSecond, 'f', 1, 64)
}

// columns is a table of plain text: aligned, without lines, so that it reads the same
// on a terminal and in a mail.
type columns struct{ w table.Writer }

// newColumns names the columns; those whose name starts with > are numbers, and are
// aligned on the right.
func newColumns(names ...string) *columns {
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	w.SetStyle(style)
	header := make(table.Row, len(names))
	var configs []table.ColumnConfig
	for i, name := range names {
		number := strings.HasPrefix(name, ">")
		header[i] = strings.TrimPrefix(name, ">")
		if number {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(header)
	return &columns{w}
}

func (c *columns) row(cells ...any) { c.w.AppendRow(cells) }

// print writes the table, indented.
func (c *columns) print(w io.Writer, indent string) error {
	for line := range strings.SplitSeq(c.w.Render(), "\n") {
		if _, err := fmt.Fprintln(w, strings.TrimRight(indent+line, " ")); err != nil {
			return err
		}
	}
	return nil
}

// plural counts things in English.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// rowList names the first rows of a group.
func rowList(rows []int, count int) string {
	texts := make([]string, len(rows))
	for i, r := range rows {
		texts[i] = strconv.Itoa(r)
	}
	list := strings.Join(texts, ", ")
	if count > len(rows) && len(rows) == firstRows {
		list += ", ..."
	}
	return list
}
