//go:build unix

package proof

import (
	"syscall"
	"time"
)

// CPUTime is what this process has used of all processors, in user and system mode; 0
// where the system does not tell.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
