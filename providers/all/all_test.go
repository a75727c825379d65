package all_test

import (
	"slices"
	"testing"

	"rowpost/providers/all"
)

func TestListHasEachProviderOnce(t *testing.T) {
	var names []string
	for _, p := range all.List() {
		names = append(names, p.Describe().Name)
	}
	if want := []string{"cleverbridge", "trackfinity", "invisiblecollector", "paysafe"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestFind(t *testing.T) {
	for _, p := range all.List() {
		name := p.Describe().Name
		if found, ok := all.Find(name); !ok || found.Describe().Name != name {
			t.Errorf("%s is not found by its name", name)
		}
	}
	if p, ok := all.Find("Cleverbridge"); ok {
		t.Errorf("names are exact, but %v was found", p.Describe().Name)
	}
}
