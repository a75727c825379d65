//go:build !unix

package proof

import "time"

// CPUTime is not known here.
func CPUTime() time.Duration { return 0 }
