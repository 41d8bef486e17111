package types

import (
	"encoding/binary"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// messageLabel stands before what a node key signs to author a message; it begins no other label of a node key.
const messageLabel = "panacea/oracle/message/v1"

// NodeMessage is a message that an oracle's node key authenticates, whoever sends it.
type NodeMessage interface {
	sdk.Msg
	// Author returns the address of the oracle that the message is from.
	Author() string
	GetSequence() uint64
	GetSignature() []byte
	// unsigned returns the encoding of the message without sender and signature.
	unsigned() ([]byte, error)
}

var (
	_ NodeMessage = (*MsgApproveOracle)(nil)
	_ NodeMessage = (*MsgRenewAttestation)(nil)
	_ NodeMessage = (*MsgUpdateOracleInfo)(nil)
	_ NodeMessage = (*MsgUpdateOracleCommission)(nil)
)

// Author returns the approver.
func (m *MsgApproveOracle) Author() string { return m.Approver }

// Author returns the oracle.
func (m *MsgRenewAttestation) Author() string { return m.Oracle }

// Author returns the oracle.
func (m *MsgUpdateOracleInfo) Author() string { return m.Oracle }

// Author returns the oracle.
func (m *MsgUpdateOracleCommission) Author() string { return m.Oracle }

func (m *MsgApproveOracle) unsigned() ([]byte, error) {
	c := *m
	c.Sender, c.Signature = "", nil
	return c.Marshal()
}

func (m *MsgRenewAttestation) unsigned() ([]byte, error) {
	c := *m
	c.Sender, c.Signature = "", nil
	return c.Marshal()
}

func (m *MsgUpdateOracleInfo) unsigned() ([]byte, error) {
	c := *m
	c.Sender, c.Signature = "", nil
	return c.Marshal()
}

func (m *MsgUpdateOracleCommission) unsigned() ([]byte, error) {
	c := *m
	c.Sender, c.Signature = "", nil
	return c.Marshal()
}

// SignBytes returns what a node key signs to author a message: the label "panacea/oracle/message/v1", a zero byte, and then,
// each behind its length in four bytes big-endian, the chain id, the message's type URL, and its protobuf encoding with
// neither sender nor signature. The sequence number inside makes each signature good for once.
func SignBytes(chainID string, msg NodeMessage) ([]byte, error) {
	encoded, err := msg.unsigned()
	if err != nil {
		return nil, fmt.Errorf("encoding %T: %w", msg, err)
	}
	return labelled(messageLabel, []byte(chainID), []byte(sdk.MsgTypeURL(msg)), encoded), nil
}

// VerifyNodeMessage checks the signature of a message by its author's node key. The error is ErrInvalidSignature.
func VerifyNodeMessage(chainID string, nodeKey []byte, msg NodeMessage) error {
	signBytes, err := SignBytes(chainID, msg)
	if err != nil {
		return err
	}
	return verifyNodeSignature(nodeKey, signBytes, msg.GetSignature())
}

// labelled joins byte strings so that no two lists of them give the same bytes.
func labelled(label string, parts ...[]byte) []byte {
	b := append([]byte(label), 0)
	for _, part := range parts {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	return b
}
