package mapping

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxResult bounds what a replacement may grow to, in bytes: as long as a cell can be.
const maxResult = 1 << 20

type replaceArg struct {
	Pattern *text `yaml:"pattern" jsonschema:"required" jsonschema_description:"A regular expression (RE2)."`
	With    *text `yaml:"with" jsonschema_description:"What stands there afterwards, $1 for the first group; default: nothing."`
}

func replace(d *decoder, at pos, arg replaceArg) transform {
	if arg.Pattern == nil {
		d.add(at, "write it as "+exampleOf("replace"), "replace needs a pattern")
		return nil
	}
	re, err := regexp.Compile(arg.Pattern.s)
	if err != nil {
		d.add(arg.Pattern.at, "the pattern is a regular expression (RE2); a dot or bracket that is meant as such stands behind a backslash",
			"the pattern is broken: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	p := newPattern(re)
	if p.size > maxPattern {
		d.add(arg.Pattern.at, "ask for fewer repetitions", "the pattern is too big")
		return nil
	}
	with := ""
	if arg.With != nil {
		var unknown string
		if with, unknown = template(arg.With.s, re); unknown != "" {
			d.add(arg.With.at, "$1 stands for what the first pair of brackets in the pattern found, ${name} for that of (?P<name>...), $$ for a dollar sign",
				"the pattern has no group %s", unknown)
			return nil
		}
	}
	return func(s string) (string, *refusal) { return p.replaceAll(s, with) }
}

// reference is what may stand behind a dollar sign.
var reference = regexp.MustCompile(`^(?:[0-9]+|[A-Za-z_][A-Za-z0-9_]*|\{[^}]*\})`)

// template writes a replacement as the regexp package expands it. There $1_ would be a group
// of the name 1_, and a group that does not exist would be empty: here digits end with the
// last digit, and such a group is given back as unknown. A dollar sign that nothing of the
// kind follows is one.
func template(with string, re *regexp.Regexp) (expanded, unknown string) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(with, "$")
		b.WriteString(before)
		if !found {
			return b.String(), ""
		}
		name := reference.FindString(rest)
		with = rest[len(name):]
		switch group := strings.Trim(name, "{}"); {
		case name == "":
			b.WriteString("$$")
			with = strings.TrimPrefix(with, "$")
		case !hasGroup(re, group):
			return "", "$" + name
		default:
			b.WriteString("${" + group + "}")
		}
	}
}

func hasGroup(re *regexp.Regexp, group string) bool {
	if n, err := strconv.Atoi(group); err == nil {
		return n <= re.NumSubexp()
	}
	return group != "" && re.SubexpIndex(group) >= 0
}

const (
	// maxPattern is the greatest size of a pattern, in instructions of its program.
	maxPattern = 1 << 11
	// maxSearch bounds the work on one cell, in instructions: a second or so. A search
	// takes time in proportion to the text and the pattern, but some patterns (x*y|x)
	// make each search look at the whole rest of the text, and there may be as many
	// searches as there are characters.
	maxSearch = 1 << 26
)

// pattern is an expression and what a search for it can cost.
type pattern struct {
	re    *regexp.Regexp
	size  int // in instructions
	reach int // how many characters behind its start a search may look at
}

func newPattern(re *regexp.Regexp) pattern {
	p := pattern{re: re, size: maxPattern + 1, reach: maxSearch}
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return p // it was parsed before, so this cannot be
	}
	if prog, err := syntax.Compile(tree.Simplify()); err == nil {
		p.size = len(prog.Inst)
	}
	if p.reach = reach(tree); (tree.Op == syntax.OpPlus || tree.Op == syntax.OpStar) && reach(tree.Sub[0]) == 1 {
		p.reach = 1 // what it looks at, it finds
	}
	return p
}

// reach is the greatest number of characters that an expression can stand for.
func reach(tree *syntax.Regexp) int {
	sum, most := 0, 0
	for _, sub := range tree.Sub {
		n := reach(sub)
		sum, most = min(sum+n, maxSearch), max(most, n)
	}
	switch tree.Op {
	case syntax.OpLiteral:
		return len(tree.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpStar, syntax.OpPlus:
		return maxSearch
	case syntax.OpRepeat:
		if tree.Max < 0 {
			return maxSearch
		}
		return min(most*tree.Max, maxSearch)
	case syntax.OpAlternate:
		return most
	default: // the parts of a sequence, or places between characters
		return sum
	}
}

// replaceAll is regexp.ReplaceAllString with bounds on the work and on the result: one short
// pattern that matches everywhere would else make gigabytes of one cell.
func (p pattern) replaceAll(s, with string) (string, *refusal) {
	if utf8.RuneCountInString(s) > maxExprCell {
		return "", refuse("value is too long for a pattern: more than "+strconv.Itoa(maxExprCell)+" characters", "")
	}
	most := maxSearch / p.size / (min(len(s), p.reach) + 1)
	found := p.re.FindAllStringSubmatchIndex(s, most+1)
	if found == nil {
		return s, nil
	}
	if len(found) > most {
		return "", refuse("value fits the pattern in too many places for its length", "make the pattern simpler: take .* and what has no end out of it")
	}
	out, end := make([]byte, 0, len(s)), 0
	for _, m := range found {
		out = append(out, s[end:m[0]]...)
		out = p.re.ExpandString(out, with, s, m)
		end = m[1]
		if len(out) > maxResult {
			return "", refuse("value grows beyond 1 MiB by its replacements", "check the pattern")
		}
	}
	return string(append(out, s[end:]...)), nil
}
