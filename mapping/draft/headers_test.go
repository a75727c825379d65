package draft_test

import (
	"slices"
	"strings"
	"testing"

	"rowpost/mapping"
	"rowpost/mapping/draft"
)

// found is what a person would take, and what of it the draft has.
type found struct{ right, wanted, wrong int }

func (f *found) add(g found) { f.right += g.right; f.wanted += g.wanted; f.wrong += g.wrong }

func (f found) share() float64 { return float64(f.right) / float64(f.wanted) }

// TestHeadersOfKnownExports drafts mappings from headers alone, without a single row,
// and compares the columns with those that a person would choose.
func TestHeadersOfKnownExports(t *testing.T) {
	total, byOperation := found{}, map[string]*found{}
	for _, f := range formats {
		t.Run(f.name, func(t *testing.T) {
			all := found{}
			for _, target := range builtIn() {
				name := target.Provider + "/" + target.Operation
				if fieldsOf[name] == nil {
					continue
				}
				one := compare(t, f, name, target)
				all.add(one)
				if byOperation[name] == nil {
					byOperation[name] = &found{}
				}
				byOperation[name].add(one)
			}
			t.Logf("%d of %d found, %d others", all.right, all.wanted, all.wrong)
			if all.share() < 0.9 {
				t.Errorf("found %d of the %d fields that a person would map", all.right, all.wanted)
			}
			total.add(all)
		})
	}
	for name, f := range byOperation {
		t.Logf("%s: %d of %d found, %d others", name, f.right, f.wanted, f.wrong)
		if f.share() < 0.9 {
			t.Errorf("%s: found %d of the %d fields that a person would map", name, f.right, f.wanted)
		}
	}
	t.Logf("all: %d of %d found, %d others", total.right, total.wanted, total.wrong)
	if total.wrong > total.right/10 {
		t.Errorf("%d columns are proposed that nobody would take, beside %d right ones", total.wrong, total.right)
	}
}

func compare(t *testing.T, f format, operation string, target mapping.Target) found {
	t.Helper()
	d := draft.New(draft.NewSample(f.header, 0), []mapping.Target{target})
	got := map[string]string{}
	for _, r := range d.Requests {
		for _, field := range r.Fields {
			name := field.Name
			if len(d.Requests) > 1 {
				name = r.ID + "." + name
			}
			if len(field.Columns) > 0 {
				got[name] = sorted(field.Columns)
			}
		}
	}
	var out found
	for field, words := range fieldsOf[operation] {
		at := slices.IndexFunc(words, func(w string) bool { return f.person[w] != "" })
		if at < 0 {
			continue
		}
		want := sorted(strings.Split(f.person[words[at]], " + "))
		out.wanted++
		if got[field] == want {
			out.right++
		} else {
			t.Logf("%s: %s is %q, a person takes %q", operation, field, got[field], want)
		}
		if got[field] != "" && got[field] != want {
			out.wrong++
		}
		delete(got, field)
	}
	for field, columns := range got {
		t.Logf("%s: %s is %q, a person takes none", operation, field, columns)
		out.wrong++
	}
	return out
}

func sorted(columns []string) string {
	columns = slices.Clone(columns)
	slices.Sort(columns)
	return strings.Join(columns, " + ")
}
