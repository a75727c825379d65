package xlsx

import (
	"strings"
)

// format is what a number format makes of a number, as far as it changes what it says.
type format struct {
	date, clock bool // days are shown; the time of day is
	elapsed     bool // hours are counted on beyond 24
	fraction    bool // of seconds
	zeros       int  // digits to which zeros are put before a whole number
}

func (f format) dated() bool { return f.date || f.clock }

// formats reads which format each style of a cell has.
func (a *archive) formats(name string) ([]format, error) {
	if name == "" || !a.has(name) {
		return nil, nil
	}
	custom := map[int]format{}
	var out []format
	inside := false // of the styles that cells name
	err := a.each(name, func(p *part) error {
		id, err := p.number("numFmtId", 0, 1<<30)
		switch {
		case err != nil:
			return err
		case p.is("numFmt"):
			custom[id] = parseFormat(string(p.attr("formatCode")))
		case p.is("cellXfs"), p.is("cellStyles"), p.is("cellStyleXfs"), p.is("dxfs"):
			inside = p.is("cellXfs")
		case p.is("xf") && inside:
			f, known := custom[id]
			if !known {
				f = builtIn(id)
			}
			out = append(out, f)
		}
		if len(out) > maxStyles || len(custom) > maxStyles {
			return damaged(name, "it has too many styles")
		}
		return nil
	})
	return out, err
}

// builtIn are the formats that have a number only (ECMA-376 part 1, 18.8.30), and those that
// have one in East Asian programs.
func builtIn(id int) format {
	switch {
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return format{date: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id == 45, id == 55, id == 56:
		return format{clock: true}
	case id == 22:
		return format{date: true, clock: true}
	case id == 46:
		return format{clock: true, elapsed: true}
	case id == 47:
		return format{clock: true, fraction: true}
	}
	return format{}
}

// parseFormat reads what a format of the user's own says of positive numbers.
func parseFormat(code string) format {
	letters, elapsed := formatLetters(code)
	if letters != "" && strings.Trim(letters, "0") == "" {
		return format{zeros: min(len(letters), 32)}
	}
	if strings.Contains(strings.ToLower(letters), "general") {
		return format{}
	}
	f := format{elapsed: elapsed}
	f.clock = elapsed || strings.ContainsAny(letters, "hHsS")
	f.date = strings.ContainsAny(letters, "yYdDeEgGbB") && !isScientific(letters)
	months := strings.Count(strings.ToLower(letters), "m")
	if months > 0 && !f.clock || strings.Contains(strings.ToLower(letters), "mmm") {
		f.date = true // else the m are minutes
	}
	f.fraction = f.clock && strings.Contains(letters, ".0")
	return f
}

// isScientific says whether an E in a format is that of 0.00E+00.
func isScientific(letters string) bool {
	return strings.ContainsAny(letters, "0#?") && !strings.ContainsAny(letters, "yYdD")
}

// formatLetters gives the part of a format for positive numbers without its plain texts.
func formatLetters(code string) (letters string, elapsed bool) {
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return b.String(), elapsed
		case '"':
			if i = skipTo(code, i, '"'); i == len(code) {
				return b.String(), elapsed
			}
		case '\\', '_', '*': // the character behind it is a text, a blank, or filled in
			i++
		case '[':
			end := skipTo(code, i, ']')
			inner := strings.ToLower(code[i+1 : end])
			if inner != "" && (strings.Trim(inner, "h") == "" || strings.Trim(inner, "m") == "" || strings.Trim(inner, "s") == "") {
				elapsed = true
			}
			i = end
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), elapsed
}

// skipTo finds the next such byte behind a place.
func skipTo(code string, at int, end byte) int {
	if n := strings.IndexByte(code[at+1:], end); n >= 0 {
		return at + 1 + n
	}
	return len(code)
}
