package localnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"cosmossdk.io/log/v2"
	dbm "github.com/cosmos/cosmos-db"
	"golang.org/x/sync/errgroup"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/medibloc/panacea/app"
)

// recordFile holds, below the network's home, what a network was founded with and the ports it used last.
const recordFile = "localnet.json"

type record struct {
	ChainID    string  `json:"chain_id"`
	Validators int     `json:"validators"`
	Ports      []ports `json:"ports"`
}

// Network is a running network. Its methods may be called from one goroutine at a time.
type Network struct {
	ChainID  string            `json:"chain_id"`
	Home     string            `json:"home"`
	Nodes    []*Node           `json:"nodes"`
	Accounts map[string]string `json:"accounts"`

	config Config
	lock   *os.File
}

// Start starts the network in config.Home, founding it first if there is none, and returns when every node has its first
// block. If it fails, nothing keeps running.
func Start(ctx context.Context, config Config) (*Network, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(config.Home, 0o700); err != nil {
		return nil, fmt.Errorf("making the network's home: %w", err)
	}
	lock, err := lockHome(config.Home)
	if err != nil {
		return nil, err
	}
	network := &Network{config: config, lock: lock}
	if err := network.start(ctx); err != nil {
		return nil, errors.Join(err, network.Stop())
	}
	return network, nil
}

func (n *Network) start(ctx context.Context) error {
	rec, err := n.foundOrLoad()
	if err != nil {
		return err
	}
	n.config.ChainID, n.config.Validators = rec.ChainID, rec.Validators
	n.ChainID, n.Home = rec.ChainID, n.config.Home
	if rec.Ports, err = choosePorts(n.config, rec.Ports); err != nil {
		return err
	}
	if err := n.saveRecord(rec); err != nil {
		return err
	}
	if err := n.addNodes(rec.Ports); err != nil {
		return err
	}
	if err := writeClientConfig(n.config, n.Nodes[0].RPC); err != nil {
		return err
	}
	for _, node := range n.Nodes {
		if err := errors.Join(node.writeConfig(n.peersOf(node)), node.Start()); err != nil {
			return err
		}
	}
	return n.waitForBlock(ctx)
}

// waitForBlock returns when every node has made a block since it started.
func (n *Network) waitForBlock(ctx context.Context) error {
	waits, ctx := errgroup.WithContext(ctx)
	for _, node := range n.Nodes {
		waits.Go(func() error {
			if err := node.WaitForHeight(ctx, 1); err != nil {
				return err
			}
			height, err := node.Height(ctx)
			if err != nil {
				return err
			}
			return node.WaitForHeight(ctx, height+1)
		})
	}
	return waits.Wait()
}

// foundOrLoad returns what the network was founded with, after founding it if there is none.
func (n *Network) foundOrLoad() (record, error) {
	raw, err := os.ReadFile(filepath.Join(n.config.Home, recordFile))
	if err == nil {
		var rec record
		if err := json.Unmarshal(raw, &rec); err != nil {
			return record{}, fmt.Errorf("reading %s: %w", recordFile, err)
		}
		return rec, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return record{}, fmt.Errorf("reading %s: %w", recordFile, err)
	}
	scratch, err := os.MkdirTemp("", "localnet")
	if err != nil {
		return record{}, fmt.Errorf("making a scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	model := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.NewAppOptionsWithFlagHome(scratch))
	if err := found(n.config, model); err != nil {
		return record{}, err
	}
	rec := record{ChainID: n.config.ChainID, Validators: n.config.Validators}
	return rec, n.saveRecord(rec)
}

func (n *Network) saveRecord(rec record) error {
	raw, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", recordFile, err)
	}
	if err := os.WriteFile(filepath.Join(n.config.Home, recordFile), raw, 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", recordFile, err)
	}
	return nil
}

// choosePorts returns those that the configuration asks for, else those of the last run if they are free, else free ones.
func choosePorts(config Config, last []ports) ([]ports, error) {
	if config.BasePort > 0 {
		chosen := make([]ports, config.Validators)
		for i := range chosen {
			chosen[i] = portsFrom(config.BasePort + i*portsPerNode)
		}
		return chosen, checkFree(chosen)
	}
	if len(last) == config.Validators && checkFree(last) == nil {
		return last, nil
	}
	return freePorts(config.Validators)
}

func (n *Network) addNodes(chosen []ports) error {
	encoding, err := app.NewEncoding()
	if err != nil {
		return err
	}
	keys, err := openKeyring(n.config, encoding)
	if err != nil {
		return err
	}
	n.Accounts = map[string]string{}
	for _, name := range accountNames() {
		address, err := keyAddress(keys, name)
		if err != nil {
			return err
		}
		n.Accounts[name] = address.String()
	}
	for i, p := range chosen {
		id, _, err := newNodeHome(n.config, nodeName(i))
		if err != nil {
			return err
		}
		operator, err := keyAddress(keys, validatorName(i))
		if err != nil {
			return err
		}
		node := newNode(n.config, nodeName(i), id, p)
		node.Validator = sdk.ValAddress(operator).String()
		n.Accounts[validatorName(i)] = operator.String()
		n.Nodes = append(n.Nodes, node)
	}
	return nil
}

func keyAddress(keys keyring.Keyring, name string) (sdk.AccAddress, error) {
	key, err := keys.Key(name)
	if err != nil {
		return nil, fmt.Errorf("reading the key %s of the network: %w", name, err)
	}
	return key.GetAddress()
}

// peersOf returns the addresses of every other node.
func (n *Network) peersOf(node *Node) []string {
	var peers []string
	for _, other := range n.Nodes {
		if other.ID != node.ID {
			peers = append(peers, other.ID+"@"+other.P2P)
		}
	}
	return peers
}

// AddNode makes a node that does not validate, with the network's genesis and all its nodes as peers, and does not start it.
func (n *Network) AddNode(name string) (*Node, error) {
	id, _, err := newNodeHome(n.config, name)
	if err != nil {
		return nil, err
	}
	genesis, err := genutiltypes.AppGenesisFromFile(filepath.Join(n.Nodes[0].Home, "config", "genesis.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the network's genesis: %w", err)
	}
	if err := genesis.SaveAs(filepath.Join(n.config.nodeHome(name), "config", "genesis.json")); err != nil {
		return nil, fmt.Errorf("writing the genesis of %s: %w", name, err)
	}
	chosen, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	node := newNode(n.config, name, id, chosen[0])
	if err := node.writeConfig(n.peersOf(node)); err != nil {
		return nil, err
	}
	n.Nodes = append(n.Nodes, node)
	return node, nil
}

// Stop stops every node, all at once, and returns when they are gone. Stopping again does nothing.
func (n *Network) Stop() error {
	errs := make([]error, len(n.Nodes))
	var stops sync.WaitGroup
	for i, node := range n.Nodes {
		stops.Go(func() { errs[i] = node.Stop() })
	}
	stops.Wait()
	if err := n.lock.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
