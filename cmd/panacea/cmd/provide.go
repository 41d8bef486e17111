package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vc"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

func newProvide(g *global) *cobra.Command {
	c := &cobra.Command{
		Use:   "provide",
		Short: "Sell your data: find deals, submit, see what became of it",
		Long: `Sell your data to whom you choose. Nothing leaves this machine before you have seen what
would be shown and said yes, and then only encrypted, to oracles whose enclaves have been
verified. Only the deal's consumer can ever read it.`,
		Example: `  panacea provide list credential.json
  panacea provide submit credential.json --deal 0f3c… --agree 1
  panacea provide submit bundle.json --schema fhir.schema.json --deal 0f3c… --agree all
  panacea provide status`,
	}
	c.AddCommand(newProvideList(g), newProvideSubmit(g), newProvideStatus(g), newProvideResume(g))
	return c
}

// readData reads files as what they are: credentials, or one record.
func readData(files, schemas []string) (exchange.Data, error) {
	var d exchange.Data
	for _, file := range files {
		if credential := readCredential(file); credential != nil {
			d.Credentials = append(d.Credentials, credential)
		} else if d.Open != nil {
			return d, withHint(fmt.Errorf("%s: a second record", file), "offer one record at a time; credentials may be several")
		} else if info, err := os.Stat(file); err != nil {
			return d, err
		} else if !info.Mode().IsRegular() {
			return d, fmt.Errorf("%s is no file", file)
		} else {
			d.Open = func() (io.ReadCloser, error) { return os.Open(file) }
		}
		d.Label = filepath.Base(file)
	}
	for _, file := range schemas {
		text, err := readFile(file)
		if err != nil {
			return d, err
		}
		d.Schemas = append(d.Schemas, text)
	}
	return d, nil
}

// readCredential reads a file as a credential with a proof, nil if it is none.
func readCredential(file string) *vc.Credential {
	text, err := readFile(file)
	if err != nil {
		return nil
	}
	c, err := parseCredential(text)
	if err != nil || len(c.Proofs()) == 0 {
		return nil
	}
	return c
}

// provider opens the home as a provider with progress for people.
func (g *global) provider(c *cobra.Command, p *party.Party) (*exchange.Provider, error) {
	provider, err := p.Provider(c.Context())
	if err != nil {
		return nil, err
	}
	show := newStages(c)
	provider.Progress = show.sale
	return provider, nil
}

type candidateReport struct {
	Deal dealReport `json:"deal"`
	Why  string     `json:"why_not,omitempty"`
}

func newProvideList(g *global) *cobra.Command {
	var schemas []string
	var all bool
	c := &cobra.Command{
		Use: "list [FILE…]", Short: "List the deals that your records and credentials answer",
		Example: `  panacea provide list
  panacea provide list credential.json --all       # and why not, of the others`,
		RunE: func(c *cobra.Command, args []string) error {
			data, err := readData(args, schemas)
			if err != nil {
				return err
			}
			return g.with(c, func(p *party.Party) error {
				provider, err := g.provider(c, p)
				if err != nil {
					return err
				}
				found, err := provider.FindDeals(c.Context(), data)
				if err != nil {
					return err
				}
				reports, deals := []candidateReport{}, []dealReport{}
				for _, f := range found {
					r := candidateReport{Deal: reportDeal(f.Deal)}
					if f.Why != nil {
						r.Why = f.Why.Error()
					}
					if f.Why == nil || all || len(args) == 0 {
						reports, deals = append(reports, r), append(deals, r.Deal)
					}
				}
				return g.print(c, reports, func(w io.Writer) {
					listDeals(w, deals)
					for _, r := range reports {
						if all && r.Why != "" {
							fmt.Fprintf(w, "%s: %s\n", r.Deal.ID, r.Why)
						}
					}
				})
			})
		},
	}
	c.Flags().StringArrayVar(&schemas, "schema", nil, "file with a schema that a deal pins; may be repeated")
	c.Flags().BoolVar(&all, "all", false, "also those that the files do not answer, and why")
	return c
}

// saleReport is a sale for people and programs.
type saleReport struct {
	ID         string   `json:"id"`
	DealID     string   `json:"deal_id"`
	State      string   `json:"state"`
	Label      string   `json:"label"`
	SHA256     string   `json:"data_sha256"`
	Size       int64    `json:"size"`
	Commitment string   `json:"commitment"`
	ObjectCID  string   `json:"object_cid,omitempty"`
	Oracles    []string `json:"oracles"`
	Height     int64    `json:"height,omitempty"`
	Tx         string   `json:"tx,omitempty"`
	RewardUmed string   `json:"reward_umed,omitempty"`
}

func reportSale(s exchange.Sale) saleReport {
	r := saleReport{ID: s.ID, DealID: s.DealID, State: string(s.State), Label: s.Label, SHA256: s.Digest, Size: s.Size, Commitment: s.Commitment,
		Oracles: []string{}, Height: s.Height, Tx: s.Tx, RewardUmed: s.RewardUmed}
	if s.Certificate != nil {
		r.ObjectCID = s.Certificate.ObjectCid
	}
	for _, o := range s.Signatures {
		r.Oracles = append(r.Oracles, o.Oracle)
	}
	return r
}

func newProvideSubmit(g *global) *cobra.Command {
	var deal string
	var schemas, agree []string
	var yes bool
	c := &cobra.Command{
		Use:   "submit FILE… --deal ID",
		Short: "Sell a record, or what credentials show, to a deal",
		Example: `  panacea provide submit credential.json --deal 0f3c… --agree required
  panacea provide submit bundle.json --schema fhir.schema.json --deal 0f3c… --agree all --yes`,
		Long: `Sell a record as it is, or the least of your credentials that answers the deal. You see
what would be shown, and its price, and say yes; then it is encrypted to the oracles'
enclaves, validated there, and paid for in the block that has your consent.

After an interruption the same command goes on. Nothing is sold twice.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if deal == "" {
				return withHint(errors.New("--deal is missing"), "find one with: panacea provide list "+strings.Join(args, " "))
			}
			data, err := readData(args, schemas)
			if err != nil {
				return err
			}
			return g.with(c, func(p *party.Party) error {
				provider, err := g.provider(c, p)
				if err != nil {
					return err
				}
				offer, err := provider.Prepare(c.Context(), deal, data)
				if err != nil {
					return err
				}
				answers, err := answersOf(offer.Deal, agree)
				if err != nil {
					return err
				}
				describeOffer(c.ErrOrStderr(), offer, answers)
				if !yes {
					ok, err := confirm(c, "Sell it?")
					if err != nil || !ok {
						return err
					}
				}
				sale, err := provider.Sell(c.Context(), offer, answers)
				if err != nil {
					return err
				}
				return g.printSale(c, sale)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&deal, "deal", "", "id of the deal")
	f.StringArrayVar(&schemas, "schema", nil, "file with a schema that the deal pins and the chain does not have; may be repeated")
	f.StringSliceVar(&agree, "agree", nil, "numbers of the terms that you agree to, or all, or required; the others you do not")
	f.BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// answersOf answers each term by what was agreed to.
func answersOf(d datadealtypes.Deal, agreed []string) ([]datadealtypes.TermAnswer, error) {
	var answers []datadealtypes.TermAnswer
	known := []string{"all", "required"}
	for _, t := range d.Terms {
		id := fmt.Sprint(t.Id)
		known = append(known, id)
		yes := slices.Contains(agreed, "all") || slices.Contains(agreed, id) || t.Required && slices.Contains(agreed, "required")
		if t.Required && !yes {
			return nil, withHint(fmt.Errorf("term %s is required: %s: %s", id, t.Title, t.Text), "agree to it with --agree "+id+", or do not sell")
		}
		answers = append(answers, datadealtypes.TermAnswer{TermId: t.Id, Agreed: yes})
	}
	for _, a := range agreed {
		if !slices.Contains(known, a) {
			return nil, withHint(fmt.Errorf("--agree %s: the deal has no such term", a), "see: panacea deal show "+d.Id)
		}
	}
	return answers, nil
}

func describeOffer(w io.Writer, o *exchange.Offer, answers []datadealtypes.TermAnswer) {
	fmt.Fprintf(w, "to       %s, for deal %s\nprice    %s, of which the oracles get their share\n", o.Deal.ConsumerDid, o.Deal.Id, med(fmt.Sprint(exchange.Price(o.Deal))))
	if o.Disclosures == nil {
		fmt.Fprintf(w, "shown    the whole of %s: %d bytes\n", o.Label, o.Size)
	}
	for _, d := range o.Disclosures {
		fmt.Fprintf(w, "shown    of a credential of %s:\n", d.Issuer)
		for _, pointer := range d.Pointers {
			fmt.Fprintf(w, "           %s\n", pointer)
		}
	}
	for i, a := range answers {
		word := "do not agree"
		if a.Agreed {
			word = "agree"
		}
		fmt.Fprintf(w, "term %d   you %s: %s: %s\n", a.TermId, word, o.Deal.Terms[i].Title, o.Deal.Terms[i].Text)
	}
}

func (g *global) printSale(c *cobra.Command, s *exchange.Sale) error {
	r := reportSale(*s)
	return g.print(c, r, func(w io.Writer) {
		if s.State == exchange.SalePaid {
			fmt.Fprintf(w, "sold: %s were paid to you in block %d\n", med(r.RewardUmed), r.Height)
			return
		}
		fmt.Fprintf(w, "%s is %s\n", r.ID, r.State)
	})
}

func newProvideStatus(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "List your sales", Args: cobra.NoArgs,
		Example: `  panacea provide status`,
		RunE: func(c *cobra.Command, _ []string) error {
			home, err := g.dir()
			if err != nil {
				return err
			}
			if _, err := party.ReadConfig(home); err != nil {
				return err
			}
			sales, err := (&exchange.Provider{Dir: home}).Sales()
			if err != nil {
				return err
			}
			reports := []saleReport{}
			for _, s := range sales {
				reports = append(reports, reportSale(s))
			}
			return g.print(c, reports, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
				fmt.Fprintln(t, "SALE\tSTATE\tDATA\tREWARD")
				for _, r := range reports {
					reward := "-"
					if r.RewardUmed != "" {
						reward = med(r.RewardUmed)
					}
					fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.ID, r.State, r.Label, reward)
				}
				_ = t.Flush() // as other prints
			})
		},
	}
}

func newProvideResume(g *global) *cobra.Command {
	var schemas []string
	c := &cobra.Command{
		Use: "resume [SALE…]", Short: "Go on with sales that were interrupted (default all)",
		Example: `  panacea provide resume`,
		RunE: func(c *cobra.Command, args []string) error {
			var texts [][]byte
			for _, file := range schemas {
				text, err := readFile(file)
				if err != nil {
					return err
				}
				texts = append(texts, text)
			}
			return g.with(c, func(p *party.Party) error {
				provider, err := g.provider(c, p)
				if err != nil {
					return err
				}
				if len(args) == 0 {
					sales, err := provider.Sales()
					if err != nil {
						return err
					}
					for _, s := range sales {
						if s.State != exchange.SalePaid {
							args = append(args, s.ID)
						}
					}
				}
				reports := []saleReport{}
				var failed []error
				for _, id := range args {
					s, err := provider.Resume(c.Context(), id, texts...)
					if err != nil {
						failed = append(failed, fmt.Errorf("%s: %w", id, err))
						continue
					}
					reports = append(reports, reportSale(*s))
				}
				return errors.Join(g.print(c, reports, func(w io.Writer) {
					for _, r := range reports {
						fmt.Fprintf(w, "%s: %s, %s\n", r.ID, r.State, med(r.RewardUmed))
					}
				}), errors.Join(failed...))
			})
		},
	}
	c.Flags().StringArrayVar(&schemas, "schema", nil, "file with a schema that a deal pins and the chain does not have; may be repeated")
	return c
}
