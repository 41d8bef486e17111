// Package cli holds the commands of x/resource that are not generated: publishing a file with a key from the DID keystore, and
// reading resources as the bytes that they are.
package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"

	"github.com/medibloc/panacea/did"
	didcli "github.com/medibloc/panacea/x/did/client/cli"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	didtypes "github.com/medibloc/panacea/x/did/types"
	"github.com/medibloc/panacea/x/resource/types"
)

const (
	flagDID       = "did"
	flagName      = "name"
	flagType      = "type"
	flagMediaType = "media-type"
	flagFile      = "file"
	flagLabel     = "label"
	flagID        = "id"
	flagPrevious  = "previous"
	flagMethod    = "method"
)

// NewTxCmd returns the commands that publish resources.
func NewTxCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:                        types.ModuleName,
		Short:                      "Publish resources of a DID: status lists, schemas, contexts",
		SuggestionsMinimumDistance: 2,
		RunE:                       client.ValidateCmd,
	}
	cmd.AddCommand(newCreateCmd())
	return cmd
}

func newCreateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Publish a file as a resource of a DID, or as the next version of one",
		Long: `Publish a file as a resource of a DID, or as the next version of one.

The account of --from pays. An assertion key of the DID signs, from the DID keystore (see "did-keys"), whose passphrase comes from
--passphrase-file, from $` + didcli.PassphraseVariable + `, or from you. A resource of a name and type that the DID has already becomes
its latest version; the earlier ones stay as they are, for ever.

A resource takes about 45 gas a byte, more than a transaction has by default: give --gas auto.

Offline (--offline), --method must be given, --previous for a version that is not the first, and what the SDK demands offline.`,
		Example: `  panacead tx resource create --did did:panacea:… --name revocation --type BitstringStatusListCredential \
      --media-type application/vc --file list.json --from alice --gas auto --gas-adjustment 1.3
  panacead tx resource create --did did:panacea:… --name patient --type JsonSchema --label 1.0.0 \
      --media-type application/schema+json --file patient.schema.json --from alice --gas auto --gas-adjustment 1.3
  panacead tx resource create --did did:panacea:… --name lab --type JsonLdContext --media-type application/ld+json --file - --from alice --gas auto < lab.jsonld
  panacead tx resource create --did did:panacea:… --name lab --type JsonLdContext --media-type application/ld+json --file lab.jsonld \
      --method key1 --previous 0b6f0a4e-2c0c-4c52-8c0e-0b3cb2d5f1aa --chain-id panacea-1 --from panacea1… \
      --offline --generate-only --account-number 0 --sequence 0 --gas 500000 > unsigned.json`,
		Args: cobra.NoArgs,
		RunE: runCreate,
	}
	flags.AddTxFlagsToCmd(cmd)
	didcli.AddPassphraseFlag(cmd)
	f := cmd.Flags()
	f.String(flagDID, "", "DID that publishes")
	f.String(flagName, "", "name of the resource, such as revocation")
	f.String(flagType, "", "type of the resource, such as BitstringStatusListCredential, JsonSchema or JsonLdContext")
	f.String(flagMediaType, "", "media type of the file, such as application/vc, application/schema+json or application/ld+json")
	f.String(flagFile, "", "file to publish, - for standard input; at most 256 KiB")
	f.String(flagLabel, "", "label of the version, such as 1.0.0 (default: none)")
	f.String(flagID, "", "UUID of the version (default: a random one)")
	f.String(flagPrevious, "", "UUID of the version that this one follows (default: ask the node for the latest)")
	f.String(flagMethod, "", "assertion method that signs, such as key1 (default: the first that may, and whose key the DID keystore has)")
	for _, name := range []string{flagDID, flagName, flagType, flagMediaType, flagFile} {
		_ = cmd.MarkFlagRequired(name) // the flag stands above
	}
	return cmd
}

func runCreate(cmd *cobra.Command, _ []string) error {
	ctx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	if len(ctx.GetFromAddress()) == 0 {
		return fmt.Errorf("say with --%s which account pays", flags.FlagFrom)
	}
	p := publication{cmd: cmd, ctx: ctx}
	msg, err := p.message()
	if err != nil {
		return err
	}
	if ctx.Offline && ctx.GenerateOnly {
		ctx = ctx.WithChainID("") // the SDK refuses one here; only the resource's own signature needed it
	}
	return clienttx.GenerateOrBroadcastTxCLI(ctx, cmd.Flags(), msg)
}

// publication is one command's work.
type publication struct {
	cmd *cobra.Command
	ctx client.Context
}

// flag returns the value of a flag that newCreateCmd has defined.
func (p publication) flag(name string) string {
	value, err := p.cmd.Flags().GetString(name)
	if err != nil {
		panic(err) // the flag is not defined: a mistake in this package
	}
	return value
}

// message makes the signed message, and checks it as the chain's mempool will.
func (p publication) message() (*types.MsgCreateResource, error) {
	data, err := readFile(p.cmd, p.flag(flagFile))
	if err != nil {
		return nil, err
	}
	msg := &types.MsgCreateResource{
		Did: p.flag(flagDID), Id: p.flag(flagID), Name: p.flag(flagName), ResourceType: p.flag(flagType), Version: p.flag(flagLabel),
		MediaType: p.flag(flagMediaType), Data: data, PreviousVersionId: p.flag(flagPrevious),
		FromAddress: p.ctx.GetFromAddress().String(), Signature: make([]byte, types.SignatureSize),
	}
	if msg.Id == "" {
		msg.Id = newUUID()
	}
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	if err := p.findPrevious(msg); err != nil {
		return nil, err
	}
	return msg, p.sign(msg)
}

// findPrevious asks the node which version the new one follows, unless a flag says so or the command is offline.
func (p publication) findPrevious(msg *types.MsgCreateResource) error {
	if p.ctx.Offline || p.cmd.Flags().Changed(flagPrevious) {
		return nil
	}
	latest, err := types.NewQueryClient(p.ctx).NamedMetadata(p.context(), &types.QueryNamedMetadataRequest{
		Did: msg.Did, Name: msg.Name, ResourceType: msg.ResourceType,
	})
	switch {
	case status.Code(err) == codes.NotFound:
		return nil
	case err != nil:
		return fmt.Errorf("asking the node for the latest version: %w", err)
	}
	msg.PreviousVersionId = latest.Metadata.Id
	return nil
}

// sign signs the message with a key from the DID keystore.
func (p publication) sign(msg *types.MsgCreateResource) error {
	if p.ctx.ChainID == "" {
		return fmt.Errorf("say with --%s for which chain to sign", flags.FlagChainID)
	}
	var err error
	if msg.VerificationMethodId, err = p.method(msg.Did); err != nil {
		return err
	}
	store := didcli.OpenKeystore(p.ctx)
	if _, err := store.Find(msg.VerificationMethodId); err != nil {
		return fmt.Errorf("the DID keystore in %s: %w (put it there with: did-keys import %s FILE)", store.Dir(), err, msg.VerificationMethodId)
	}
	passphrase, err := didcli.ReadPassphrase(p.cmd)
	if err != nil {
		return err
	}
	key, err := store.Get(msg.VerificationMethodId, passphrase)
	if err != nil {
		return err
	}
	defer key.Zero()
	return msg.Sign(p.ctx.ChainID, key)
}

// method returns the verification method that signs: that of --method, else the first assertion method of the DID's document that
// may sign and whose key is kept here.
func (p publication) method(id string) (string, error) {
	if method := p.flag(flagMethod); method != "" {
		return didcli.AbsoluteMethodID(id, method), nil
	}
	if p.ctx.Offline {
		return "", fmt.Errorf("offline, say with --%s which assertion method of %s signs", flagMethod, id)
	}
	document, err := did.ResolveDocument(p.context(), didresolver.New(didtypes.NewQueryClient(p.ctx)), id, did.ResolveOptions{})
	if errors.Is(err, did.ErrDeactivated) {
		return "", fmt.Errorf("%s is deactivated and publishes nothing any more", id)
	}
	if err != nil {
		return "", fmt.Errorf("asking the node for %s: %w", id, err)
	}
	message, err := didtypes.FromW3C(document)
	if err != nil {
		return "", err
	}
	store := didcli.OpenKeystore(p.ctx)
	for _, ref := range document.AssertionMethod {
		method := ref.Reference
		if ref.Embedded != nil {
			method = ref.Embedded.ID
		}
		method = didcli.AbsoluteMethodID(id, method)
		if _, err := types.AssertionKey(message, method, time.Now()); err != nil {
			continue
		}
		if _, err := store.Find(method); err == nil {
			return method, nil
		}
	}
	return "", fmt.Errorf("the DID keystore in %s has no key of an assertion method of %s; add one to the DID with "+
		"'tx did update %s --add-key ed25519:assertionMethod', or say with --%s which one signs", store.Dir(), id, id, flagMethod)
}

func (p publication) context() context.Context {
	if ctx := p.cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

// readFile reads at most what a resource may hold, and a byte more, from a file or standard input.
func readFile(cmd *cobra.Command, path string) (data []byte, err error) {
	var source io.Reader = cmd.InOrStdin()
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }() // it was only read
		source = file
	}
	data, err = io.ReadAll(io.LimitReader(source, types.MaxDataBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(data) > types.MaxDataBytes {
		return nil, fmt.Errorf("%s has more than %d bytes, the most that a resource may have", path, types.MaxDataBytes)
	}
	return data, nil
}

// newUUID makes a random UUID (RFC 9562 §5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var out strings.Builder
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out.WriteByte('-')
		}
		fmt.Fprintf(&out, "%02x", c)
	}
	return out.String()
}
