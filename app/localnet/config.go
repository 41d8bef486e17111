// Package localnet runs a whole Panacea network on one machine: real node processes, real peer-to-peer connections on the
// loopback interface, real consensus. People play with it, and tests and the demonstration stand on it.
//
// Everything of a network lies in one directory: node0, node1, … are the homes of the nodes, keyring-test holds the funded
// keys, config/client.toml lets `panacead --home DIR` talk to the network without further flags. Starting again from the
// same directory continues the same chain, on other ports if the old ones are taken. Its keys are not protected: never
// use it with anything of value.
//
//	network, err := localnet.Start(ctx, localnet.Config{Home: dir, Validators: 4, Binary: "panacead"})
//	defer network.Stop()
package localnet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// MaxValidators bounds a network's validators: each is a process of its own.
const MaxValidators = 50

// Config says what a network looks like.
type Config struct {
	// Home is the directory of the network, created if need be.
	Home string
	// Validators is the number of validators of a new network; a network that exists keeps its own.
	Validators int
	// ChainID names a new network; a network that exists keeps its own.
	ChainID string
	// BasePort is the first of the TCP ports to use, six a node; 0 takes free ones.
	BasePort int
	// BlockTime is about the time between blocks.
	BlockTime time.Duration
	// Binary is the panacead that nodes run.
	Binary string
	// StartArgs are added to `panacead start` of each node.
	StartArgs []string
	// LogLevel is that of the nodes' logs, which go to node.log in each node's home.
	LogLevel string
}

// DefaultConfig returns the configuration of a network of four validators with a block a second below home.
func DefaultConfig(home string) Config {
	return Config{Home: home, Validators: 4, ChainID: "panacea-local", BlockTime: time.Second, LogLevel: "info"}
}

// ErrConfig is wrapped by errors about a configuration.
var ErrConfig = errors.New("localnet: bad configuration")

func (c Config) validate() error {
	switch {
	case c.Home == "":
		return fmt.Errorf("%w: no home directory: give one with --home", ErrConfig)
	case c.Validators < 1 || c.Validators > MaxValidators:
		return fmt.Errorf("%w: %d validators: it takes from 1 to %d", ErrConfig, c.Validators, MaxValidators)
	case c.BasePort < 0 || c.BasePort+portsPerNode*c.Validators > 65535:
		return fmt.Errorf("%w: base port %d: it takes from 1 to %d, or 0 for free ports", ErrConfig, c.BasePort, 65535-portsPerNode*c.Validators)
	case c.BlockTime < 100*time.Millisecond || c.BlockTime > time.Minute:
		return fmt.Errorf("%w: block time %s: it takes from 100ms to 1m", ErrConfig, c.BlockTime)
	case c.ChainID == "":
		return fmt.Errorf("%w: no chain id", ErrConfig)
	}
	if _, err := os.Stat(c.Binary); err != nil {
		return fmt.Errorf("%w: the panacead binary: %w", ErrConfig, err)
	}
	return nil
}

func (c Config) nodeHome(name string) string { return filepath.Join(c.Home, name) }
