// Package e2e holds the tests that run real networks: node processes started through app/localnet or by the commands an
// operator types, real peer-to-peer connections, real consensus. They take minutes, and `go test -short` skips them.
//
// They wait on conditions with deadlines, never for a time, and use free ports, so that they pass on a busy machine.
package e2e
