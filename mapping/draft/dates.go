package draft

import (
	"regexp"
	"strconv"
	"strings"
)

// dateLayout finds out how a column writes dates. It gives the layouts that read all of
// its cells: one if the cells decide it; several if they leave open which number is the
// day and which the month; none if the column holds no dates.
func dateLayout(c *column) []string {
	var open []string
	if c.filled == 0 {
		return nil
	}
	for _, layout := range dateLayouts {
		if c.mostly(layout.reads, 1) {
			open = append(open, layout.name)
		}
	}
	return open
}

// datePattern is a way to write dates: where day, month and year stand.
type datePattern struct {
	name             string
	shape            *regexp.Regexp
	day, month, year int // numbers of the shape's groups
}

// dateLayouts are tried in this order; of those that read all cells, people choose.
var dateLayouts = []datePattern{
	{"YYYY-MM-DD", regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d)$`), 3, 2, 1},
	{"YYYY-MM-DD HH:mm:ss", regexp.MustCompile(`^(\d{4})-(\d\d)-(\d\d) \d\d:\d\d:\d\d$`), 3, 2, 1},
	{"YYYY/MM/DD", regexp.MustCompile(`^(\d{4})/(\d\d)/(\d\d)$`), 3, 2, 1},
	{"YYYYMMDD", regexp.MustCompile(`^(19\d\d|20\d\d)(\d\d)(\d\d)$`), 3, 2, 1},
	{"DD.MM.YYYY", regexp.MustCompile(`^(\d\d)\.(\d\d)\.(\d{4})$`), 1, 2, 3},
	{"D.M.YYYY", regexp.MustCompile(`^(\d\d?)\.(\d\d?)\.(\d{4})$`), 1, 2, 3},
	{"DD.MM.YY", regexp.MustCompile(`^(\d\d)\.(\d\d)\.(\d\d)$`), 1, 2, 3},
	{"DD/MM/YYYY", regexp.MustCompile(`^(\d\d)/(\d\d)/(\d{4})$`), 1, 2, 3},
	{"MM/DD/YYYY", regexp.MustCompile(`^(\d\d)/(\d\d)/(\d{4})$`), 2, 1, 3},
	{"D/M/YYYY", regexp.MustCompile(`^(\d\d?)/(\d\d?)/(\d{4})$`), 1, 2, 3},
	{"M/D/YYYY", regexp.MustCompile(`^(\d\d?)/(\d\d?)/(\d{4})$`), 2, 1, 3},
	{"DD-MM-YYYY", regexp.MustCompile(`^(\d\d)-(\d\d)-(\d{4})$`), 1, 2, 3},
	{"MM-DD-YYYY", regexp.MustCompile(`^(\d\d)-(\d\d)-(\d{4})$`), 2, 1, 3},
}

func (p datePattern) reads(s string) bool {
	m := p.shape.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return false
	}
	day, _ := strconv.Atoi(m[p.day])
	month, _ := strconv.Atoi(m[p.month])
	return day >= 1 && day <= 31 && month >= 1 && month <= 12
}

// decided leaves of open layouts those that differ: D.M.YYYY is DD.MM.YYYY, if no cell
// needs it. Dots are read as day and month by all who use them.
func decided(open []string) []string {
	var out []string
	has := func(name string) bool {
		for _, o := range open {
			if o == name {
				return true
			}
		}
		return false
	}
	for _, o := range open {
		wide := strings.Replace(strings.Replace("/"+o, "D.M.", "DD.MM.", 1), "/D/M/", "/DD/MM/", 1)
		wide = strings.TrimPrefix(strings.Replace(wide, "/M/D/", "/MM/DD/", 1), "/")
		if wide == o || !has(wide) {
			out = append(out, o)
		}
	}
	return out
}
