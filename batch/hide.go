package batch

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden stands for a row's own text in what is shown of a provider's message.
const hidden = "..."

// shortestHidden is the length from which a cell is hidden. Shorter ones say nothing
// of a person, and stand in too many words and addresses of a message.
const shortestHidden = 3

// HideCells replaces a row's own cells in a provider's message, as they stand or encoded:
// they may be a person's data, and summaries, logs and reasons to stop end up in mails.
// Only whole words are replaced, in any case, so that a cell with a 1 leaves the 401 of a
// message alone.
func HideCells(message string, cells []string) string {
	if message == "" || Planted("cells-shown") {
		return message
	}
	var words []string
	for _, cell := range cells {
		if w := strings.TrimSpace(cell); utf8.RuneCountInString(w) >= shortestHidden {
			words = append(words, w)
		}
	}
	words = formsOf(words)
	// Longest first: a cell that is part of another must not leave the rest of it.
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, w := range slices.Compact(words) {
		if len(w) <= len(message) {
			message = hideWord(message, w)
		}
	}
	return hideTail(message, words)
}

// hideTail hides the beginning of a cell at the end of a message that was cut there.
func hideTail(message string, words []string) string {
	body := strings.TrimRight(message, ".…")
	if body == message {
		return message
	}
	for _, w := range words {
		for n := min(len(w), len(body)); n >= shortestTail; n-- {
			if strings.EqualFold(body[len(body)-n:], w[:n]) && wholeWord(body, len(body)-n, len(body)) {
				return body[:len(body)-n] + hidden
			}
		}
	}
	return message
}

// withoutCells is a message about a row, for people who see no row: in it the row's own
// cells are hidden. It reads the table up to there: it is for the few words that say why
// a lane stopped.
func (r *run) withoutCells(message string, row int) string {
	for line, err := range LinesOf(r.job.Source) {
		if err != nil {
			break
		}
		if line.Num == row {
			return HideCells(message, line.Cells)
		}
	}
	return hidden // what cannot be hidden is not shown
}

func hideWord(message, word string) string {
	var b strings.Builder
	for i := 0; i < len(message); {
		if n, ok := foldPrefix(message[i:], word); ok && wholeWord(message, i, i+n) {
			b.WriteString(hidden)
			i += n
			continue
		}
		_, size := utf8.DecodeRuneInString(message[i:])
		b.WriteString(message[i : i+size])
		i += size
	}
	return b.String()
}

// foldPrefix gives the length of the prefix that equals a word but for case.
func foldPrefix(text, word string) (int, bool) {
	n := 0
	for range word {
		if n >= len(text) {
			return 0, false
		}
		_, size := utf8.DecodeRuneInString(text[n:])
		n += size
	}
	return n, strings.EqualFold(text[:n], word)
}

// wholeWord says whether no letter or digit touches text[from:to] from outside,
// where it begins and ends with one itself.
func wholeWord(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	first, _ := utf8.DecodeRuneInString(text[from:to])
	last, _ := utf8.DecodeLastRuneInString(text[from:to])
	after, _ := utf8.DecodeRuneInString(text[to:])
	goesOnBefore := from > 0 && wordRune(before) && wordRune(first)
	goesOnAfter := to < len(text) && wordRune(last) && wordRune(after)
	return !goesOnBefore && !goesOnAfter
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
