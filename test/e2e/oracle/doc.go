// Package oracle tests oracled as its operators run it: real processes in simulated enclaves, on a real network of four validators.
package oracle
