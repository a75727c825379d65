//go:build unix

package batch

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// isQuiet looks whether anything can be read from a connection, its end included, and
// reads nothing. A connection that is no socket is taken for quiet.
func isQuiet(conn net.Conn) bool {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		quiet = err == unix.EAGAIN
	})
	return err == nil && quiet
}
