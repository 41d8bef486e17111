package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vault"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// deliveriesDir holds the journals of deliveries below a consumer's Dir.
const deliveriesDir = "deliveries"

// boughtPin is the collection of a vault that objects of deals belong to.
const boughtPin = "bought"

// Delivery is a datum that was bought, decrypted and found to be what was committed to.
type Delivery struct {
	DealID     string    `json:"deal_id"`
	Commitment string    `json:"commitment"`
	ObjectCID  string    `json:"object_cid"`
	Provider   string    `json:"provider"`
	File       string    `json:"file"`
	Size       int64     `json:"size"`
	SHA256     string    `json:"sha256"`
	From       string    `json:"from,omitempty"` // the oracle whose vault gave the object
	KeyFrom    string    `json:"key_from,omitempty"`
	Delivered  time.Time `json:"delivered"`
}

// Deliver makes a file of a datum that is proven to be sold: it fetches the object from any vouching oracle's vault, gets the content key from
// any oracle, decrypts, compares with the commitment, and only then puts the file in its place, below folder, with the exact bytes. A file
// that is there already, by the journal, is not made again.
func (c *Consumer) Deliver(ctx context.Context, dealID string, commitment seal.Commitment, folder string) (_ *Delivery, err error) {
	name := dealID + "-" + hex.EncodeToString(commitment[:])
	d := &Delivery{}
	j, err := openJournal(filepath.Join(c.Dir, deliveriesDir), name, d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	if d.delivered() {
		return d, nil
	}
	deal, err := c.Chain.Deal(ctx, dealID)
	if err != nil {
		return nil, err
	}
	consent, err := c.Chain.Consent(ctx, dealID, commitment)
	if err != nil {
		return nil, err
	}
	*d = Delivery{DealID: dealID, Commitment: hex.EncodeToString(commitment[:]), ObjectCID: consent.Certificate.ObjectCid, Provider: consent.Certificate.Provider}
	d.File = filepath.Join(folder, dealID, d.Commitment+extension(deal.Requirements.MediaType))
	w := &delivery{Consumer: c, Delivery: d, consent: consent, commitment: commitment}
	if err := w.run(ctx); err != nil {
		return nil, err
	}
	return d, j.write(d)
}

// delivered says whether the file of a delivery stands where it was put.
func (d *Delivery) delivered() bool {
	if d.File == "" {
		return false
	}
	info, err := os.Stat(d.File)
	return err == nil && info.Size() == d.Size
}

// extension is a media type's usual file extension.
func extension(mediaType string) string {
	base, _, err := mime.ParseMediaType(mediaType)
	switch {
	case err != nil:
		return ".bin"
	case base == "application/json" || strings.HasSuffix(base, "+json"):
		return ".json"
	case base == "application/dicom":
		return ".dcm"
	case base == "application/pdf":
		return ".pdf"
	case strings.HasPrefix(base, "text/"):
		return ".txt"
	}
	return ".bin"
}

// delivery is one process's work on a delivery.
type delivery struct {
	*Consumer
	*Delivery
	consent    datadealtypes.Consent
	commitment seal.Commitment
}

func (w *delivery) report(p Progress) {
	if w.Progress != nil {
		w.Progress(w.DealID, w.commitment, p)
	}
}

func (w *delivery) run(ctx context.Context) error {
	if err := w.fetch(ctx); err != nil {
		return err
	}
	if err := w.withKey(ctx, func(key *seal.ContentKey) error { return w.open(ctx, key) }); err != nil {
		return err
	}
	w.Delivered = time.Now().UTC()
	w.report(Progress{Stage: StageDone, Total: w.Size})
	return nil
}

// vouching are the oracles that vouched: each keeps the object and may give the key.
func (w *delivery) vouching() []string {
	var all []string
	for _, s := range w.consent.Signatures {
		all = append(all, s.Oracle)
	}
	return all
}

// fetch gets the object into the consumer's vault. What arrived stays there, so a later try goes on where an earlier one broke.
func (w *delivery) fetch(ctx context.Context) error {
	root, err := cid.Decode(w.ObjectCID)
	if err != nil {
		return fmt.Errorf("exchange: the object's CID: %w", err)
	}
	if _, _, err := w.Vault.OpenRecord(ctx, root); err == nil {
		return nil
	}
	return w.fromAny(ctx, StageFetch, w.vouching(), func(oracle oracletypes.Oracle) error {
		from, peers, err := ParseVaultPeer(oracle.VaultPeer)
		if err != nil {
			return err
		}
		_, err = w.Vault.Fetch(ctx, vault.FetchRequest{
			From: from, CID: root, Pin: boughtPin, MaxSize: int64(w.consent.Certificate.ObjectSize), Peers: peers,
			Progress: func(have, total int64) {
				w.report(Progress{Stage: StageFetch, Oracle: oracle.Address, Have: have, Total: max(total, 0)})
			},
		})
		if err == nil {
			w.From = oracle.Address
		}
		return err
	})
}

// withKey asks oracles for the content key until use is content with one: first those that vouched, then all others. Everybody can seal any key
// to the deal's consumer key, so only what a key decrypts proves that it is the right one.
func (w *delivery) withKey(ctx context.Context, use func(*seal.ContentKey) error) error {
	oracles := w.vouching()
	if active, err := w.Chain.ActiveOracles(ctx); err == nil {
		for _, o := range active {
			if !slices.Contains(oracles, o.Address) {
				oracles = append(oracles, o.Address)
			}
		}
	}
	var ours error // what no oracle can mend
	err := w.fromAny(ctx, StageKey, oracles, func(oracle oracletypes.Oracle) error {
		a, err := newOracleAPI(oracle.Endpoint, clientOr(w.HTTP))
		if err != nil {
			return err
		}
		sealed, err := a.contentKey(ctx, w.DealID, w.commitment)
		if err != nil {
			return err
		}
		key, err := seal.OpenContentKey(w.Key, seal.Deal{ChainID: w.Chain.ChainID(), ID: w.DealID}, w.commitment, sealed)
		if err != nil {
			return err
		}
		if err = use(key); err != nil && !unfit(err) {
			ours, err = err, nil
		}
		if err == nil {
			w.KeyFrom = oracle.Address
		}
		return err
	})
	return errors.Join(err, ours)
}

// unfit says whether something was decrypted in vain: the key is not that of the object, or not for us.
func unfit(err error) bool {
	return slices.ContainsFunc([]error{seal.ErrOpen, seal.ErrChunk, seal.ErrTruncated, seal.ErrExtended, seal.ErrTooLong, seal.ErrCommitment},
		func(reason error) bool { return errors.Is(err, reason) })
}

// fromAny tries one oracle after the other, and all of them again, until one does or it takes too long: an oracle's light client may be a
// block behind the consent, and any of them may be restarting. Where all gave what is unfit, they would again.
func (w *delivery) fromAny(ctx context.Context, stage Stage, oracles []string, try func(oracletypes.Oracle) error) error {
	w.report(Progress{Stage: stage})
	passing := false
	return patiently(ctx, patienceOr(w.Patience), func(error) bool { return passing }, func() error {
		passing = false
		var why []error
		for _, address := range oracles {
			record, err := w.Chain.Oracle(ctx, address)
			if err == nil {
				if err = try(record.Oracle); err == nil {
					return nil
				}
			}
			w.report(Progress{Stage: stage, Oracle: address, Err: err})
			passing = passing || !unfit(err)
			why = append(why, fmt.Errorf("%s: %w", address, err))
		}
		return fmt.Errorf("%w: %w", ErrUndelivered, errors.Join(why...))
	})
}

// ParseVaultPeer reads an oracle's vault_peer: a DID, then multiaddresses with peer id, separated by commas.
func ParseVaultPeer(s string) (did string, peers []peer.AddrInfo, err error) {
	parts := strings.Split(s, ",")
	if !strings.HasPrefix(parts[0], "did:") {
		return "", nil, fmt.Errorf("%w: its vault peer %.100q begins with no DID", ErrOracle, s)
	}
	if len(parts) > 1 {
		if peers, err = vault.ParsePeers(parts[1:]); err != nil {
			return "", nil, fmt.Errorf("%w: its vault peer: %w", ErrOracle, err)
		}
	}
	return parts[0], peers, nil
}

// ContentKey gets a content key of a datum that is proven to be sold, from any oracle. Whoever asks gets it sealed to the deal's consumer
// key, and only who has that key can open it. That it is the right one, only decrypting tells: see Decrypt.
func (c *Consumer) ContentKey(ctx context.Context, dealID string, commitment seal.Commitment) (key *seal.ContentKey, err error) {
	w, err := c.decryption(ctx, dealID, commitment)
	if err != nil {
		return nil, err
	}
	err = w.withKey(ctx, func(k *seal.ContentKey) error {
		key = k
		return nil
	})
	return key, err
}

// decryption is a delivery of what has been fetched.
func (c *Consumer) decryption(ctx context.Context, dealID string, commitment seal.Commitment) (*delivery, error) {
	consent, err := c.Chain.Consent(ctx, dealID, commitment)
	return &delivery{Consumer: c, Delivery: &Delivery{DealID: dealID}, consent: consent, commitment: commitment}, err
}

// Decrypt makes a file of an object that was had in any way, with a key from any oracle.
func (c *Consumer) Decrypt(ctx context.Context, dealID string, commitment seal.Commitment, object io.ReadSeeker, path string) (size int64, digest string, err error) {
	w, err := c.decryption(ctx, dealID, commitment)
	if err != nil {
		return 0, "", err
	}
	err = w.withKey(ctx, func(key *seal.ContentKey) (err error) {
		defer key.Zero()
		if _, err := object.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("exchange: read the object: %w", err)
		}
		size, digest, err = openObject(key, commitment, object, path)
		return err
	})
	return size, digest, err
}

// open decrypts the object out of the vault.
func (w *delivery) open(ctx context.Context, key *seal.ContentKey) error {
	defer key.Zero()
	w.report(Progress{Stage: StageOpen})
	root, err := cid.Decode(w.ObjectCID)
	if err != nil {
		return err
	}
	object, _, err := w.Vault.OpenRecord(ctx, root)
	if err != nil {
		return fmt.Errorf("exchange: read the object from the vault: %w", err)
	}
	w.Size, w.SHA256, err = openObject(key, w.commitment, object, w.File)
	return err
}

// openObject decrypts into a file beside the place, which takes its place once the whole content has matched the commitment.
func openObject(key *seal.ContentKey, c seal.Commitment, object io.Reader, path string) (size int64, digest string, err error) {
	content, err := seal.OpenObject(key, c, object)
	if err != nil {
		return 0, "", err
	}
	h := sha256.New()
	err = WriteFile(path, func(f *os.File) (err error) {
		size, err = io.Copy(io.MultiWriter(f, h), content)
		return err
	})
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// Deliveries lists what the journals say has been delivered.
func (c *Consumer) Deliveries() ([]Delivery, error) {
	paths, err := filepath.Glob(filepath.Join(c.Dir, deliveriesDir, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Delivery
	for _, path := range paths {
		var d Delivery
		if err := readJournal(path, &d); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// deliveredBefore says whether a datum's file stands where it was put, without locking.
func (c *Consumer) deliveredBefore(dealID string, commitment seal.Commitment) bool {
	var d Delivery
	path := filepath.Join(c.Dir, deliveriesDir, dealID+"-"+hex.EncodeToString(commitment[:])+".json")
	return readJournal(path, &d) == nil && d.delivered()
}
