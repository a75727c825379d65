// Package proof holds what the tests use to prove, on the real binary, what rowpost
// promises: that no row is lost, that nothing unsafe is sent twice, and that a crash at
// any moment is repaired by the same command alone.
//
// It makes imports up from a seed ([NewImport]), starts the binary and ends it by force
// ([Child]), keeps what the simulated providers saw ([Witness]), and judges a result by
// that ([Judge]). It is written against what a user is told (files, columns, exit
// statuses) and knows neither the engine nor the journal, so that it cannot share their
// mistakes. No code but tests imports it.
package proof

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Build builds the command into a folder, with build tags if any are given, and gives
// the binary's path. It is to be called in the folder of a package of this module.
func Build(ctx context.Context, dir string, tags ...string) (string, error) {
	path := filepath.Join(dir, "rowpost")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags", strings.Join(tags, ","), "-o", path, "rowpost/cmd/rowpost")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// BuildTest builds the tests of a package of this module, named by its folder, as
// [Build] does the command.
func BuildTest(ctx context.Context, dir, pkg string, tags ...string) (string, error) {
	path := filepath.Join(dir, filepath.Base(pkg)+".test")
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-buildvcs=false", "-tags", strings.Join(tags, ","), "-o", path, "rowpost/"+pkg)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	return path, nil
}
