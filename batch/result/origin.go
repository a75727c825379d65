package result

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"rowpost/mapping"
)

// An origin says which table and which mapping a line comes from, through any number of
// results that were the input of the next run. It stands behind the hash in rp_check, so
// that a result is known by its lines, whatever its file is called and whatever lines are
// left in it.

// SandboxOrigin is the origin of all lines of a trial run: what they say was never said by
// a provider. No table has it.
const SandboxOrigin = "sndbks"

// letters write 4 bits each. Spreadsheets write digits anew, with or without an e among
// them, and take words for truth values and months; they know no word without a vowel
// that is so long.
const letters = "bcdfghjklmnpqrst"

const originLength = len(SandboxOrigin)

func appendLetters(out, bits []byte) []byte {
	for _, v := range bits {
		out = append(out, letters[v>>4], letters[v&15])
	}
	return out
}

// Origin gives the origin of the lines of a table that is no result: 24 bits of SHA-256
// over the hash of its content and the mapping's meaning. Where and when it is sent is no
// part of it.
func Origin(content [sha256.Size]byte, meaning []mapping.Clause) string {
	h := sha256.New()
	add := func(what string) { _, _ = h.Write(append(binary.AppendUvarint(nil, uint64(len(what))), what...)) } // a hash takes all
	add("rowpost origin 1")
	add(hex.EncodeToString(content[:]))
	sorted := slices.SortedFunc(slices.Values(meaning), func(a, b mapping.Clause) int { return strings.Compare(a.Path, b.Path) })
	for _, c := range sorted {
		add(c.Path)
		add(hex.EncodeToString(c.Sum[:]))
	}
	sum := h.Sum(nil)
	origin := string(appendLetters(nil, sum[:originLength/2]))
	if origin == SandboxOrigin {
		origin = string(appendLetters(nil, sum[originLength/2:originLength]))
	}
	return origin
}

// splitCheck gives the two parts of an rp_check. The origin is empty if there is none, as
// in results of versions before it, or none that can be one.
func splitCheck(text string) (hash, origin string) {
	hash, origin, _ = strings.Cut(text, "-")
	if len(origin) != originLength || strings.Trim(origin, letters) != "" {
		return hash, ""
	}
	return hash, origin
}

// maxOrigins is how many origins one input may have: its owner is told to take the tables
// one by one before lists of them grow.
const maxOrigins = 64

// origins gathers those of a table's lines.
type origins struct {
	list []string
	last string // of the line before; most lines have that of the one before
	none bool   // a line has none
}

// add takes a line's origin, and says whether there is still room for it.
func (o *origins) add(origin string) bool {
	if origin == "" {
		o.none = true
		return true
	}
	if origin == o.last || slices.Contains(o.list, origin) {
		o.last = origin
		return true
	}
	o.last = strings.Clone(origin) // the line's text is only lent
	o.list = append(o.list, o.last)
	return len(o.list) <= maxOrigins
}

// overTrial says whether a trial's result may take a file's place: it must not be a real
// result with lines. The path is that of a result.
func overTrial(path string) error {
	check, lines, err := firstCheck(path)
	if _, origin := splitCheck(check); err == nil && (!lines || origin == SandboxOrigin) {
		return nil
	}
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return unwritable(path, pe)
	}
	return &Error{
		Path: path, Msg: "is there already and is not the result of a trial, so no trial overwrites it",
		Hint: "name another file with -o, or move this one away", Refused: true,
	}
}

// firstCheck gives the rp_check of a result's first line, and says whether it has lines.
func firstCheck(path string) (check string, lines bool, err error) {
	if isResultBook(path) {
		rows, err := firstRows(path, 2)
		if errors.Is(err, io.EOF) && len(rows) == 1 {
			return "", false, nil
		}
		if err != nil {
			return "", true, err
		}
		return rows[1][len(Columns())-1], true, nil
	}
	for line, err := range Read(path) {
		return line.Check, true, err
	}
	return "", false, nil
}
