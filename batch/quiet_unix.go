//go:build unix

package batch

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

const canGlance = true

// glance looks whether anything can be read from a connection, its end included, and
// reads nothing. A connection that is no socket is taken for quiet.
type glance struct {
	socket syscall.RawConn // nil: no socket
	look   func(fd uintptr)
	polled [1]unix.PollFd
	calm   bool
}

func (g *glance) at(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	socket, err := c.SyscallConn()
	if err != nil {
		return // a connection that is closed: using it will say so
	}
	g.socket = socket
	g.look = func(fd uintptr) {
		g.polled[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		n, err := unix.Poll(g.polled[:], 0)
		for errors.Is(err, unix.EINTR) {
			n, err = unix.Poll(g.polled[:], 0)
		}
		g.calm = n == 0 && err == nil
	}
}

func (g *glance) quiet() bool {
	if g.socket == nil {
		return true
	}
	g.calm = false
	return g.socket.Control(g.look) == nil && g.calm
}
