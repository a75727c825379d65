package cli

import (
	"encoding/hex"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"rowpost/batch/source"
	"rowpost/batch/state"
	"rowpost/mapping"
)

// openInput finds the source and the mapping, as far as they are what they were. The
// caller closes what it gives, when no line is read any more.
func (v *verification) openInput(p *Program, info *state.Info) (l *load) {
	known := v.checkInput(info)
	l = &load{opts: &options{mapping: info.Mapping}, input: info.Input.Path, path: info.Input.Path}
	if err := l.readMapping(p); err != nil {
		v.skip("mapping", "%s", err)
		return l
	}
	header, err := resultHeader(info.Result)
	if known {
		if err = l.openTable(); err == nil {
			header = l.rows.Header()
		}
	}
	if err != nil {
		v.skip("input", "%s", err)
		return l
	}
	binding, err := l.mapping.Bind(header, l.roster.targets())
	if err != nil {
		v.skip("mapping", "%s", mappingFailure(err))
		return l
	}
	v.useMapping(binding, changedClauses(info.Meaning, l.roster.meaning(binding)))
	if known && !v.otherSource {
		v.source = l.rows
	}
	return l
}

// checkInput says whether the input is the file that was imported.
func (v *verification) checkInput(info *state.Info) bool {
	sum, err := source.Digest(info.Input.Path)
	if err != nil {
		v.skip("input", "%s", err)
		return false
	}
	v.hold(ruleInput)
	if sum != info.Input.SHA256 {
		v.skip("input", "%s is no longer the file that was imported, whose SHA-256 was %s",
			info.Input.Path, hex.EncodeToString(info.Input.SHA256[:]))
		return false
	}
	return true
}

// resultHeader gives the source's columns from a result.
func resultHeader(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	r, header, err := newResultReader(f)
	if err != nil {
		return nil, err
	}
	r.close()
	return header, nil
}

// useMapping takes from the mapping what is still as it was; changed are the paths of
// what is not.
func (v *verification) useMapping(b *mapping.Binding, changed []string) {
	for _, path := range changed {
		v.otherSource = v.otherSource || strings.HasPrefix(path, "source.")
	}
	if len(changed) > 0 {
		v.pass("keys", "the mapping was changed since (%s): neither the order of rows with one key nor which requests a row makes", strings.Join(changed, ", "))
	} else {
		v.evaluator = b.Evaluator()
	}
	if v.otherSource {
		v.skip("input", "the mapping says now that the table is read in another way")
	}
	if slices.Contains(changed, "requests") {
		return
	}
	v.named, v.requests = true, nil
	for _, r := range b.Requests() {
		v.requests = append(v.requests, verifiedRequest{r.ID, r.Provider})
	}
}

// changedClauses lists what of the mapping is no longer what the run was made with.
func changedClauses(meaning map[string]string, clauses []mapping.Clause) []string {
	now := state.Sums(clauses)
	changed := map[string]bool{}
	for path, sum := range meaning {
		changed[path] = now[path] != sum
	}
	for path, sum := range now {
		changed[path] = meaning[path] != sum
	}
	maps.DeleteFunc(changed, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(changed))
}

// Positions that are none.
const (
	noPosition      = -1
	unknownPosition = -2
	nothingRecorded = math.MaxInt // the journal has nothing of its provider
)

// position finds the request of the mapping that a line is about.
func (v *verification) position(l *shownLine) int {
	if v.named {
		return slices.IndexFunc(v.requests, func(r verifiedRequest) bool { return r.id == l.request })
	}
	if at, known := v.only[l.provider]; known {
		return at
	}
	return unknownPosition
}

// inferPositions does without the mapping what can be done: if all lines of a provider
// are about one request, and the journal knows only one of that provider, that is it.
func (v *verification) inferPositions(r *resultReader) {
	v.only = map[string]int{}
	ids := map[string]string{}
	for l := r.take(); l != nil; l = r.take() {
		if id, seen := ids[l.provider]; seen && id != l.request {
			v.only[l.provider] = unknownPosition
		}
		ids[l.provider] = l.request
	}
	for provider := range ids {
		if _, several := v.only[provider]; several {
			continue
		}
		v.only[provider] = nothingRecorded
		for at, lane := range v.claims.lanes {
			switch {
			case lane != provider:
			case v.only[provider] == nothingRecorded:
				v.only[provider] = at
			default:
				v.only[provider] = unknownPosition
			}
		}
	}
}
