// Package demo is "panacea demo": the whole exchange on one machine from nothing, told as a story.
//
// Everything in it is the real thing but two: the enclaves are simulated, and the people are made up. Validators and oracles are processes of
// their own; hospital, patient, researcher and a stranger each have a home of their own, and nothing in common but the network.
package demo
