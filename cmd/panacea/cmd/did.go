package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/did"
)

func newDID(g *global) *cobra.Command {
	c := &cobra.Command{
		Use:   "did",
		Short: "Your DID on the chain: create, change, end; resolve any; sign and verify files",
		Example: `  panacea did create
  panacea did update --add-service site,LinkedDomains,https://clinic.example
  panacea did sign report.pdf > report.sig
  panacea did verify report.pdf --signature report.sig
  panacea did resolve did:panacea:…`,
	}
	c.AddCommand(newDIDCreate(g), newDIDShow(g), newDIDUpdate(g), newDIDDeactivate(g), newDIDResolve(g), newDIDSign(g), newDIDVerify(g))
	return c
}

// printTx tells of a transaction, or that there was nothing to do.
func (g *global) printTx(c *cobra.Command, did, tx, done, already string) error {
	return g.print(c, map[string]any{"did": did, "tx": tx}, func(w io.Writer) {
		if tx == "" {
			fmt.Fprintf(w, "%s: %s\n", did, already)
			return
		}
		fmt.Fprintf(w, "%s: %s (transaction %s)\n", did, done, tx)
	})
}

func newDIDCreate(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "create", Short: "Put the home's DID on the chain, with its keys and its vault", Args: cobra.NoArgs,
		Example: `  panacea did create`,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.with(c, func(p *party.Party) error {
				tx, err := p.CreateDID(c.Context())
				if err != nil {
					return err
				}
				return g.printTx(c, p.Config.DID, tx, "on the chain", "is on the chain already")
			})
		},
	}
}

func newDIDShow(g *global) *cobra.Command {
	var idOnly, addressOnly bool
	c := &cobra.Command{
		Use: "show", Short: "Show the home's DID and account", Args: cobra.NoArgs,
		Example: `  panacea did show
  panacea did show --id`,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.with(c, func(p *party.Party) error {
				address, err := p.Address()
				if err != nil {
					return err
				}
				if idOnly || addressOnly {
					text := p.Config.DID
					if addressOnly {
						text = address.String()
					}
					_, err := fmt.Fprintln(c.OutOrStdout(), text)
					return err
				}
				return g.print(c, map[string]any{"did": p.Config.DID, "address": address.String(), "home": p.Home, "network": p.Network}, func(w io.Writer) {
					fmt.Fprintf(w, "DID:     %s\naccount: %s\n", p.Config.DID, address)
				})
			})
		},
	}
	c.Flags().BoolVar(&idOnly, "id", false, "print the DID and nothing else")
	c.Flags().BoolVar(&addressOnly, "address", false, "print the account's address and nothing else")
	return c
}

func newDIDUpdate(g *global) *cobra.Command {
	var addServices, removeServices, removeKeys, aliases []string
	c := &cobra.Command{
		Use: "update", Short: "Change the document of the home's DID", Args: cobra.NoArgs,
		Example: `  panacea did update --add-service site,LinkedDomains,https://clinic.example
  panacea did update --remove-key key2`,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(addServices)+len(removeServices)+len(removeKeys)+len(aliases) == 0 {
				return withHint(errors.New("nothing to change"), "give --add-service, --remove-service, --remove-key or --also-known-as")
			}
			return g.with(c, func(p *party.Party) error {
				tx, err := p.UpdateDID(c.Context(), func(d *did.Document) error {
					for _, s := range addServices {
						parts := strings.SplitN(s, ",", 3)
						if len(parts) != 3 {
							return withHint(fmt.Errorf("--add-service %q", s), "write it as ID,TYPE,URL")
						}
						d.Services = append(d.Services, did.NewService(d.ID+"#"+strings.TrimPrefix(parts[0], "#"), parts[1], parts[2]))
					}
					for _, id := range removeServices {
						if err := party.RemoveService(d, id); err != nil {
							return err
						}
					}
					for _, id := range removeKeys {
						if err := party.RemoveMethod(d, id); err != nil {
							return err
						}
					}
					d.AlsoKnownAs = append(d.AlsoKnownAs, aliases...)
					return nil
				})
				if err != nil {
					return err
				}
				return g.printTx(c, p.Config.DID, tx, "changed", "is like that already")
			})
		},
	}
	f := c.Flags()
	f.StringArrayVar(&addServices, "add-service", nil, "`ID,TYPE,URL` of a service to add; may be repeated")
	f.StringArrayVar(&removeServices, "remove-service", nil, "`ID` of a service to remove; may be repeated")
	f.StringArrayVar(&removeKeys, "remove-key", nil, "`ID` of a key to remove, such as key2; may be repeated")
	f.StringArrayVar(&aliases, "also-known-as", nil, "`URI` by which its subject is also known; may be repeated")
	return c
}

func newDIDDeactivate(g *global) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "deactivate", Short: "End the home's DID, for ever", Args: cobra.NoArgs,
		Example: `  panacea did deactivate --yes`,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.with(c, func(p *party.Party) error {
				if !yes {
					ok, err := confirm(c, "End "+p.Config.DID+" for ever?")
					if err != nil || !ok {
						return err
					}
				}
				tx, err := p.DeactivateDID(c.Context())
				if err != nil {
					return err
				}
				return g.printTx(c, p.Config.DID, tx, "ended", "has ended already")
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func newDIDResolve(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "resolve DID-URL", Short: "Resolve a DID, or what a DID URL names, by proof", Args: cobra.ExactArgs(1),
		Example: `  panacea did resolve did:panacea:…
  panacea did resolve 'did:panacea:…#key1'
  panacea did resolve 'did:panacea:…?resourceName=revocation&resourceType=BitstringStatusListCredential'`,
		RunE: func(c *cobra.Command, args []string) error {
			url, err := did.ParseURL(args[0])
			if err != nil {
				return withHint(err, "write it as did:panacea:…")
			}
			return g.with(c, func(p *party.Party) error {
				content, err := resolve(c.Context(), p, url)
				if err != nil {
					return err
				}
				if json.Valid(content) {
					return printJSON(c, json.RawMessage(content))
				}
				_, err = c.OutOrStdout().Write(content)
				return err
			})
		},
	}
}

func resolve(ctx context.Context, p *party.Party, url did.URL) ([]byte, error) {
	chain, err := p.Chain(ctx)
	if err != nil {
		return nil, err
	}
	if !url.IsDID() {
		return chain.Resource(ctx, url.String())
	}
	r, err := chain.Resolver().Resolve(ctx, url.String(), did.ResolveOptions{})
	if err != nil {
		return nil, err
	}
	return r.MarshalJSON()
}

// digestFile is the SHA-256 of a file, of any size, in hexadecimal.
func digestFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, f.Close())
}

func newDIDSign(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "sign FILE", Short: "Sign a file as the home's DID; the signature is JSON", Args: cobra.ExactArgs(1),
		Example: `  panacea did sign report.pdf > report.sig`,
		RunE: func(c *cobra.Command, args []string) error {
			digest, err := digestFile(args[0])
			if err != nil {
				return err
			}
			return g.with(c, func(p *party.Party) error {
				s, err := p.SignFile(digest, time.Now())
				if err != nil {
					return err
				}
				return printJSON(c, s)
			})
		},
	}
}

func newDIDVerify(g *global) *cobra.Command {
	var signature string
	c := &cobra.Command{
		Use: "verify FILE --signature SIGNATURE-FILE", Short: "Verify that a DID signed a file, by a key that it has now", Args: cobra.ExactArgs(1),
		Example: `  panacea did verify report.pdf --signature report.sig`,
		RunE: func(c *cobra.Command, args []string) error {
			if signature == "" {
				return withHint(errors.New("--signature is missing"), "give the file that \"panacea did sign\" printed")
			}
			text, err := readFile(signature)
			if err != nil {
				return err
			}
			var s party.FileSignature
			if err := json.Unmarshal(text, &s); err != nil {
				return fmt.Errorf("%s: %w", signature, err)
			}
			digest, err := digestFile(args[0])
			if err != nil {
				return err
			}
			return g.with(c, func(p *party.Party) error {
				resolver, err := p.Resolver(c.Context())
				if err != nil {
					return err
				}
				if err := party.VerifyFile(c.Context(), resolver, s, digest); err != nil {
					return fmt.Errorf("%w: %w", errNotVerified, err)
				}
				signer, _, _ := strings.Cut(s.Method, "#")
				return g.print(c, map[string]any{"verified": true, "did": signer, "created": s.Created}, func(w io.Writer) {
					fmt.Fprintf(w, "verified: signed by %s, who says at %s\n", signer, s.Created)
				})
			})
		},
	}
	c.Flags().StringVar(&signature, "signature", "", "file with the signature")
	return c
}
