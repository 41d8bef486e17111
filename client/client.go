package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	sdkclient "github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	icatypes "github.com/cosmos/ibc-go/v11/modules/apps/27-interchain-accounts/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/client/internal/rpc"
)

// Defaults of a configuration.
const (
	DefaultGasPrice      = app.DefaultMinGasPrice
	DefaultGasAdjustment = 1.4
	DefaultTimeoutBlocks = 150
	DefaultResubmit      = 3 * time.Second
)

// Config says which chain to write to, and how.
type Config struct {
	// ChainID is the chain's: signatures are for this chain only.
	ChainID string
	// Nodes are the RPC addresses of nodes, such as http://127.0.0.1:26657. The first that answers is used.
	Nodes []string
	// GasPrice is what is paid for a unit of gas: DefaultGasPrice if empty.
	GasPrice string
	// GasAdjustment is by how much a simulation's gas is multiplied: DefaultGasAdjustment if 0.
	GasAdjustment float64
	// TimeoutBlocks is for how many blocks a transaction is valid at least, so that its fate is certain in the end; at most twice as
	// many. DefaultTimeoutBlocks if 0.
	TimeoutBlocks uint64
	// Resubmit is how often a transaction that is in no block yet is sent again: DefaultResubmit if 0.
	Resubmit time.Duration
	// OnFault, if not nil, is told of each node that does not answer. It must not block.
	OnFault func(node string, err error)
}

// ErrConfig is wrapped by errors about a configuration.
var ErrConfig = errors.New("client: bad configuration")

func (c *Config) complete() (sdk.DecCoins, error) {
	if c.ChainID == "" {
		return nil, fmt.Errorf("%w: no chain id", ErrConfig)
	}
	if len(c.Nodes) == 0 {
		return nil, fmt.Errorf("%w: no node", ErrConfig)
	}
	if c.GasPrice == "" {
		c.GasPrice = DefaultGasPrice
	}
	if c.GasAdjustment == 0 {
		c.GasAdjustment = DefaultGasAdjustment
	}
	if c.GasAdjustment < 1 {
		return nil, fmt.Errorf("%w: the gas adjustment %g is below 1", ErrConfig, c.GasAdjustment)
	}
	if c.TimeoutBlocks == 0 {
		c.TimeoutBlocks = DefaultTimeoutBlocks
	}
	if c.Resubmit == 0 {
		c.Resubmit = DefaultResubmit
	}
	if c.OnFault == nil {
		c.OnFault = func(string, error) {}
	}
	price, err := sdk.ParseDecCoins(c.GasPrice)
	if err != nil {
		return nil, fmt.Errorf("%w: the gas price %.50q (take one like %s): %w", ErrConfig, c.GasPrice, DefaultGasPrice, err)
	}
	return price, nil
}

// Client writes to a chain through its nodes. It may be used by many goroutines.
type Client struct {
	config   Config
	gasPrice sdk.DecCoins
	nodes    []node
	codec    codec.Codec
	txConfig sdkclient.TxConfig
	watcher  *watcher
	// current is the index of the node that is asked first.
	current atomic.Int64

	mu        sync.Mutex
	sequences map[string]*sequence // by account address
}

type node struct {
	address string
	*cmthttp.HTTP
}

// New makes a client. It connects when it is used. It must be closed. The error is ErrConfig.
func New(config Config) (*Client, error) {
	price, err := config.complete()
	if err != nil {
		return nil, err
	}
	encoding, err := app.NewEncoding()
	if err != nil {
		return nil, err
	}
	authtypes.RegisterInterfaces(encoding.Registry)
	vestingtypes.RegisterInterfaces(encoding.Registry)
	icatypes.RegisterInterfaces(encoding.Registry)
	c := &Client{
		config: config, gasPrice: price, codec: encoding.Codec, txConfig: encoding.TxConfig, sequences: map[string]*sequence{},
	}
	for _, address := range config.Nodes {
		client, err := rpc.New(address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrConfig, err)
		}
		c.nodes = append(c.nodes, node{address, client})
	}
	c.watcher = newWatcher(c)
	return c, nil
}

// Close ends what runs in the background. Transactions that are waited for end with ErrClosed; what was sent stays sent.
func (c *Client) Close() { c.watcher.close() }

// onNode runs f with the node that answered last and, as long as that fails, with the others.
func onNode[T any](ctx context.Context, c *Client, f func(ctx context.Context, n node) (T, error)) (T, error) {
	var errs []error
	var none T
	first := int(c.current.Load())
	for i := range c.nodes {
		index := (first + i) % len(c.nodes)
		result, err := f(ctx, c.nodes[index])
		if err == nil {
			c.current.Store(int64(index))
			return result, nil
		}
		if ctx.Err() != nil {
			return none, ctx.Err()
		}
		c.config.OnFault(c.nodes[index].address, err)
		errs = append(errs, fmt.Errorf("%s: %w", c.nodes[index].address, err))
	}
	return none, fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(errs...))
}

// height returns the height of the last block that a node has executed.
func (c *Client) height(ctx context.Context) (int64, error) {
	return onNode(ctx, c, func(ctx context.Context, n node) (int64, error) {
		info, err := n.ABCIInfo(ctx)
		if err != nil {
			return 0, err
		}
		return info.Response.LastBlockHeight, nil
	})
}
