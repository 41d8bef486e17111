// Package programs builds this module's programs for tests that run them, once for all of the tests' processes: a program that is as new as
// its source is not linked again. It is for tests only, and trusts the go command.
//
//	dir, err := programs.Build(ctx, "cmd/panacead")
//	panacead := filepath.Join(dir, "panacead")
package programs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Build builds programs, given by their directories in the module, and returns the directory where they are: build/test of the module, which
// stays. Others who build there meanwhile are waited for.
func Build(ctx context.Context, programs ...string) (dir string, err error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("look for the module: %w", err)
	}
	root := strings.TrimSpace(string(out))
	dir = filepath.Join(root, "build", "test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", dir, err)
	}
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	for _, p := range programs {
		args = append(args, "./"+p)
	}
	build := exec.CommandContext(ctx, "go", args...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", strings.Join(programs, ", "), err, out)
	}
	return dir, nil
}
