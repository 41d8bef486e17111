package node

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/state"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// draft is a message of the node key that is not numbered and signed yet.
type draft struct {
	message   oracletypes.NodeMessage
	sender    *string
	sequence  *uint64
	signature *[]byte
}

// signNext signs a draft with the node key's next number. That the number may be used is sealed before the signature is anywhere: an
// enclave that finds the chain ahead of what it remembers was rolled back, or runs twice. Error: ErrRolledBack.
func (h *Home) signNext(ctx context.Context, d draft, number uint64) error {
	if err := h.checkRollback(ctx, number); err != nil {
		return err
	}
	remembered, err := h.sequence(ctx)
	if err != nil {
		return err
	}
	if number == remembered {
		change, err := state.PutJSON(spaceNode, nameSequence, sequence{NodeKey: h.keys.signingPublic(), Next: number + 1})
		if err != nil {
			return err
		}
		if err := h.state.Update(ctx, change); err != nil {
			return err
		}
	}
	*d.sequence = number
	bytes, err := oracletypes.SignBytes(h.identity.ChainID, d.message)
	if err != nil {
		return err
	}
	*d.signature = ed25519.Sign(h.keys.signing, bytes)
	return nil
}

// speak numbers and signs a message with the node key, sends it as the sender, and returns when a block has it.
func (n *Node) speak(ctx context.Context, s *light.Snapshot, d draft) (client.Result, error) {
	n.speaking.Lock()
	defer n.speaking.Unlock()
	key, found, err := s.NodeKey(ctx, n.keys.signingPublic())
	if err != nil {
		return client.Result{}, err
	}
	if !found {
		return client.Result{}, errors.New("the chain does not know the node key")
	}
	number := max(key.Sequence, n.next)
	*d.sender = n.sender.Address().String()
	if err := n.signNext(ctx, d, number); err != nil {
		return client.Result{}, err
	}
	if m, ok := d.message.(sdk.HasValidateBasic); ok {
		if err := m.ValidateBasic(); err != nil {
			return client.Result{}, err
		}
	}
	result, err := send(ctx, n.sender, d.message)
	if err != nil {
		n.next = 0 // the chain knows
		return result, fmt.Errorf("%w (the account %s pays: see that it has some MED)", err, n.sender.Address())
	}
	n.next = number + 1
	n.metrics.sent(d.message)
	return result, nil
}
