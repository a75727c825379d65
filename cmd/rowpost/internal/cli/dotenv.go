package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var dotenvName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseDotenv reads NAME=value lines. It is strict, and it takes values as they
// stand: a dollar sign or a # inside a password is no variable and no comment.
//
//	# a comment
//	NAME=value           blanks around the value are cut, " #" begins a comment
//	export NAME=value    as shells write it
//	NAME='as it stands'  no escapes
//	NAME="line\nbreak"   \n, \r, \t, \" and \\ are escapes
//
// The errors name file and line and never show a value.
func parseDotenv(file, text string) (map[string]string, error) {
	env := map[string]string{}
	text = strings.TrimPrefix(text, "\uFEFF")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, err := parseDotenvLine(line)
		if err == nil {
			if _, twice := env[name]; twice {
				err = fmt.Errorf("%s is set twice", name)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		env[name] = value
	}
	return env, nil
}

func parseDotenvLine(line string) (name, value string, err error) {
	if rest, found := strings.CutPrefix(line, "export "); found {
		line = strings.TrimSpace(rest)
	}
	name, value, found := strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	if !found || !dotenvName.MatchString(name) {
		return "", "", errors.New("not a setting: write it as NAME=value")
	}
	value, err = dotenvValue(strings.TrimSpace(value))
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", name, err)
	}
	return name, value, nil
}

func dotenvValue(text string) (string, error) {
	switch {
	case strings.HasPrefix(text, "'"):
		end := strings.IndexByte(text[1:], '\'')
		if end < 0 {
			return "", errors.New("the quote is not closed on this line")
		}
		return text[1 : 1+end], onlyComment(text[end+2:])
	case strings.HasPrefix(text, `"`):
		return doubleQuoted(text[1:])
	case strings.HasPrefix(text, "#"):
		return "", nil
	}
	for _, mark := range []string{" #", "\t#"} {
		text, _, _ = strings.Cut(text, mark)
	}
	return strings.TrimSpace(text), nil
}

// doubleQuoted reads up to the closing quote.
func doubleQuoted(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), onlyComment(text[i+1:])
		case '\\':
			i++
			if i == len(text) {
				continue
			}
			at := strings.IndexByte(`nrt"\`, text[i])
			if at < 0 {
				return "", errors.New(`unknown escape in double quotes: \n, \r, \t, \" and \\ are known; single quotes take everything as it stands`)
			}
			b.WriteByte("\n\r\t\"\\"[at])
		default:
			b.WriteByte(text[i])
		}
	}
	return "", errors.New("the quote is not closed on this line")
}

func onlyComment(rest string) error {
	rest = strings.TrimSpace(rest)
	if rest != "" && !strings.HasPrefix(rest, "#") {
		return errors.New("there is text after the closing quote")
	}
	return nil
}
