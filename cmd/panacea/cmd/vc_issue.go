package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/vc"
)

// keyFile is a Multikey (Controlled Identifiers 1.0 §2.2.2) with its secret half.
type keyFile struct {
	ID                 string `json:"id"`
	Type               string `json:"type"`
	Controller         string `json:"controller"`
	PublicKeyMultibase string `json:"publicKeyMultibase"`
	SecretKeyMultibase string `json:"secretKeyMultibase,omitempty"`
}

func newKeygen() *cobra.Command {
	var kind, out, id string
	c := &cobra.Command{
		Use:   "keygen --type TYPE --out FILE",
		Short: "Make a key",
		Long: `Make a key pair and write it to a new file as a Multikey in JSON, readable by its
owner only. The public half is printed. The secret in the file is not encrypted:
keep the file as you keep a password.

Types:
  bls12381g2  bbs-2023: holders disclose any part, unlinkably (issuers)
  ed25519     eddsa-rdfc-2022 (holders, and issuers without selective disclosure)
  p256        ecdsa-rdfc-2019, ecdsa-sd-2023
  p384        ecdsa-rdfc-2019

The key speaks for its did:key, unless --id names the DID URL under which its public
half stands in another DID's document.`,
		Example: `  panacea vc keygen --type bls12381g2 --out hospital.json
  panacea vc keygen --type ed25519 --id 'did:panacea:7Prd74ry1Uct87nZqL3ny7aR7Cg46JamVbJgk8azVgUm#key1' --out patient.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := did.ParseKeyType(kind)
			if err != nil || t == did.Secp256k1 || t == did.X25519 {
				return withHint(fmt.Errorf("--type %q is not a type that signs credentials", kind), "choose bls12381g2, ed25519, p256 or p384")
			}
			if out == "" {
				return withHint(errors.New("--out is missing"), "name a new file for the key: --out key.json")
			}
			private, err := did.GenerateKey(t, nil)
			if err != nil {
				return err
			}
			key := vc.DIDKey(private)
			if id != "" {
				if _, err := did.ParseURL(id); err != nil || !strings.Contains(id, "#") {
					return withHint(fmt.Errorf("--id %q is not a DID URL with a fragment", id), "write it as did:panacea:…#key1")
				}
				key.VerificationMethod = id
			}
			file := keyFile{key.VerificationMethod, did.Multikey, controllerOf(key), private.Public().Multibase(), private.Multibase()}
			text, err := json.MarshalIndent(file, "", "  ")
			if err != nil {
				return err
			}
			if err := writeSecret(out, append(text, '\n')); err != nil {
				return err
			}
			file.SecretKeyMultibase = ""
			return printJSON(c, file)
		},
	}
	c.Flags().StringVar(&kind, "type", "", "type of key: bls12381g2, ed25519, p256, p384")
	c.Flags().StringVar(&out, "out", "", "file to write, which must not exist")
	c.Flags().StringVar(&id, "id", "", "DID URL of the key (default its did:key)")
	return c
}

// writeSecret makes a file that only its owner reads.
func writeSecret(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return withHint(err, "keys are never overwritten: choose another name")
	} else if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// signFlags are the flags of commands that sign.
type signFlags struct {
	key, method, suite string
	expires            string
}

func (s *signFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&s.key, "key", "", "key file to sign with")
	c.Flags().StringVar(&s.method, "verification-method", "", "the key's DID URL (default the key file's id)")
	c.Flags().StringVar(&s.suite, "suite", "", "cryptosuite: eddsa-rdfc-2022, ecdsa-rdfc-2019, bbs-2023, ecdsa-sd-2023 (default the usual one of the key's type)")
	c.Flags().StringVar(&s.expires, "expires", "", "time from which the proof does not count any more, RFC 3339")
}

func (s *signFlags) open(now time.Time) (vc.SigningKey, vc.ProofOptions, error) {
	key, err := loadKey(s.key, s.method)
	if err != nil {
		return vc.SigningKey{}, vc.ProofOptions{}, err
	}
	o := vc.ProofOptions{Cryptosuite: s.suite, Created: now}
	if s.expires != "" {
		if o.Expires, err = time.Parse(time.RFC3339, s.expires); err != nil {
			return vc.SigningKey{}, vc.ProofOptions{}, withHint(fmt.Errorf("--expires: %q is not a time", s.expires), "write it as 2025-06-01T12:00:00Z")
		}
	}
	return key, o, nil
}

func newIssue(o *vcOptions) *cobra.Command {
	var sign signFlags
	var in string
	var mandatory []string
	c := &cobra.Command{
		Use:   "issue --key FILE",
		Short: "Sign a credential",
		Long: `Sign a credential. An issuer that is missing is filled in: it is who the key speaks
for. A credential that is signed already gets one proof more (a proof set).

With bbs-2023 and ecdsa-sd-2023 the holder discloses parts of the result; what
--mandatory points to, and issuer, validity, status and schema, always.`,
		Example: `  panacea vc issue --key hospital.json --context https://hospital.example/fhir=fhir.json --in record.json
  panacea vc issue --key hospital.json --mandatory /credentialSubject/resourceType < record.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := o.open()
			if err != nil {
				return err
			}
			key, options, err := sign.open(w.now)
			if err != nil {
				return err
			}
			options.MandatoryPointers = mandatory
			text, err := readInput(c, in)
			if err != nil {
				return err
			}
			credential, err := withIssuer(text, controllerOf(key))
			if err != nil {
				return err
			}
			issued, err := w.processor.Issue(c.Context(), credential, key, options)
			if err != nil {
				return err
			}
			return printJSON(c, issued)
		},
	}
	sign.add(c)
	c.Flags().StringVar(&in, "in", "", "credential (default standard input)")
	c.Flags().StringArrayVar(&mandatory, "mandatory", nil, "JSON `POINTER` to what holders must always disclose; may be repeated")
	return c
}

// withIssuer reads a credential and fills in its issuer.
func withIssuer(text []byte, issuer string) (*vc.Credential, error) {
	c, err := vc.ParseCredential(text)
	if missing := (*vc.PropertyError)(nil); errors.As(err, &missing) && missing.Pointer == "/issuer" {
		// What is not there or wrong is told of the whole, so its JSON has been found good.
		var doc map[string]json.RawMessage
		if json.Unmarshal(text, &doc) == nil && doc["issuer"] == nil {
			if doc["issuer"], err = json.Marshal(issuer); err != nil {
				return nil, err
			}
			if text, err = json.Marshal(doc); err != nil {
				return nil, err
			}
			c, err = vc.ParseCredential(text)
		}
	}
	if err != nil {
		return nil, err
	}
	if c.Issuer() != issuer {
		return nil, withHint(fmt.Errorf("the credential's issuer is %s, the key speaks for %s", c.Issuer(), issuer),
			"use the issuer's key, leave \"issuer\" out, or name the key's DID URL with --verification-method")
	}
	return c, nil
}

func newDerive(o *vcOptions) *cobra.Command {
	var in string
	var disclose []string
	c := &cobra.Command{
		Use:   "derive --disclose POINTER…",
		Short: "Show parts of a credential",
		Long: `Derive from an issued credential one that discloses what the pointers select and
what the issuer made mandatory, and nothing else but the id and type of objects on
the way. Two credentials derived by bbs-2023 cannot be linked by anything but what
they say.`,
		Example: `  panacea vc derive --disclose /credentialSubject/vaccineCode --disclose /credentialSubject/status --in issued.json`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w, err := o.open()
			if err != nil {
				return err
			}
			text, err := readInput(c, in)
			if err != nil {
				return err
			}
			credential, err := parseCredential(text)
			if err != nil {
				return err
			}
			derived, err := w.processor.Derive(c.Context(), credential, disclose, vc.DeriveOptions{})
			if err != nil {
				return err
			}
			return printJSON(c, derived)
		},
	}
	c.Flags().StringVar(&in, "in", "", "credential (default standard input)")
	c.Flags().StringArrayVar(&disclose, "disclose", nil, "JSON `POINTER` to what to show; may be repeated")
	return c
}
