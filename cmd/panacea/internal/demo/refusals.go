package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vault"
	vaultexchange "github.com/medibloc/panacea/vault/exchange"
	"github.com/medibloc/panacea/vc"
)

// refuse tries what must not work.
func (s *Story) refuse(ctx context.Context) error {
	for _, r := range []struct {
		name, told string
		try        func(context.Context) (string, error)
		codes      []string
	}{
		{"forged record", "The patient changes the record in the credential, and offers that", s.forge, []string{"proof_invalid"}},
		{"second sale", "The patient offers the same credential once more, freshly encrypted", s.sellAgain, []string{"duplicate"}},
		{"revoked credential", "The hospital revokes another credential of the patient's, who offers it all the same", s.sellRevoked, []string{"credential_revoked"}},
		{"curious third party: object", "A stranger asks an oracle's vault for the object", s.fetchAsStranger, []string{"unavailable"}},
		{"curious third party: key", "The stranger asks an oracle for the content key", s.keyAsStranger, []string{"does_not_open"}},
	} {
		err := s.timed("refusal: "+r.name, func() error {
			code, err := r.try(ctx)
			if err != nil {
				return err
			}
			s.tell.say("%s: refused, %s", r.told, code)
			s.Report.Refusals = append(s.Report.Refusals, Refusal{r.name, code})
			for _, want := range r.codes {
				if code == want {
					return nil
				}
			}
			return fmt.Errorf("%w: refused for another reason: %s", ErrStory, code)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// offerAnyway offers a credential without the provider's usual memory of what it has sold, and returns why the oracles refuse.
func (s *Story) offerAnyway(ctx context.Context, name string, c *vc.Credential) (string, error) {
	provider, err := s.patient.Provider(ctx)
	if err != nil {
		return "", err
	}
	provider.Dir = filepath.Join(s.patient.Home, "attempts", fmt.Sprintf("%s-%d", name, time.Now().UnixNano()))
	provider.Patience = 20 * time.Second
	offer, err := provider.Prepare(ctx, s.trades[0].deal.Id, exchange.Data{Label: name, Credentials: []*vc.Credential{c}})
	if err != nil {
		return "", err
	}
	_, err = provider.Sell(ctx, offer, agreed(s.trades[0].deal))
	if err == nil {
		return "", fmt.Errorf("%w: it was bought", ErrStory)
	}
	if code := exchange.RefusalCode(err); code != "" {
		return code, nil
	}
	return "", err
}

// forge changes a value that the deal asks for.
func (s *Story) forge(ctx context.Context) (string, error) {
	text, err := json.Marshal(s.credential)
	if err != nil {
		return "", err
	}
	var doc map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&doc); err != nil {
		return "", err
	}
	subject, _ := doc["credentialSubject"].(map[string]any)
	record, _ := subject["record"].(map[string]any)
	changed := false
	for _, name := range s.record.asked {
		if _, ok := record[name].(string); ok {
			record[name], changed = "forged", true
			break
		}
	}
	if !changed {
		return "", fmt.Errorf("%w: the record has nothing to change", ErrStory)
	}
	doc["id"] = "urn:uuid:00000000-0000-4000-8000-000000000000" // so that it is not refused as a second sale
	forged, err := vc.NewCredential(doc)
	if err != nil {
		return "", err
	}
	return s.offerAnyway(ctx, "forged", forged)
}

func (s *Story) sellAgain(ctx context.Context) (string, error) {
	return s.offerAnyway(ctx, "again", s.credential)
}

func (s *Story) sellRevoked(ctx context.Context) (string, error) {
	c, err := s.issueToPatient(ctx)
	if err != nil {
		return "", err
	}
	if err := s.issuer.Revoke(ctx, c.ID()); err != nil {
		return "", err
	}
	if err := s.awaitKnowledge(ctx); err != nil {
		return "", err
	}
	return s.offerAnyway(ctx, "revoked", c)
}

// knowledgeTime bounds how long oracles may take to learn of a block.
const knowledgeTime = time.Minute

// awaitKnowledge returns when every oracle knows the chain as it is now: until then it may vouch for what was revoked a moment ago.
func (s *Story) awaitKnowledge(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, knowledgeTime)
	defer cancel()
	chain, err := s.hospital.Chain(ctx)
	if err != nil {
		return err
	}
	now, err := chain.Head(ctx)
	if err != nil {
		return err
	}
	for _, o := range s.oracles {
		for height := now.Height; ; height++ {
			trusted, err := exchange.TrustOracle(ctx, chain, o.address, http.DefaultClient, true)
			if err == nil && trusted.VerifiedHeight > now.Height+1 {
				break
			}
			if _, err := chain.WaitForBlock(ctx, height); err != nil {
				return fmt.Errorf("waiting for oracle %s to learn of block %d: %w", o.address, now.Height, err)
			}
		}
	}
	return nil
}

// fetchAsStranger asks the vault that gave the object to the researcher.
func (s *Story) fetchAsStranger(ctx context.Context) (string, error) {
	v, err := s.stranger.Vault(ctx)
	if err != nil {
		return "", err
	}
	consent := s.trades[0].consent
	chain, err := s.stranger.Chain(ctx)
	if err != nil {
		return "", err
	}
	record, err := chain.Oracle(ctx, consent.Signatures[0].Oracle)
	if err != nil {
		return "", err
	}
	from, peers, err := exchange.ParseVaultPeer(record.Oracle.VaultPeer)
	if err != nil {
		return "", err
	}
	root, err := cid.Decode(consent.Certificate.ObjectCid)
	if err != nil {
		return "", err
	}
	_, err = v.Fetch(ctx, vault.FetchRequest{From: from, CID: root, Peers: peers, MaxSize: int64(consent.Certificate.ObjectSize)})
	switch {
	case err == nil:
		return "", fmt.Errorf("%w: a stranger got the object", ErrStory)
	case errors.Is(err, vaultexchange.ErrUnavailable):
		return "unavailable", nil
	}
	return "", err
}

// keyAsStranger gets what everybody may have: the content key, sealed to somebody else.
func (s *Story) keyAsStranger(ctx context.Context) (string, error) {
	consumer, err := s.stranger.Consumer(ctx)
	if err != nil {
		return "", err
	}
	consumer.Patience = time.Second
	var c seal.Commitment
	copy(c[:], s.trades[0].consent.Certificate.DataCommitment)
	key, err := consumer.ContentKey(ctx, s.trades[0].deal.Id, c)
	switch {
	case err == nil:
		key.Zero()
		return "", fmt.Errorf("%w: a stranger opened the key", ErrStory)
	case errors.Is(err, seal.ErrOpen):
		return "does_not_open", nil
	}
	return "", err
}
