package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/medibloc/panacea/client"
	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/did/httpresolver"
	"github.com/medibloc/panacea/did/keystore"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vault/embedded"
	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/fetch"
	"github.com/medibloc/panacea/vc/jsonld"
	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/vc/status"
	"github.com/medibloc/panacea/vc/vcapi"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

// maximumInput bounds a file or standard input, in bytes.
const maximumInput = 8 << 20

// errNotVerified is why a verifying command ends with a code other than 0.
var errNotVerified = errors.New("not verified")

func newVC() *cobra.Command {
	c := &cobra.Command{
		Use:   "vc",
		Short: "Issue, derive, present and verify credentials",
		Long: `Verifiable credentials (W3C data models 1.1 and 2.0, Data Integrity proofs).

Documents are JSON, from a file (--in) or standard input, to standard output. Keys
are Multikey files as "panacea vc keygen" writes them. The exit code is 0 only if
the command did what it says; of the commands that verify, only if it verified.

JSON-LD contexts are those that are published and built in, and those given with
--context; nothing is loaded from the web for them. Status lists and schemas are
fetched over HTTPS, unless they are given with --document or --offline is set.`,
		Example: `  # a hospital
  panacea vc keygen --type bls12381g2 --out hospital.json
  panacea vc issue --key hospital.json --context https://hospital.example/fhir=fhir.json --in record.json > issued.json

  # a patient: shows one field of it to a clinic that asked with challenge 7d1f
  panacea vc keygen --type ed25519 --out patient.json
  panacea vc derive --disclose /credentialSubject/vaccineCode --context https://hospital.example/fhir=fhir.json --in issued.json > shown.json
  panacea vc present --key patient.json --challenge 7d1f --domain https://clinic.example \
      --context https://hospital.example/fhir=fhir.json shown.json > presentation.json

  # the clinic
  panacea vc verify-presentation --challenge 7d1f --domain https://clinic.example \
      --context https://hospital.example/fhir=fhir.json --in presentation.json`,
	}
	o := &vcOptions{}
	f := c.PersistentFlags()
	f.StringVar(&o.resolver, "resolver", "", "DID resolver (a URL) for DIDs beyond did:key, such as a Panacea node's")
	f.StringArrayVar(&o.contexts, "context", nil, "JSON-LD context as `URL=FILE`; may be repeated")
	f.StringArrayVar(&o.documents, "document", nil, "status list or schema as `URL=FILE` instead of fetching it; may be repeated")
	f.BoolVar(&o.offline, "offline", false, "fetch nothing over the network but from the resolver")
	f.BoolVar(&o.private, "allow-private", false, "fetch from http and from addresses inside the own network too")
	f.StringVar(&o.at, "at", "", "the time to judge and to sign by, RFC 3339 (default now)")
	c.AddCommand(newKeygen(), newIssue(o), newVerify(o), newDerive(o), newPresent(o), newVerifyPresentation(o), newStatus(o), newServe())
	return c
}

// vcOptions are the flags that the commands of vc share.
type vcOptions struct {
	resolver            string
	contexts, documents []string
	offline, private    bool
	at                  string
}

// workshop is what the commands work with.
type workshop struct {
	processor *vc.Processor
	fetch     *fetch.Client
	checks    entry.Checkers
	now       time.Time
}

func (o *vcOptions) open() (*workshop, error) {
	w := &workshop{now: time.Now()}
	if o.at != "" {
		var err error
		if w.now, err = time.Parse(time.RFC3339, o.at); err != nil {
			return nil, withHint(fmt.Errorf("--at: %q is not a time", o.at), "write it as 2025-06-01T12:00:00Z")
		}
	}
	contexts, err := readMapped("--context", o.contexts)
	if err != nil {
		return nil, err
	}
	documents, err := readMapped("--document", o.documents)
	if err != nil {
		return nil, err
	}
	var resolver did.Resolver = did.MethodRouter{"key": did.KeyResolver{}}
	if o.resolver != "" {
		remote, err := httpresolver.NewClient(o.resolver, nil)
		if err != nil {
			return nil, withHint(err, "give --resolver a URL such as https://node.example/1.0/identifiers/")
		}
		resolver = vcapi.Resolvers(remote)
	}
	w.processor = vc.NewProcessor(vc.Options{Resolver: resolver, Contexts: pex.Contexts(func(_ context.Context, url string) ([]byte, error) {
		if b, ok := contexts[url]; ok {
			return b, nil
		}
		return nil, fmt.Errorf("it is not built in")
	})})
	w.fetch = fetch.New(fetch.Options{Documents: documents, Offline: o.offline, AllowPrivate: o.private, Resolver: o.resolver})
	w.checks = entry.New(w.processor, w.fetch.Get)
	return w, nil
}

func readMapped(flag string, pairs []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, p := range pairs {
		// URLs may hold "=", files seldom do.
		i := strings.LastIndex(p, "=")
		if i < 0 {
			return nil, withHint(fmt.Errorf("%s %q has no \"=\"", flag, p), "write it as "+flag+" URL=FILE")
		}
		b, err := readFile(p[i+1:])
		if err != nil {
			return nil, err
		}
		out[p[:i]] = b
	}
	return out, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, name)
}

func readAll(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maximumInput+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(b) > maximumInput {
		return nil, fmt.Errorf("read %s: it has more than %d bytes", name, maximumInput)
	}
	return b, nil
}

// readInput reads a file, or standard input for "-" and for no name.
func readInput(c *cobra.Command, name string) ([]byte, error) {
	if name == "" || name == "-" {
		return readAll(c.InOrStdin(), "standard input")
	}
	return readFile(name)
}

// printJSON writes a value for people and programs.
func printJSON(c *cobra.Command, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), out.String())
	return err
}

func parseCredential(text []byte) (*vc.Credential, error) {
	c, err := vc.ParseCredential(text)
	if err == nil {
		return c, nil
	}
	// What the VC API answers is taken as it comes.
	var wrapped struct{ VerifiableCredential json.RawMessage }
	if json.Unmarshal(text, &wrapped) == nil && len(wrapped.VerifiableCredential) > 0 {
		return vc.ParseCredential(wrapped.VerifiableCredential)
	}
	return nil, err
}

// loadKey reads a key file.
func loadKey(name, method string) (vc.SigningKey, error) {
	if name == "" {
		return vc.SigningKey{}, withHint(errors.New("--key is missing"), "make a key with: panacea vc keygen --type ed25519 --out key.json")
	}
	b, err := readFile(name)
	if err != nil {
		return vc.SigningKey{}, err
	}
	key, err := vcapi.ParseKey(b)
	if err != nil {
		return vc.SigningKey{}, withHint(fmt.Errorf("key %s: %w", name, err), "make one with: panacea vc keygen --type ed25519 --out key.json")
	}
	if method != "" {
		key.VerificationMethod = method
	}
	return key, nil
}

// controllerOf returns the DID that a key signs for.
func controllerOf(k vc.SigningKey) string {
	id, _, _ := strings.Cut(k.VerificationMethod, "#")
	return id
}

// report is a verification result for people and programs.
type report struct {
	Verified     bool             `json:"verified"`
	Issuer       string           `json:"issuer,omitempty"`
	Holder       string           `json:"holder,omitempty"`
	ValidFrom    *time.Time       `json:"validFrom,omitempty"`
	ValidUntil   *time.Time       `json:"validUntil,omitempty"`
	Claims       []map[string]any `json:"claims,omitempty"`
	Checks       []checkReport    `json:"checks"`
	Credentials  []report         `json:"credentials,omitempty"`
	Presentation *answerReport    `json:"definition,omitempty"`
}

type checkReport struct {
	Name   string    `json:"name"`
	Proof  *int      `json:"proof,omitempty"`
	Status vc.Status `json:"status"`
	Reason string    `json:"reason,omitempty"`
}

// answerReport says how a presentation answers a presentation definition.
type answerReport struct {
	Answered    bool               `json:"answered"`
	Reason      string             `json:"reason,omitempty"`
	Descriptors []descriptorReport `json:"descriptors,omitempty"`
}

type descriptorReport struct {
	ID     string   `json:"id"`
	Path   string   `json:"path"`
	Fields []string `json:"fields,omitempty"`
	Excess []string `json:"excess,omitempty"`
}

func reportOf(r *vc.Result) report {
	out := report{Verified: r.Verified, Issuer: r.Issuer, Holder: r.Holder, Claims: r.Claims(), Checks: []checkReport{}}
	if r.Credential != nil {
		if t := r.Credential.ValidFrom(); !t.IsZero() {
			out.ValidFrom = &t
		}
		if t := r.Credential.ValidUntil(); !t.IsZero() {
			out.ValidUntil = &t
		}
	}
	for _, c := range r.Checks {
		e := checkReport{Name: c.Name, Status: c.Status}
		if c.Proof >= 0 {
			e.Proof = &c.Proof
		}
		if c.Err != nil {
			e.Reason = c.Err.Error()
		}
		out.Checks = append(out.Checks, e)
	}
	for _, c := range r.Credentials {
		out.Credentials = append(out.Credentials, reportOf(c))
	}
	return out
}

// knownHints are what to do next about the reasons that people meet most.
func knownHints() []struct {
	reason error
	hint   string
} {
	return []struct {
		reason error
		hint   string
	}{
		{vc.ErrContext, "the verifier accepts no contexts inside the document: use a URL and give it with --context URL=FILE"},
		{jsonld.ErrContext, "give the context's file with --context URL=FILE"},
		{jsonld.ErrUnknownTerm, "every property must be defined by a context: add one to @context and give it with --context URL=FILE"},
		{fetch.ErrRefused, "give the document with --document URL=FILE, a resolver with --resolver URL, or leave out --offline"},
		{status.ErrRetrieval, "give the status list with --document URL=FILE, or try again later"},
		{vc.ErrNoProof, "issue it first: panacea vc issue; only credentials issued with a bls12381g2 key, or with ecdsa-sd-2023, can be derived from"},
		{vc.ErrProofValue, "a credential as it was issued for selective disclosure is for its holder, who verifies it with --issued and shows what \"derive\" makes of it; what was derived cannot be derived from again"},
		{vc.ErrPointer, "pointers are JSON pointers into the credential, such as /credentialSubject/name"},
		{vc.ErrChallenge, "give the challenge that the presentation was asked for with --challenge"},
		{vc.ErrDomain, "give the domain that the presentation is for with --domain"},
		{vc.ErrMethod, "is the DID of another method than did:key? Then give --resolver URL"},
		{pex.ErrUnanswered, "give more credentials, or ask the verifier for less"},
		{party.ErrNoHome, "make a home with: panacea init"},
		{party.ErrDiffers, "leave the flag out, make another home with --home DIR, or change this one: panacea network add NAME, and config.json in its vault"},
		{party.ErrTrust, "give a block to trust: panacea network add NAME --node URL --trusted-height N --trusted-hash HASH"},
		{party.ErrPassphrase, "try again, or set " + homePassphraseVariable},
		{keystore.ErrPassphrase, "try again, or set " + homePassphraseVariable},
		{light.ErrTrustExpired, "the home was not used for long: give a newer block to trust with panacea network add"},
		{light.ErrStale, "is this machine's clock right? Else the nodes do not follow the chain, or it stands still: try others in config.toml"},
		{light.ErrUnverified, "is there a network, and are the nodes in config.toml right? Of two nodes both must answer, of three one may be down. Then the same command again goes on"},
		{light.ErrTrustedBlock, "are nodes, trusted_height and trusted_hash in config.toml those of this network? Compare the block with people whom you trust"},
		{light.ErrDivergence, "somebody forges blocks, or misuses the network's keys: do nothing on it until its operators say what happened"},
		{light.ErrUnavailable, "is there a network, and are the nodes in config.toml right? Then the same command again goes on"},
		{client.ErrUnavailable, "is there a network, and are the nodes in config.toml right? Then the same command again goes on"},
		{client.ErrUnconfirmed, "it may still be executed: run the same command again, which finds that out and does nothing twice"},
		{syscall.ENOSPC, "make room on the disk; then the same command again goes on"},
		{embedded.ErrNoSpace, "make room on the disk; then the same command again goes on"},
		{sdkerrors.ErrUnknownAddress, "send some MED to it first; see your own with: panacea did show --address"},
		{sdkerrors.ErrInsufficientFunds, "see what is there with: panacea balance"},
		{exchange.ErrNotFound, "is the id right, and the network (--network)?"},
		{exchange.ErrDealNotActive, "find others with: panacea provide list FILE"},
		{exchange.ErrSimulated, "on a network for development, set simulated_enclaves = true in config.toml; on any other, do not"},
		{exchange.ErrQuorum, "if the oracles refused the data, the reason stands above; else run the same command again: it goes on where it stopped"},
		{exchange.ErrUndelivered, "run the same command again: it goes on where it stopped"},
		{exchange.ErrNoSale, "see what there is with: panacea provide status"},
		{exchange.ErrBusy, "wait for the other process, or end it"},
		{embedded.ErrInUse, "run \"panacea vault serve\", which all commands share, or wait for the other one to end"},
		{party.ErrNotSetUp, "set it up with: panacea issuer setup"},
		{party.ErrNotIssued, "see what was issued with: panacea issuer list"},
		{didtypes.ErrDIDNotFound, "put it on the chain with: panacea did create"},
	}
}
