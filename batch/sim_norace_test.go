//go:build !race

package batch

// simRace says that the race detector is at work.
const simRace = false
