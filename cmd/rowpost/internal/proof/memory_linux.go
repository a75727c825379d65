package proof

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// watchMemory gives the greatest resident size of a process, in bytes, when stop is closed.
// What the system says of a process that has ended will not do: that counts what it was
// before it became its own program, which is this one.
func watchMemory(pid int, stop <-chan struct{}) (peak int64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		peak = max(peak, residentPeak(pid))
		select {
		case <-tick.C:
		case <-stop:
			return peak
		}
	}
}

// residentPeak is 0 if the process has ended.
func residentPeak(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	const name = "VmHWM:"
	var kib int64
	if at := bytes.Index(status, []byte(name)); at >= 0 {
		_, _ = fmt.Sscan(string(status[at+len(name):]), &kib) // else 0
	}
	return kib << 10
}
