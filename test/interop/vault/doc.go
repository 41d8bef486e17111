// Package interop compares the CIDs of a vault's objects with those that the independent importer of npm computes. It needs Node.js and
// npm; see ../README.md.
package interop
