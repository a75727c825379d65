package state

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// changed lists in what a run and the job differ.
func (b *beginning) changed(rec *record) []string {
	list := changedMeaning(rec.Meaning, Sums(b.job.Meaning))
	before, now := map[string]string{}, map[string]string{}
	for _, t := range rec.Targets {
		before[t] = t
	}
	for _, t := range b.job.Targets {
		now[t] = t
	}
	list = append(list, differing(before, now, "operation ")...)
	return append(list, differing(rec.Accounts, b.job.accountSums(), "account of ")...)
}

// differing lists the keys that only one of two maps has, or with different values.
func differing(a, b map[string]string, prefix string) []string {
	var list []string
	both := maps.Clone(a)
	maps.Copy(both, b)
	for _, key := range slices.Sorted(maps.Keys(both)) {
		x, inA := a[key]
		if y, inB := b[key]; inA != inB || x != y {
			list = append(list, prefix+key)
		}
	}
	return list
}

// The paths of a mapping's clauses, as [mapping.Clause] has them.
const (
	requestsPath = "requests"
	providerEnd  = ".provider" // each request has such a clause
)

// changedMeaning lists the clauses in which two mappings differ. A request with another id
// is told as that, and not as all of its clauses gone and come.
func changedMeaning(before, now map[string]string) []string {
	before, now = maps.Clone(before), maps.Clone(now)
	var renamed []string
	for _, old := range idsOnlyIn(before, now) {
		was := under(before, old)
		best, most := "", len(was)/2
		for _, id := range idsOnlyIn(now, before) {
			if n := alike(was, under(now, id)); n > most {
				best, most = id, n
			}
		}
		if best == "" {
			continue
		}
		for end, sum := range was { // what else is changed of it is told by its new name
			delete(before, old+end)
			before[best+end] = sum
		}
		renamed = append(renamed, old+" is called "+best+" now")
	}
	if renamed != nil && slices.Equal(requestIDs(before), requestIDs(now)) {
		delete(before, requestsPath) // the list of the ids: no news
		delete(now, requestsPath)
	}
	return append(renamed, differing(before, now, "")...)
}

// requestIDs gives the paths of a mapping's requests, as requests.billing, the shortest first:
// a field may be called as if it were a request of its own.
func requestIDs(clauses map[string]string) []string {
	var ids []string
	for path := range clauses {
		if id, ok := strings.CutSuffix(path, providerEnd); ok && strings.HasPrefix(id, requestsPath+".") {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return ids
}

func idsOnlyIn(a, b map[string]string) []string {
	return slices.DeleteFunc(requestIDs(a), func(id string) bool {
		_, both := b[id+providerEnd]
		return both
	})
}

// under gives a request's clauses by the rest of their paths.
func under(clauses map[string]string, id string) map[string]string {
	out := map[string]string{}
	for path, sum := range clauses {
		if end, ok := strings.CutPrefix(path, id); ok && strings.HasPrefix(end, ".") {
			out[end] = sum
		}
	}
	return out
}

// alike counts the clauses that two requests have in common.
func alike(a, b map[string]string) int {
	n := 0
	for end, sum := range a {
		if b[end] == sum {
			n++
		}
	}
	return n
}
