package light

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	ics23 "github.com/cosmos/ics23/go"
)

// The types of the two proofs in an answer: of the key in its store, and of the store among the stores.
const (
	proofTypeIAVL   = "ics23:iavl"
	proofTypeSimple = "ics23:simple"
)

// entry is a key of a store with its value.
type entry struct{ key, value []byte }

// position is what a proof says about a key: what is there, or what the neighbours of its absence are. A neighbour is nil where
// the store ends.
type position struct {
	found       bool
	value       []byte
	left, right *entry
}

// verifyAnswer checks a node's answer to a query for a key of a store against the app hash of a verified header. The error is
// ErrProof.
func verifyAnswer(appHash []byte, store string, key []byte, answer abci.ResponseQuery) (p position, err error) {
	defer func() {
		// ics23 panics on some malformed paths (IsLeftNeighbor on an empty one).
		if r := recover(); r != nil {
			p, err = position{}, fmt.Errorf("%w: malformed: %v", ErrProof, r)
		}
	}()
	if answer.ProofOps == nil || len(answer.ProofOps.Ops) != 2 {
		return position{}, fmt.Errorf("%w: it has not the two proofs of a key in a store", ErrProof)
	}
	inner, outer := answer.ProofOps.Ops[0], answer.ProofOps.Ops[1]
	if inner.Type != proofTypeIAVL || outer.Type != proofTypeSimple {
		return position{}, fmt.Errorf("%w: proofs of type %.20q and %.20q", ErrProof, inner.Type, outer.Type)
	}
	storeRoot, err := verifyStore(appHash, store, outer.Data)
	if err != nil {
		return position{}, fmt.Errorf("%w: of store %s in the app hash: %w", ErrProof, store, err)
	}
	found, err := verifyKey(storeRoot, key, inner.Data)
	if err != nil {
		return position{}, fmt.Errorf("%w: of a key in store %s: %w", ErrProof, store, err)
	}
	if !bytes.Equal(answer.Value, found.value) {
		return position{}, fmt.Errorf("%w: the value beside it is another than the proven one", ErrProof)
	}
	return found, nil
}

// verifyStore returns the root hash of a store, which stands in the app hash under the store's name.
func verifyStore(appHash []byte, store string, raw []byte) ([]byte, error) {
	var proof ics23.CommitmentProof
	if err := proof.Unmarshal(raw); err != nil {
		return nil, err
	}
	exist := proof.GetExist()
	if exist == nil {
		return nil, fmt.Errorf("not a proof of existence")
	}
	if err := exist.Verify(ics23.TendermintSpec, appHash, []byte(store), exist.Value); err != nil {
		return nil, err
	}
	return exist.Value, nil
}

// verifyKey checks a proof of a key's existence or absence in an IAVL tree with the given root hash.
func verifyKey(root, key, raw []byte) (position, error) {
	var proof ics23.CommitmentProof
	if err := proof.Unmarshal(raw); err != nil {
		return position{}, err
	}
	if exist := proof.GetExist(); exist != nil {
		if !bytes.Equal(exist.Key, key) {
			return position{}, fmt.Errorf("of another key")
		}
		return position{found: true, value: exist.Value}, verifyExistence(root, exist)
	}
	if absent := proof.GetNonexist(); absent != nil {
		return verifyAbsence(root, key, absent)
	}
	return position{}, fmt.Errorf("neither of existence nor of absence")
}

// verifyExistence checks a proof that its key and value are in a tree. ics23 does so itself but for empty values, which it
// refuses for the sake of trees that do not hash values before they hash leaves. IAVL does (ics23.IavlSpec, PrehashValue), and
// the chain's sets have empty values.
func verifyExistence(root []byte, proof *ics23.ExistenceProof) error {
	if len(proof.Value) > 0 {
		return proof.Verify(ics23.IavlSpec, root, proof.Key, proof.Value)
	}
	if len(proof.Key) == 0 {
		return fmt.Errorf("an empty key")
	}
	if err := proof.CheckAgainstSpec(ics23.IavlSpec); err != nil {
		return err
	}
	value := sha256.Sum256(nil)
	leaf := binary.AppendUvarint(bytes.Clone(proof.Leaf.Prefix), uint64(len(proof.Key)))
	leaf = append(leaf, proof.Key...)
	leaf = append(binary.AppendUvarint(leaf, sha256.Size), value[:]...)
	hash := sha256.Sum256(leaf)
	node := hash[:]
	for _, step := range proof.Path {
		var err error
		if node, err = step.Apply(node); err != nil {
			return err
		}
	}
	if !bytes.Equal(node, root) {
		return fmt.Errorf("it leads to another root hash")
	}
	return nil
}

// verifyAbsence checks a proof that a key is not in a tree: that two leaves are in it, left and right of where the key would be,
// with nothing between them; or that the one is the tree's first or last.
func verifyAbsence(root, key []byte, proof *ics23.NonExistenceProof) (position, error) {
	left, right, spec := proof.Left, proof.Right, ics23.IavlSpec.InnerSpec
	var p position
	for _, side := range []struct {
		proof *ics23.ExistenceProof
		order int
		to    **entry
	}{{left, -1, &p.left}, {right, 1, &p.right}} {
		if side.proof == nil {
			continue
		}
		if err := verifyExistence(root, side.proof); err != nil {
			return position{}, err
		}
		if bytes.Compare(side.proof.Key, key) != side.order {
			return position{}, fmt.Errorf("a neighbour is on the wrong side of the absent key")
		}
		*side.to = &entry{side.proof.Key, side.proof.Value}
	}
	adjacent := false
	switch {
	case left == nil && right == nil:
		return position{}, fmt.Errorf("of absence without neighbours")
	case left == nil:
		adjacent = ics23.IsLeftMost(spec, right.Path)
	case right == nil:
		adjacent = ics23.IsRightMost(spec, left.Path)
	default:
		adjacent = ics23.IsLeftNeighbor(spec, left.Path, right.Path)
	}
	if !adjacent {
		return position{}, fmt.Errorf("the neighbours of the absent key have others between them")
	}
	return p, nil
}
