package cmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/vc"
	"github.com/medibloc/panacea/vc/entry"
	"github.com/medibloc/panacea/vc/pex"
)

func newPresent(o *vcOptions) *cobra.Command {
	var sign signFlags
	var challenge, domain, definition string
	c := &cobra.Command{
		Use:   "present --key FILE CREDENTIAL…",
		Short: "Sign a presentation of credentials",
		Long: `Sign a presentation of credentials as the holder, for the challenge and the domain
that the verifier asked with.

With --definition (a DIF presentation definition) the credentials are those that the
holder has: the ones that answer it are chosen, and of each no more is disclosed than
it takes. The presentation then holds a presentation_submission. Without, the
credentials are presented as they are.`,
		Example: `  panacea vc present --key patient.json --challenge 7d1f --domain https://clinic.example shown.json
  panacea vc present --key patient.json --challenge 7d1f --domain https://clinic.example --definition asked.json wallet/*.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			w, err := o.open()
			if err != nil {
				return err
			}
			key, options, err := sign.open(w.now)
			if err != nil {
				return err
			}
			options.Challenge, options.Domain = challenge, domain
			var credentials []*vc.Credential
			for _, f := range files {
				text, err := readInput(c, f)
				if err != nil {
					return err
				}
				credential, err := parseCredential(text)
				if err != nil {
					return fmt.Errorf("%s: %w", f, err)
				}
				credentials = append(credentials, credential)
			}
			var signed *vc.Presentation
			if definition == "" {
				signed, err = w.processor.Present(c.Context(), credentials, key, options)
			} else {
				signed, err = answer(c, w, definition, credentials, key, options)
			}
			if err != nil {
				return err
			}
			return printJSON(c, signed)
		},
	}
	sign.add(c)
	c.Flags().StringVar(&challenge, "challenge", "", "what the verifier asked with, so that the presentation counts once")
	c.Flags().StringVar(&domain, "domain", "", "who the verifier is, so that the presentation counts for it alone")
	c.Flags().StringVar(&definition, "definition", "", "file with the presentation definition to answer")
	return c
}

func answer(c *cobra.Command, w *workshop, file string, credentials []*vc.Credential, key vc.SigningKey, options vc.ProofOptions) (*vc.Presentation, error) {
	d, err := readDefinition(file)
	if err != nil {
		return nil, err
	}
	signed, _, err := pex.Answer(c.Context(), w.processor, d, credentials, key, pex.AnswerOptions{
		Proof: options, Status: func(credential *vc.Credential) pex.Status { return w.status(c, credential) },
	})
	return signed, err
}

func readDefinition(file string) (*pex.Definition, error) {
	text, err := readFile(file)
	if err != nil {
		return nil, err
	}
	return pex.Parse(text)
}

// status finds out a credential's status for definitions that constrain it.
func (w *workshop) status(c *cobra.Command, credential *vc.Credential) pex.Status {
	for _, e := range credential.Status() {
		switch err := w.checks.Status(c.Context(), credential, e, w.now); {
		case errors.Is(err, entry.ErrRevoked):
			return pex.Revoked
		case errors.Is(err, entry.ErrSuspended):
			return pex.Suspended
		case err != nil:
			return pex.StatusUnknown
		}
	}
	return pex.Active
}

func newVerify(o *vcOptions) *cobra.Command {
	var in string
	var issued bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Verify a credential",
		Long: `Verify a credential: that each of its proofs is the issuer's and nothing was changed,
that it is valid at the time, that it is not revoked or suspended, and that its claims
fit its schema. Prints what was checked and the claims; the exit code is 0 only if
all of it holds.

A credential just as it was issued with bbs-2023 or ecdsa-sd-2023 is for its holder,
who verifies it with --issued; to others the holder shows what "derive" makes of it.`,
		Example: `  panacea vc verify --in shown.json
  panacea vc verify --issued --in issued.json
  panacea vc verify --resolver https://node.example --in shown.json && echo genuine`,
		Args: cobra.NoArgs,
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
			verify := w.processor.VerifyCredential
			if issued {
				verify = w.processor.VerifyIssued
			}
			r := verify(c.Context(), credential, vc.VerifyOptions{Now: w.now, Status: w.checks.Status, Schema: w.checks.Schema})
			return conclude(c, reportOf(r), r.Err())
		},
	}
	c.Flags().StringVar(&in, "in", "", "credential (default standard input)")
	c.Flags().BoolVar(&issued, "issued", false, "verify what the issuer sent, as its holder")
	return c
}

// conclude prints a report and turns a failure into an error.
func conclude(c *cobra.Command, r report, why error) error {
	if err := printJSON(c, r); err != nil {
		return err
	}
	if why != nil {
		return fmt.Errorf("%w: %w", errNotVerified, why)
	}
	return nil
}

func newVerifyPresentation(o *vcOptions) *cobra.Command {
	var in, challenge, domain, definition string
	c := &cobra.Command{
		Use:   "verify-presentation",
		Short: "Verify a presentation",
		Long: `Verify a presentation: that it is its holder's, made for the challenge and the domain
given (none, if none is given), and that each credential in it verifies. With
--definition also that it answers a DIF presentation definition. The exit code is 0
only if all of it holds.`,
		Example: `  panacea vc verify-presentation --challenge 7d1f --domain https://clinic.example --definition asked.json --in presentation.json`,
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
			p, err := vc.ParsePresentation(text)
			if err != nil {
				return err
			}
			r := w.processor.VerifyPresentation(c.Context(), p, vc.VerifyOptions{
				Now: w.now, Challenge: challenge, Domain: domain, Status: w.checks.Status, Schema: w.checks.Schema,
			})
			out, why := reportOf(r), r.Err()
			if definition != "" {
				d, err := readDefinition(definition)
				if err != nil {
					return err
				}
				var unanswered error
				out.Presentation, unanswered = checkAnswer(c, w, d, p, r)
				out.Verified = out.Verified && unanswered == nil
				why = errors.Join(why, unanswered)
			}
			return conclude(c, out, why)
		},
	}
	c.Flags().StringVar(&in, "in", "", "presentation (default standard input)")
	c.Flags().StringVar(&challenge, "challenge", "", "what the presentation was asked for with")
	c.Flags().StringVar(&domain, "domain", "", "who it must be for")
	c.Flags().StringVar(&definition, "definition", "", "file with the presentation definition that it must answer")
	return c
}

func checkAnswer(c *cobra.Command, w *workshop, d *pex.Definition, p *vc.Presentation, r *vc.Result) (*answerReport, error) {
	report, err := d.Check(p.View(), nil, pex.CheckOptions{
		Options: pex.Options{Holder: r.Holder},
		Status: func(m map[string]any) pex.Status {
			credential, err := vc.NewCredential(m)
			if err != nil {
				return pex.StatusUnknown
			}
			return w.status(c, credential)
		},
	})
	if err != nil {
		return &answerReport{Reason: err.Error()}, err
	}
	out := &answerReport{Answered: true}
	for _, a := range report.Descriptors {
		e := descriptorReport{ID: a.Descriptor.ID, Path: a.Path, Excess: a.Excess}
		for _, f := range a.Fields {
			e.Fields = append(e.Fields, f.Pointer)
		}
		out.Descriptors = append(out.Descriptors, e)
	}
	return out, nil
}
