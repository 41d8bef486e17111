package validate

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// storeObject encrypts the content for the consumer, as it flows, into the vault.
func (v *Validator) storeObject(ctx context.Context, j *job) error {
	secret, err := v.config.Keys.Secret()
	if err != nil {
		return notReady(err)
	}
	key := secret.ContentKey(j.sealDeal(v), j.commitment)
	defer key.Zero()
	content, err := j.contentReader(v)
	if err != nil {
		return err
	}
	pipe, object := io.Pipe()
	sealed := make(chan error, 1)
	go func() {
		err := sealObject(key, j.salt, &cancelled{ctx, content}, object)
		object.CloseWithError(err) // without an error it is io.EOF
		sealed <- err
	}()
	j.certificate.ObjectCid, err = v.config.Objects.Put(ctx, j.deal.Id, pipe)
	// However Put ended, the sealing goroutine must end too.
	pipe.CloseWithError(errors.New("validate: the vault stopped reading"))
	sealErr := <-sealed
	switch {
	case errors.Is(err, ErrStorageFull):
		return storageFull()
	case err != nil:
		return fmt.Errorf("validate: store the object: %w", err)
	case sealErr != nil:
		return fmt.Errorf("validate: encrypt the object: %w", sealErr)
	}
	j.certificate.ObjectSize = uint64(seal.ObjectSize(int64(j.header.ContentSize)))
	return nil
}

func storageFull() error {
	return api.Refuse(api.StorageFull, "", "the oracle's disk is full; ask another oracle")
}

func sealObject(key *seal.ContentKey, salt seal.Salt, content io.Reader, dst io.Writer) error {
	w, err := seal.SealObject(key, salt, dst)
	if err != nil {
		return err
	}
	buffer := make([]byte, 256<<10)
	defer clear(buffer)
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, content, buffer); err != nil {
		return err
	}
	return w.Close()
}

// journalName is that of what the oracle vouched for about a datum.
func journalName(dealID string, c seal.Commitment) string {
	return dealID + "/" + hex.EncodeToString(c[:])
}

// record makes what is vouched for durable, before a signature of it exists. The first certificate of a datum is the only one: what would
// contradict it is refused. Only the last height may be another each time.
func (v *Validator) record(ctx context.Context, j *job) error {
	c := &j.certificate
	c.ChainId, c.DealId, c.Provider = v.config.ChainID, j.deal.Id, j.token.Provider
	c.DataCommitment, c.UniquenessTag = j.commitment[:], j.tag[:]
	c.LastHeight = j.header.LastHeight
	// Once it is in the journal, no other can be given.
	if err := c.ValidateBasic(); err != nil {
		return fmt.Errorf("validate: certificate: %w", err)
	}
	encoded, err := c.Marshal()
	if err != nil {
		return err
	}
	kept, err := v.config.Journal.PutIfAbsent(ctx, journalName(j.deal.Id, j.commitment), encoded)
	switch {
	case errors.Is(err, ErrStorageFull):
		return storageFull()
	case err != nil:
		return fmt.Errorf("validate: journal: %w", err)
	}
	var first oracletypes.Certificate
	if err := first.Unmarshal(kept); err != nil {
		return fmt.Errorf("validate: journal: %w", err)
	}
	first.LastHeight = c.LastHeight
	if !first.Equal(c) {
		return api.Refuse(api.AlreadyVouched, "", "the oracle has vouched for this datum with another provider or tag")
	}
	return nil
}

// sign lets the signature out.
func (v *Validator) sign(_ context.Context, j *job) error {
	signature := v.config.Keys.Sign(j.certificate.SignBytes())
	j.answer = &api.ValidateDataResponse{
		Certificate: j.certificate,
		Signature:   oracletypes.OracleSignature{Oracle: v.config.Oracle, Signature: signature},
	}
	return nil
}
