package draft_test

import (
	"rowpost/mapping"
	"rowpost/providers/all"
)

// builtIn are the operations of the built-in providers.
func builtIn() []mapping.Target {
	var out []mapping.Target
	for _, p := range all.List() {
		for _, op := range p.Operations() {
			d := op.Describe()
			out = append(out, mapping.Target{Provider: p.Describe().Name, Operation: d.Name, Schema: d.Schema})
		}
	}
	return out
}
