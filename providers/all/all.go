// Package all is the one list of the built-in providers.
package all

import (
	"rowpost/providers"
	"rowpost/providers/cleverbridge"
	"rowpost/providers/invisiblecollector"
	"rowpost/providers/paysafe"
	"rowpost/providers/trackfinity"
)

// List gives the built-in providers in the order in which they are shown.
func List() []providers.Provider {
	return []providers.Provider{
		cleverbridge.New(),
		trackfinity.New(),
		invisiblecollector.New(),
		paysafe.New(),
	}
}

// Find gives a built-in provider by its name.
func Find(name string) (providers.Provider, bool) {
	for _, p := range List() {
		if p.Describe().Name == name {
			return p, true
		}
	}
	return nil, false
}
