package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"

	sdkmath "cosmossdk.io/math"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	cmttypes "github.com/cometbft/cometbft/types"

	sdkclient "github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// build makes a transaction and signs it. The error is *TxError if a simulation refuses it.
func (a *Account) build(ctx context.Context, messages []sdk.Msg, account, number, timeout uint64) (cmttypes.Tx, error) {
	c := a.client
	builder := c.txConfig.NewTxBuilder()
	if err := builder.SetMsgs(messages...); err != nil {
		return nil, fmt.Errorf("making a transaction: %w", err)
	}
	builder.SetMemo(a.config.Memo)
	builder.SetTimeoutHeight(timeout)
	if !a.config.FeeGranter.Empty() {
		builder.SetFeeGranter(a.config.FeeGranter)
	}
	gas := a.config.GasLimit
	if gas == 0 {
		var err error
		if gas, err = a.simulate(ctx, builder, number); err != nil {
			return nil, err
		}
	}
	builder.SetGasLimit(gas)
	builder.SetFeeAmount(c.fee(gas))
	return a.sign(ctx, builder, account, number)
}

// fee returns what gas costs.
func (c *Client) fee(gas uint64) sdk.Coins {
	var fee sdk.Coins
	for _, price := range c.gasPrice {
		amount := price.Amount.MulInt(sdkmath.NewIntFromUint64(gas)).Ceil().TruncateInt()
		fee = fee.Add(sdk.NewCoin(price.Denom, amount))
	}
	return fee
}

func (a *Account) signature(number uint64, bytes []byte) signing.SignatureV2 {
	return signing.SignatureV2{
		PubKey:   a.config.Signer.PubKey(),
		Data:     &signing.SingleSignatureData{SignMode: a.config.Signer.Mode(), Signature: bytes},
		Sequence: number,
	}
}

func (a *Account) sign(ctx context.Context, builder sdkclient.TxBuilder, account, number uint64) (cmttypes.Tx, error) {
	// In direct mode the signer's key and sequence are among what is signed.
	if err := builder.SetSignatures(a.signature(number, nil)); err != nil {
		return nil, fmt.Errorf("signing a transaction: %w", err)
	}
	data := authsigning.SignerData{
		Address: a.address.String(), ChainID: a.client.config.ChainID, AccountNumber: account, Sequence: number,
		PubKey: a.config.Signer.PubKey(),
	}
	bytes, err := authsigning.GetSignBytesAdapter(ctx, a.client.txConfig.SignModeHandler(), a.config.Signer.Mode(), data, builder.GetTx())
	if err != nil {
		return nil, fmt.Errorf("signing a transaction: %w", err)
	}
	signature, err := a.config.Signer.Sign(bytes)
	if err != nil {
		return nil, fmt.Errorf("signing a transaction: %w", err)
	}
	if err := builder.SetSignatures(a.signature(number, signature)); err != nil {
		return nil, fmt.Errorf("signing a transaction: %w", err)
	}
	return a.client.txConfig.TxEncoder()(builder.GetTx())
}

// simulate returns how much gas a transaction is given: what it uses in a simulation, adjusted.
func (a *Account) simulate(ctx context.Context, builder sdkclient.TxBuilder, number uint64) (uint64, error) {
	if err := builder.SetSignatures(a.signature(number, nil)); err != nil {
		return 0, fmt.Errorf("simulating a transaction: %w", err)
	}
	tx, err := a.client.txConfig.TxEncoder()(builder.GetTx())
	if err != nil {
		return 0, fmt.Errorf("simulating a transaction: %w", err)
	}
	// This path, unlike the gRPC query, keeps the module's error.
	raw, _, err := a.client.query(ctx, "/app/simulate", tx)
	if err != nil {
		return 0, err
	}
	// What is read of sdk.SimulationResponse: the messages' responses may be of modules that this program does not know.
	var response struct {
		GasInfo struct {
			GasUsed uint64 `json:"gas_used,string"`
		} `json:"gas_info"`
	}
	if err := json.Unmarshal(raw, &response); err != nil {
		return 0, fmt.Errorf("reading a simulation: %w", err)
	}
	return uint64(math.Ceil(float64(response.GasInfo.GasUsed) * a.client.config.GasAdjustment)), nil
}

// query asks a node, and returns its answer and the height of the state that it is about. What a node refuses is *TxError.
func (c *Client) query(ctx context.Context, path string, data []byte) ([]byte, int64, error) {
	type answer struct {
		value  []byte
		height int64
		err    error
	}
	a, err := onNode(ctx, c, func(ctx context.Context, n node) (answer, error) {
		result, err := n.ABCIQueryWithOptions(ctx, path, data, rpcclient.ABCIQueryOptions{})
		if err != nil {
			return answer{}, err
		}
		if r := result.Response; r.Code != 0 {
			return answer{err: &TxError{Codespace: r.Codespace, Code: r.Code, Log: r.Log}}, nil
		}
		return answer{value: result.Response.Value, height: result.Response.Height}, nil
	})
	if err != nil {
		return nil, 0, err
	}
	return a.value, a.height, a.err
}

// account returns an account and the height of the state that it is read from. The error is sdkerrors.ErrUnknownAddress if the chain does
// not know it.
func (c *Client) account(ctx context.Context, address sdk.AccAddress) (sdk.AccountI, int64, error) {
	request, err := (&authtypes.QueryAccountRequest{Address: address.String()}).Marshal()
	if err != nil {
		return nil, 0, err
	}
	raw, height, err := c.query(ctx, "/cosmos.auth.v1beta1.Query/Account", request)
	var refused *TxError
	switch {
	case errors.As(err, &refused) && strings.Contains(refused.Log, "not found"):
		return nil, 0, sdkerrors.ErrUnknownAddress.Wrapf("%s has no account: send it something first", address)
	case err != nil:
		return nil, 0, fmt.Errorf("reading the account %s: %w", address, err)
	}
	var response authtypes.QueryAccountResponse
	if err := response.Unmarshal(raw); err != nil {
		return nil, 0, fmt.Errorf("reading the account %s: %w", address, err)
	}
	var account sdk.AccountI
	if err := c.codec.UnpackAny(response.Account, &account); err != nil {
		return nil, 0, fmt.Errorf("reading the account %s: %w", address, err)
	}
	return account, height, nil
}

// committedSequence returns the account's next sequence number in the state of the returned height.
func (c *Client) committedSequence(ctx context.Context, address sdk.AccAddress) (uint64, int64, error) {
	account, height, err := c.account(ctx, address)
	if err != nil {
		return 0, 0, err
	}
	return account.GetSequence(), height, nil
}

// outcome is what sending a transaction to nodes led to.
type outcome int

const (
	// accepted: a node has taken the transaction.
	accepted outcome = iota
	// known: a node had the transaction already.
	known
	// refused: a node checked it and does not take it.
	refused
	// untaken: no node took it, though it may be good.
	untaken
	// unknown: a node may have it.
	unknown
)

// broadcast sends a transaction to one node after the other until one has it or refuses it. uncertain says that a node may have it that
// did not say so. outcome is not unknown.
func (c *Client) broadcast(ctx context.Context, tx cmttypes.Tx) (result outcome, uncertain bool, err error) {
	var errs []error
	first := int(c.current.Load())
	for i := range c.nodes {
		index := (first + i) % len(c.nodes)
		one, err := c.broadcastTo(ctx, c.nodes[index], tx)
		if one == accepted || one == known || one == refused {
			c.current.Store(int64(index))
			return one, uncertain, err
		}
		if ctx.Err() == nil {
			c.config.OnFault(c.nodes[index].address, err)
		}
		uncertain = uncertain || one == unknown
		errs = append(errs, fmt.Errorf("%s: %w", c.nodes[index].address, err))
	}
	return untaken, uncertain, fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(errs...))
}

// Broadcast sends a transaction again, of whatever process, and returns when a node has it or says that it takes it no more, which only a block
// decides. Error: ErrUnavailable.
func (c *Client) Broadcast(ctx context.Context, tx Signed) error {
	if outcome, _, err := c.broadcast(ctx, tx.Tx); outcome == untaken {
		return err
	}
	return nil
}

// What nodes say of transactions beyond the codes of the chain (CometBFT, mempool/errors.go and rpc/core/mempool.go).
const (
	sayInCache    = "tx already exists in cache"
	sayFull       = "mempool is full"
	sayTooLarge   = "tx too large"
	sayCatchingUp = "endpoint is closed while node is catching up"
)

func (c *Client) broadcastTo(ctx context.Context, n node, tx cmttypes.Tx) (outcome, error) {
	result, err := n.BroadcastTxSync(ctx, tx)
	if err == nil {
		if result.Code == 0 {
			return accepted, nil
		}
		err := &TxError{Hash: hashOf(tx), Codespace: result.Codespace, Code: result.Code, Log: result.Log}
		if errors.Is(err, sdkerrors.ErrTxInMempoolCache) {
			return known, nil
		}
		if errors.Is(err, sdkerrors.ErrMempoolIsFull) {
			return untaken, err
		}
		return refused, err
	}
	said := strings.ToLower(err.Error())
	var connection *net.OpError
	switch {
	case strings.Contains(said, sayInCache):
		return known, nil
	case strings.Contains(said, sayTooLarge):
		return refused, fmt.Errorf("sending transaction %s: %w", hashOf(tx), err)
	case strings.Contains(said, sayFull), strings.Contains(said, sayCatchingUp):
		return untaken, err
	case errors.As(err, &connection) && connection.Op == "dial":
		return untaken, err
	}
	return unknown, err
}
