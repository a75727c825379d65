//go:build !unix

package batch

import "net"

// isQuiet cannot tell here; see newLeanWire.
func isQuiet(net.Conn) bool { return true }
