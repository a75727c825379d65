package draft

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

var (
	plainScalar = regexp.MustCompile(`^[\p{L}][\p{L}\p{N} ._/()&+-]*$`)
	// notPlain are words that other readers of YAML take for something else than a text.
	notPlain = regexp.MustCompile(`^(?i:true|false|yes|no|on|off|null|y|n|nan|inf)$`)
)

// quote writes a text as YAML, plain where that is safe in every place and for every reader.
func quote(s string) string {
	if plainScalar.MatchString(s) && !notPlain.MatchString(s) && !strings.HasSuffix(s, " ") && !strings.Contains(s, "  ") {
		return s
	}
	return strconv.Quote(s)
}

// single writes a text in single quotes, as expressions are best read.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// reference names a column in an expression.
func reference(c *column) string {
	if bareName.MatchString(c.name) && !slices.Contains(reserved, c.name) {
		return c.name
	}
	return "row[" + strconv.Quote(c.name) + "]"
}

// bareName is a name that stands in an expression as it is.
var bareName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// reserved are words of the language itself, which name no column.
var reserved = []string{
	"row", "in", "not", "and", "or", "let", "if", "else", "true", "false", "nil",
	"matches", "contains", "startsWith", "endsWith",
}

func filled(c *column) string { return reference(c) + ` != ""` }

// Visible shows a column's name in a comment or on a terminal.
func Visible(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

func itoa(n int) string { return strconv.Itoa(n) }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
