package app

import (
	"os"
	"runtime/debug"
)

// parallelGCPercent lets the heap of a node with parallel workers grow to five times what is in use before garbage is collected.
const parallelGCPercent = 400

// CollectForParallel makes Go collect garbage less often, unless GOGC in the environment says how often. A node that executes one transaction at a
// time has the collector for nothing, on the cores that idle meanwhile; one whose workers keep all cores busy pays for it in time
// (docs/performance.md).
func CollectForParallel() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(parallelGCPercent)
	}
}
