package journal

import (
	"cmp"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Ext is the ending of a file of a journal.
const Ext = ".journal"

// draftExt is the ending of a compaction that is being written. One that was left is
// removed by the next start.
const draftExt = Ext + ".new"

// name is what a file's name says: acme.0003.journal is what the third start wrote for
// acme, acme.0001-0017.journal a compaction of what seventeen starts wrote.
type name struct {
	lane        string
	first, last uint32
}

func (n name) String() string {
	starts := fmt.Sprintf("%04d", n.first)
	if n.last != n.first {
		starts += fmt.Sprintf("-%04d", n.last)
	}
	return url.QueryEscape(n.lane) + "." + starts + Ext
}

// draft is the name that the file has until it is whole.
func (n name) draft() string { return strings.TrimSuffix(n.String(), Ext) + draftExt }

func parseName(path string) (n name, ok bool) {
	stem, isOurs := strings.CutSuffix(filepath.Base(path), Ext)
	dot := strings.LastIndexByte(stem, '.')
	if !isOurs || dot < 0 {
		return name{}, false
	}
	first, last, ranged := strings.Cut(stem[dot+1:], "-")
	if !ranged {
		last = first
	}
	lane, err := url.QueryUnescape(stem[:dot])
	a, errA := strconv.ParseUint(first, 10, 32)
	b, errB := strconv.ParseUint(last, 10, 32)
	if err != nil || errA != nil || errB != nil {
		return name{}, false
	}
	n = name{lane, uint32(a), uint32(b)}
	return n, 0 < a && a <= b && n.String() == filepath.Base(path)
}

// sift takes from a folder's names those of a journal's files, in the order of lanes and
// starts, and those that are left over: a compaction that was not finished, what a
// finished one stands for, and a reserve.
func sift(all []string) (files []name, left []string) {
	var found []name
	for _, s := range all {
		if n, ok := parseName(s); ok {
			found = append(found, n)
		} else if strings.HasSuffix(s, draftExt) || s == reserveName {
			left = append(left, s)
		}
	}
	slices.SortFunc(found, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.lane, b.lane), cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last))
	})
	for _, n := range found {
		if i := len(files) - 1; i >= 0 && files[i].lane == n.lane && n.last <= files[i].last {
			left = append(left, n.String())
		} else {
			files = append(files, n)
		}
	}
	return files, left
}
