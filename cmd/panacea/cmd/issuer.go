package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/did"
)

func newIssuer(g *global) *cobra.Command {
	c := &cobra.Command{
		Use:   "issuer",
		Short: "Issue credentials over health records, and revoke them on the chain",
		Long: `For hospitals and labs, in a home made with "panacea init --issuer". Credentials are signed
with bbs-2023, so that patients show any part of them; their status is a list on the chain,
where whoever verifies reads it without telling you.`,
		Example: `  panacea issuer setup
  panacea issuer issue --record immunization.json --subject did:panacea:… --out credential.json
  panacea issuer list
  panacea issuer revoke urn:uuid:…`,
	}
	c.AddCommand(newIssuerSetup(g), newIssuerIssue(g), newIssuerRevoke(g), newIssuerList(g))
	return c
}

func (g *global) withIssuer(c *cobra.Command, do func(*party.Issuer) error) error {
	return g.with(c, func(p *party.Party) error {
		i, err := p.Issuer()
		if err != nil {
			return err
		}
		return do(i)
	})
}

func newIssuerSetup(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "setup", Short: "Put the DID, the context of its credentials, and an empty status list on the chain", Args: cobra.NoArgs,
		Example: `  panacea issuer setup`,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.withIssuer(c, func(i *party.Issuer) error {
				if err := i.Setup(c.Context()); err != nil {
					return err
				}
				return g.print(c, map[string]any{"did": i.Config.DID, "context": i.ContextURL(), "status_list": i.ListURL()}, func(w io.Writer) {
					fmt.Fprintf(w, "issuer:      %s\ncontext:     %s\nstatus list: %s\n", i.Config.DID, i.ContextURL(), i.ListURL())
				})
			})
		},
	}
}

func newIssuerIssue(g *global) *cobra.Command {
	var record, subject, out string
	c := &cobra.Command{
		Use: "issue --record FILE --subject DID", Short: "Issue a credential over a FHIR resource or another JSON record", Args: cobra.NoArgs,
		Example: `  panacea issuer issue --record immunization.json --subject did:panacea:… --out credential.json`,
		RunE: func(c *cobra.Command, _ []string) error {
			if record == "" || subject == "" {
				return withHint(errors.New("--record and --subject are needed"), "the subject is the patient's DID: panacea did show --id")
			}
			if _, err := did.ParseDID(subject); err != nil {
				return withHint(fmt.Errorf("--subject is no DID: %w", err), "the subject is the patient's DID: panacea did show --id")
			}
			text, err := readFile(record)
			if err != nil {
				return err
			}
			return g.withIssuer(c, func(i *party.Issuer) error {
				issued, err := i.Issue(c.Context(), text, subject)
				if err != nil {
					return err
				}
				content, err := json.Marshal(issued)
				if err != nil {
					return err
				}
				if err := writeOut(c, out, content); err != nil || out == "" || out == "-" {
					return err
				}
				return g.print(c, map[string]any{"id": issued.ID(), "file": out}, func(w io.Writer) {
					fmt.Fprintf(w, "issued %s: %s\n", issued.ID(), out)
				})
			})
		},
	}
	c.Flags().StringVar(&record, "record", "", "file with the record")
	c.Flags().StringVar(&subject, "subject", "", "DID of whom the record is about, who will present it")
	c.Flags().StringVar(&out, "out", "", "file to write (default standard output)")
	return c
}

func newIssuerRevoke(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Revoke a credential for ever, and publish that", Args: cobra.ExactArgs(1),
		Example: `  panacea issuer revoke urn:uuid:…`,
		RunE: func(c *cobra.Command, args []string) error {
			return g.withIssuer(c, func(i *party.Issuer) error {
				if err := i.Revoke(c.Context(), args[0]); err != nil {
					return err
				}
				return g.print(c, map[string]any{"id": args[0], "revoked": true}, func(w io.Writer) { fmt.Fprintf(w, "revoked: %s\n", args[0]) })
			})
		},
	}
}

func newIssuerList(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List what was issued", Args: cobra.NoArgs,
		Example: `  panacea issuer list`,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.withIssuer(c, func(i *party.Issuer) error {
				issued := i.Issued()
				if issued == nil {
					issued = []party.IssuedCredential{}
				}
				return g.print(c, issued, func(w io.Writer) {
					for _, e := range issued {
						state := "valid"
						if e.Revoked {
							state = "revoked"
						}
						fmt.Fprintf(w, "%s  %s  %s  %s\n", e.ID, e.Issued.Local().Format("2006-01-02"), state, e.Subject)
					}
				})
			})
		},
	}
}
