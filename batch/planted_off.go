//go:build !planted

package batch

// Planted says whether a bug is to be there on purpose, so that it can be seen that a proof
// finds it: planted_on.go lists them. Without the build tag none ever is, and the compiler
// leaves out the question with all that hangs on it.
func Planted(string) bool { return false }
