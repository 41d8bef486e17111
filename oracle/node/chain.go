package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
)

const (
	// sendTimeout is how long it may take until a transaction is in a block.
	sendTimeout = 2 * time.Minute
	// reachPause is the pause before nodes that did not answer are asked again.
	reachPause = 2 * time.Second
)

// FetchTrustedBlock asks nodes for their newest block until one answers, for a person to compare: nothing is verified.
func FetchTrustedBlock(ctx context.Context, nodes []string) (chainID string, block light.TrustedBlock, err error) {
	var errs []error
	for _, address := range nodes {
		chainID, block, err = light.Newest(ctx, address)
		if err == nil {
			return chainID, block, nil
		}
		errs = append(errs, err)
	}
	return "", light.TrustedBlock{}, fmt.Errorf("no node shows a block: %w", errors.Join(errs...))
}

// openLight starts the light client from the sealed state.
func (h *Home) openLight(ctx context.Context) (*light.Client, error) {
	blocks, err := h.state.LightBlocks(ctx)
	if err != nil {
		return nil, err
	}
	c := h.Config.Chain
	return light.New(ctx, light.Config{
		ChainID: h.identity.ChainID, Nodes: c.Nodes, TrustingPeriod: time.Duration(c.TrustingPeriod), Store: blocks, Now: h.now,
		Trusted: light.TrustedBlock{Height: h.identity.TrustedHeight, Hash: h.identity.TrustedHash},
		OnFault: func(node string, err error) { h.log.Debug("a node of the chain failed", "node", node, "error", err) },
	})
}

// reachChain starts the light client, and waits for nodes to answer. Errors that waiting does not mend are returned.
func (h *Home) reachChain(ctx context.Context) (*light.Client, error) {
	said := ""
	for {
		client, err := h.openLight(ctx)
		if err == nil {
			if err = begun(ctx, client); err == nil {
				return client, nil
			}
		}
		for _, final := range []error{light.ErrConfig, light.ErrTrustExpired, light.ErrDivergence} {
			if errors.Is(err, final) {
				return nil, err
			}
		}
		if text := err.Error(); text != said {
			h.log.Warn("waiting for the chain", "nodes", h.Config.Chain.Nodes, "error", err)
			said = text
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the chain: %w (last: %w)", ctx.Err(), err)
		case <-time.After(reachPause):
		}
	}
}

// begun checks that there is proven state: nodes prove none of the first block's.
func begun(ctx context.Context, client *light.Client) error {
	s, err := client.Latest(ctx)
	if err == nil && s.Height() < 2 {
		return errors.New("the chain has only begun")
	}
	return err
}

// OpenKeyring opens a keyring of the SDK, of accounts of the chain.
func OpenKeyring(backend, dir string) (keyring.Keyring, error) {
	encoding, err := app.NewEncoding()
	if err != nil {
		return nil, err
	}
	keys, err := keyring.New(app.Name, backend, dir, os.Stdin, encoding.Codec)
	if err != nil {
		return nil, fmt.Errorf("opening the keyring %q in %s: %w", backend, dir, err)
	}
	return keys, nil
}

// SenderKeyring opens the keyring of the account that pays for the node's transactions.
func (c Config) SenderKeyring(home string) (keyring.Keyring, error) {
	dir := c.Sender.KeyringDir
	if dir == "" {
		dir = home
	}
	return OpenKeyring(c.Sender.KeyringBackend, dir)
}

// account makes the account of a key in a keyring, over a client of the chain that the caller closes.
func (h *Home) account(keys keyring.Keyring, name string) (*client.Client, *client.Account, error) {
	signer, err := client.KeyringSigner(keys, name)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: `oracled init` has made the sender's; set [sender] in %s to name another", err, ConfigFile)
	}
	c, err := client.New(client.Config{
		ChainID: h.identity.ChainID, Nodes: h.Config.Chain.Nodes, GasPrice: h.Config.Chain.GasPrice,
		OnFault: func(node string, err error) { h.log.Debug("a node of the chain failed", "node", node, "error", err) },
	})
	if err != nil {
		return nil, nil, err
	}
	return c, c.Account(client.AccountConfig{Signer: signer}), nil
}

// send sends messages in one transaction and returns when a block has it.
func send(ctx context.Context, from *client.Account, messages ...sdk.Msg) (client.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	result, err := from.Send(ctx, messages...)
	if err != nil {
		return result, fmt.Errorf("sending as %s: %w", from.Address(), err)
	}
	return result, nil
}
