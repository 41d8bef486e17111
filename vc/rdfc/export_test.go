package rdfc

// IsNested is isNested, for tests that need package jsonld.
var IsNested = isNested
