//go:build linux || darwin

package cli

import (
	"os"
	"syscall"
)

// spaceAt says how many bytes this user may still write into a folder, and which disk it is on.
func spaceAt(dir string) (free int64, disk uint64, ok bool) {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return 0, 0, false
	}
	info, err := os.Stat(dir)
	if err != nil {
		return 0, 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int64(fs.Bavail) * int64(fs.Bsize), uint64(stat.Dev), true //nolint:unconvert // darwin has other types
}
