package providers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxMessage is the greatest length of an outcome's message, in runes.
const MaxMessage = 300

const (
	maxCode  = 64
	maxField = 128
	maxID    = 128
	ellipsis = '…'
)

// CleanMessage makes a text that came from outside fit for a terminal, a log and a
// table's cell: one line of valid UTF-8 with single blanks, without control characters,
// terminal escape sequences or marks that turn the direction of writing, at most
// [MaxMessage] runes long. A text that is cut ends in "…".
func CleanMessage(text string) string { return clean(text, MaxMessage) }

// CleanID makes an id that an answer holds fit for the result: as [CleanMessage], and short.
func CleanID(text string) string { return clean(text, maxID) }

// CleanCode makes a code that an answer holds fit for the result: as [CleanMessage], and short.
func CleanCode(text string) string { return clean(text, maxCode) }

// clean reads no further than it has to: the text may be the whole body of an answer.
func clean(text string, limit int) string {
	if len(text) <= limit && isCleanASCII(text) {
		return text
	}
	var b strings.Builder
	count, blank := 0, false
	put := func(r rune) {
		b.WriteRune(r)
		count++
	}
	for len(text) > 0 {
		if n := escapeSequence(text); n > 0 {
			text, blank = text[n:], true
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			blank = true
			continue
		case isInvisible(r):
			continue
		}
		needed := 1
		if blank && count > 0 {
			needed = 2
		}
		if count+needed > limit {
			return cut(b.String(), limit)
		}
		if needed == 2 {
			put(' ')
		}
		put(r)
		blank = false
	}
	return b.String()
}

// isCleanASCII spares most texts the work.
func isCleanASCII(text string) bool {
	blank := true // at the start, a blank is one too many
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return !blank
}

// cut makes room for the ellipsis at the end of a text that fills the limit.
func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) >= limit {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return strings.TrimRight(text, " ") + string(ellipsis)
}

// escapeSequence gives the length of the terminal's control sequence that the text
// starts with (ECMA-48: CSI; OSC and its like, up to their terminator), else 0.
func escapeSequence(text string) int {
	if len(text) < 2 || text[0] != 0x1b {
		return 0
	}
	switch text[1] {
	case '[':
		for i := 2; i < len(text); i++ {
			switch c := text[i]; {
			case c < 0x20 || c > 0x7e:
				return i // no part of a sequence: it was broken off
			case c >= 0x40:
				return i + 1
			}
		}
		return len(text)
	case ']', 'P', '^', '_', 'X':
		if end := strings.IndexAny(text[2:], "\a\x1b\n"); end >= 0 {
			return 2 + end
		}
		return len(text)
	}
	return 1
}

// isInvisible tells the characters that show nothing and change how their neighbours
// are read: direction marks (Unicode annex 9) and the byte order mark.
func isInvisible(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
		r == 0x200e, r == 0x200f, r == 0x061c, r == 0xfeff:
		return true
	}
	return false
}
