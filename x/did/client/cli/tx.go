// Package cli holds the commands of x/did that are not generated: making, changing and ending DIDs with keys from the DID
// keystore, resolving them, and the keystore itself.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/x/did/types"
)

const (
	flagDocument    = "document"
	flagMethod      = "method"
	flagDIDSequence = "did-sequence"
	flagFreeze      = "freeze"
)

// keystoreDir is the directory of the DID keystore in the node's home.
const keystoreDir = "did-keys"

func openKeystore(ctx client.Context) *keystore.Store {
	return keystore.New(filepath.Join(ctx.HomeDir, keystoreDir))
}

// NewTxCmd returns the commands that change DIDs.
func NewTxCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   types.ModuleName,
		Short: "Create, update and deactivate DIDs",
		Long: `Create, update and deactivate DIDs.

The account of --from pays. What may be changed is decided by a key of the DID, from the DID keystore (see "did-keys"), whose
passphrase comes from --passphrase-file, from $` + PassphraseVariable + `, or from you.`,
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newCreateCmd(), newUpdateCmd(), newDeactivateCmd())
	return cmd
}

func newCreateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a DID with a fresh key",
		Long: `Create a DID with a fresh key.

The new DID derives from the new secp256k1 key, which is kept in the DID keystore before anything is sent, and may
authenticate, assert, and change the DID. --add-key and the other flags put more into the first document.

With --document the document is yours: its id must derive from a secp256k1 key among its authentication methods that the DID
keystore has, or that --method names.`,
		Example: `  panacead tx did create --from alice
  panacead tx did create --from alice --add-key x25519 --add-key bls12381g2 --add-service site,LinkedDomains,https://clinic.example
  panacead tx did create --from alice --document did.json --method did:panacea:…#key1
  panacead tx did create --from panacea1… --generate-only > unsigned.json    (asks no node; sign it with: tx sign)`,
		Args: cobra.NoArgs,
		RunE: runCreate,
	}
	addEditFlags(cmd)
	for _, flag := range []string{flagRemoveKey, flagRemoveService, flagRemoveController, flagRemoveAlsoKnownAs} {
		_ = cmd.Flags().MarkHidden(flag) // there is nothing to remove yet; with --document they work
	}
	addProofFlags(cmd)
	cmd.Flags().String(flagDocument, "", "file with the whole W3C DID document, in JSON")
	return cmd
}

func addProofFlags(cmd *cobra.Command) {
	flags.AddTxFlagsToCmd(cmd)
	addPassphraseFlag(cmd)
	cmd.Flags().String(flagMethod, "", "verification method that proves ownership, such as key1, or a controller's did:panacea:…#key1 "+
		"(default: the first that may, and whose key the DID keystore has)")
}

func runCreate(cmd *cobra.Command, _ []string) error {
	ctx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	document, err := documentOfFlag(cmd)
	if err != nil {
		return err
	}
	change := change{cmd: cmd, ctx: ctx, store: openKeystore(ctx)}
	if document == nil {
		return change.createFresh()
	}
	return change.createGiven(document)
}

func newUpdateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update DID",
		Short: "Change the document of a DID",
		Long: `Change the document of a DID: add and remove keys, services, controllers and aliases, or replace all of it by --document.

New keys are kept in the DID keystore before anything is sent. No node is asked about the DID if the document to change is
given as --document, and the sequence that the chain has stored as --did-sequence; --offline needs both.`,
		Example: `  panacead tx did update did:panacea:… --add-key ed25519:assertionMethod --from alice
  panacead tx did update did:panacea:… --add-service 'vault,PanaceaVault,{"peerId":"12D3…"}' --from alice
  panacead tx did update did:panacea:… --remove-key key2 --add-controller did:panacea:… --from alice
  panacead tx did update did:panacea:… --document did.json --method key1 --from alice
  panacead tx did update did:panacea:… --document did.json --did-sequence 3 --generate-only --from panacea1…`,
		Args: cobra.ExactArgs(1),
		RunE: runUpdate,
	}
	addEditFlags(cmd)
	addProofFlags(cmd)
	addSequenceFlag(cmd)
	cmd.Flags().String(flagDocument, "", "file with a W3C DID document, in JSON, to take in place of the stored one")
	cmd.Flags().Bool(flagFreeze, false, "go on even if nobody can change the DID afterwards")
	return cmd
}

func addSequenceFlag(cmd *cobra.Command) {
	cmd.Flags().Uint64(flagDIDSequence, 0, "sequence that the chain has stored for the DID (default: ask the node)")
}

func runUpdate(cmd *cobra.Command, args []string) error {
	ctx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	change := change{cmd: cmd, ctx: ctx, store: openKeystore(ctx), id: args[0]}
	if err := types.ValidateDID(change.id); err != nil {
		return err
	}
	given, err := documentOfFlag(cmd)
	if err != nil {
		return err
	}
	return change.update(given)
}

func newDeactivateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deactivate DID",
		Short: "End a DID for ever",
		Long: `End a DID for ever: its document becomes empty, and the DID can never be created again.

No node is asked about the DID if the sequence that the chain has stored is given as --did-sequence; --offline needs it.`,
		Example: `  panacead tx did deactivate did:panacea:… --from alice
  panacead tx did deactivate did:panacea:… --did-sequence 3 --generate-only --from panacea1…`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			change := change{cmd: cmd, ctx: ctx, store: openKeystore(ctx), id: args[0]}
			if err := types.ValidateDID(change.id); err != nil {
				return err
			}
			return change.deactivate()
		},
	}
	addProofFlags(cmd)
	addSequenceFlag(cmd)
	return cmd
}

// change is one command's work on a DID.
type change struct {
	cmd   *cobra.Command
	ctx   client.Context
	store *keystore.Store
	id    string

	passphrase string // of the keystore, once it is known
}

func (c *change) createFresh() error {
	key, err := did.GenerateKey(did.Secp256k1, nil)
	if err != nil {
		return err
	}
	id, err := did.PanaceaDID(key.Public())
	if err != nil {
		return err
	}
	c.id = id.String()
	e := edits{document: &did.Document{ID: c.id}}
	methodID := e.freeKeyID()
	if err := e.addMethod(methodID, key.Public(), commonRelationships(did.Secp256k1)); err != nil {
		return err
	}
	e.keys = append(e.keys, newKey{methodID, key})
	if err := e.apply(c.cmd); err != nil {
		return err
	}
	return c.create(&e, methodID, key)
}

func (c *change) createGiven(document *did.Document) error {
	c.id = document.ID
	e := edits{document: document}
	if err := e.apply(c.cmd); err != nil {
		return err
	}
	message, err := types.FromW3C(e.document)
	if err != nil {
		return err
	}
	methodID, key, err := c.signingKey(message)
	if err != nil {
		return err
	}
	return c.create(&e, methodID, key)
}

func (c *change) create(e *edits, methodID string, key did.PrivateKey) error {
	defer key.Zero()
	message, err := c.message(e)
	if err != nil {
		return err
	}
	signature, err := types.Sign(key, message, 0)
	if err != nil {
		return err
	}
	return c.send(e.keys, &types.MsgCreateDIDRequest{
		Did: c.id, Document: message, VerificationMethodId: methodID, Signature: signature, FromAddress: c.ctx.GetFromAddress().String(),
	})
}

func (c *change) update(given *did.Document) error {
	stored, sequence, err := c.stored(given == nil)
	if err != nil {
		return err
	}
	document := given
	if document == nil {
		if document, err = stored.ToW3C(); err != nil {
			return err
		}
	}
	if document.ID != c.id {
		return fmt.Errorf("the document's id is %s, not %s", document.ID, c.id)
	}
	e := edits{document: document}
	if err := e.apply(c.cmd); err != nil {
		return err
	}
	if !e.changed && given == nil {
		return errors.New("there is nothing to change: give --add-…, --remove-… or --document (see --help)")
	}
	message, err := c.message(&e)
	if err != nil {
		return err
	}
	if err := c.refuseFreezing(message); err != nil {
		return err
	}
	methodID, key, err := c.signingKey(stored)
	if err != nil {
		return err
	}
	defer key.Zero()
	signature, err := types.Sign(key, message, sequence)
	if err != nil {
		return err
	}
	return c.send(e.keys, &types.MsgUpdateDIDRequest{
		Did: c.id, Document: message, VerificationMethodId: methodID, Signature: signature, FromAddress: c.ctx.GetFromAddress().String(),
	})
}

func (c *change) deactivate() error {
	stored, sequence, err := c.stored(false)
	if err != nil {
		return err
	}
	methodID, key, err := c.signingKey(stored)
	if err != nil {
		return err
	}
	defer key.Zero()
	signature, err := types.Sign(key, types.DeactivationDocument(c.id), sequence)
	if err != nil {
		return err
	}
	return c.send(nil, &types.MsgDeactivateDIDRequest{
		Did: c.id, VerificationMethodId: methodID, Signature: signature, FromAddress: c.ctx.GetFromAddress().String(),
	})
}

// message makes the document a message, and checks it as the chain will.
func (c *change) message(e *edits) (*types.DIDDocument, error) {
	message, err := types.FromW3C(e.document)
	if err != nil {
		return nil, err
	}
	return message, message.Validate()
}

// refuseFreezing returns an error if nobody could change the DID once it has this document.
func (c *change) refuseFreezing(message *types.DIDDocument) error {
	freeze, err := c.cmd.Flags().GetBool(flagFreeze)
	if err != nil || freeze || len(message.Controller.GetValues()) > 0 {
		return err
	}
	if len(ownershipMethods(message)) == 0 {
		return fmt.Errorf("with this document nobody could ever change %s again, because no authentication method is left that may; "+
			"add one (--%s secp256k1), or give --%s", c.id, flagAddKey, flagFreeze)
	}
	return nil
}

// ownershipMethods lists the ids of the authentication methods that may change a document's DID now.
func ownershipMethods(message *types.DIDDocument) []string {
	var ids []string
	for _, relationship := range message.GetAuthentications() {
		id := relationship.GetVerificationMethodId()
		if embedded := relationship.GetVerificationMethod(); embedded != nil {
			id = embedded.Id
		}
		method := message.FindAuthentication(id)
		if method == nil {
			continue
		}
		if _, err := method.OwnershipKey(time.Now()); err == nil {
			ids = append(ids, absoluteID(message.Id, id))
		}
	}
	return ids
}

// stored returns what the chain has of the DID. Where it need not be asked, because the sequence is given and the document is
// not needed, or cannot, the document is nil.
func (c *change) stored(needDocument bool) (*types.DIDDocument, uint64, error) {
	sequence, err := c.cmd.Flags().GetUint64(flagDIDSequence)
	if err != nil {
		return nil, 0, err
	}
	given := c.cmd.Flags().Changed(flagDIDSequence)
	if c.ctx.Offline && !given {
		return nil, 0, fmt.Errorf("offline, the DID's sequence must be given as --%s", flagDIDSequence)
	}
	if c.ctx.Offline && needDocument {
		return nil, 0, fmt.Errorf("offline, the document must be given as --%s", flagDocument)
	}
	if given && !needDocument {
		return nil, sequence, nil
	}
	current, err := types.NewQueryClient(c.ctx).Document(c.context(), &types.QueryDocumentRequest{Did: c.id})
	if err != nil {
		return nil, 0, fmt.Errorf("asking the node for %s: %w", c.id, err)
	}
	if current.Deactivated {
		return nil, 0, types.ErrDIDDeactivated.Wrap(c.id)
	}
	if !given {
		sequence = current.Metadata.VersionId
	}
	return current.Document, sequence, nil
}

func (c *change) context() context.Context {
	if ctx := c.cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// signingKey returns the key that proves ownership: that of --method, else of the first method that may and whose key is kept
// here. document is nil if the stored document is not known.
func (c *change) signingKey(document *types.DIDDocument) (string, did.PrivateKey, error) {
	methodID, err := c.cmd.Flags().GetString(flagMethod)
	if err != nil {
		return "", did.PrivateKey{}, err
	}
	if methodID != "" {
		methodID = absoluteID(c.id, methodID)
	} else if methodID, err = c.findMethod(document); err != nil {
		return "", did.PrivateKey{}, err
	}
	if _, err := c.store.Find(methodID); err != nil {
		return "", did.PrivateKey{}, fmt.Errorf("the DID keystore in %s: %w (put it there with: did-keys import %s FILE)", c.store.Dir(), err, methodID)
	}
	if c.passphrase, err = readPassphrase(c.cmd, false); err != nil {
		return "", did.PrivateKey{}, err
	}
	key, err := c.store.Get(methodID, c.passphrase)
	return methodID, key, err
}

func (c *change) findMethod(document *types.DIDDocument) (string, error) {
	var kept []string
	if document != nil {
		for _, id := range ownershipMethods(document) {
			if _, err := c.store.Find(id); err == nil {
				return id, nil
			}
		}
	} else {
		entries, err := c.store.List()
		if err != nil {
			return "", err
		}
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name, c.id+"#") && entry.Public.Type() == did.Secp256k1 {
				kept = append(kept, entry.Name)
			}
		}
	}
	if len(kept) == 1 {
		return kept[0], nil
	}
	return "", fmt.Errorf("say with --%s which verification method shall prove ownership of %s: the DID keystore in %s has %d that might",
		flagMethod, c.id, c.store.Dir(), len(kept))
}

// send keeps new keys, and makes, signs and sends the transaction as the flags ask.
func (c *change) send(keys []newKey, msg sdk.Msg) error {
	if len(c.ctx.GetFromAddress()) == 0 {
		return fmt.Errorf("say with --%s which account pays", flags.FlagFrom)
	}
	factory, err := clienttx.NewFactoryCLI(c.ctx, c.cmd.Flags()) // first: mistakes in the flags should leave no keys behind
	if err != nil {
		return err
	}
	if err := c.keep(keys); err != nil {
		return err
	}
	return clienttx.GenerateOrBroadcastTxWithFactory(c.ctx, factory, msg)
}

func (c *change) keep(keys []newKey) error {
	if len(keys) == 0 {
		return nil
	}
	if c.passphrase == "" {
		var err error
		if c.passphrase, err = readPassphrase(c.cmd, true); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if err := c.store.Put(k.method, k.key, c.passphrase); err != nil {
			return err
		}
		k.key.Zero()
		c.cmd.PrintErrf("kept the %s key of %s in %s\n", k.key.Type(), k.method, c.store.Dir())
	}
	return nil
}

// documentOfFlag reads the document of --document, nil if there is none.
func documentOfFlag(cmd *cobra.Command) (*did.Document, error) {
	path, err := cmd.Flags().GetString(flagDocument)
	if err != nil || path == "" {
		return nil, err
	}
	content, err := readFile(path)
	if err != nil {
		return nil, err
	}
	document, err := did.ParseDocument(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return document, nil
}

// readFile reads a file that holds a document or a key.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if limit := int64(did.DefaultLimits().Bytes); info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes; at most %d", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}
