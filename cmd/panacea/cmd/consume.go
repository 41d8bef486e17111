package cmd

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/seal"
)

func newConsume(g *global) *cobra.Command {
	c := &cobra.Command{
		Use:   "consume",
		Short: "Receive what your deals bought: watch, fetch, decrypt, export",
		Example: `  panacea consume watch --out data          # runs until Ctrl-C, and goes on where it stopped
  panacea consume fetch DEAL --out data
  panacea consume export DEAL --to study`,
	}
	c.AddCommand(newConsumeWatch(g), newConsumeFetch(g), newConsumeDecrypt(g), newConsumeExport(g))
	return c
}

// deliveryReport is a line of "consume watch --json".
type deliveryReport struct {
	exchange.Delivery
	Error string `json:"error,omitempty"`
}

func (g *global) printDelivery(c *cobra.Command, d exchange.Delivery, err error) {
	if g.json {
		r := deliveryReport{Delivery: d}
		if err != nil {
			r.Error = explain(err)
		}
		_ = json.NewEncoder(c.OutOrStdout()).Encode(r) // nobody may be reading
		return
	}
	if err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "not yet: %s\n", explain(err))
		return
	}
	fmt.Fprintf(c.OutOrStdout(), "%s  %d bytes, SHA-256 %s, of %s\n", d.File, d.Size, d.SHA256, d.Provider)
}

func (g *global) consumer(c *cobra.Command, p *party.Party) (*exchange.Consumer, error) {
	consumer, err := p.Consumer(c.Context())
	if err != nil {
		return nil, err
	}
	consumer.Progress = newStages(c).delivery
	return consumer, nil
}

func newConsumeWatch(g *global) *cobra.Command {
	var out string
	var count int
	c := &cobra.Command{
		Use:   "watch --out DIR",
		Short: "Turn everything that your deals buy into decrypted, verified files, as it is bought",
		Example: `  panacea consume watch --out data
  panacea consume watch --out data --count 2 --json      # ends after two data, a line of JSON each`,
		Long: `Run until Ctrl-C: each datum that one of your deals buys becomes a file DIR/DEAL/COMMITMENT,
decrypted, and verified against the commitment on the chain. It recovers from anything:
what could not be fetched is tried again, and the next run goes on where this one stopped.
Where "panacea vault serve" runs, it fetches through that, so start that first.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			folder, err := outFolder(out)
			if err != nil {
				return err
			}
			return g.with(c, func(p *party.Party) error {
				consumer, err := g.consumer(c, p)
				if err != nil {
					return err
				}
				err = p.Remembering(func() error {
					return consumer.Watch(c.Context(), folder, func(d exchange.Delivery, err error) bool {
						g.printDelivery(c, d, err)
						if err == nil {
							count--
						}
						return count == 0
					})
				})
				if errors.Is(err, context.Canceled) {
					return nil // Ctrl-C is how it ends
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder for the data")
	c.Flags().IntVar(&count, "count", -1, "end after so many new data (default never)")
	return c
}

func outFolder(out string) (string, error) {
	if out == "" {
		return "", withHint(errors.New("--out is missing"), "name a folder for the data: --out data")
	}
	if info, err := os.Stat(out); err == nil && !info.IsDir() {
		return "", withHint(fmt.Errorf("%s is no folder", out), "name a folder for the data: --out data")
	}
	return filepath.Abs(out)
}

func newConsumeFetch(g *global) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "fetch DEAL --out DIR", Short: "Fetch, decrypt and verify what a deal has bought so far", Args: cobra.ExactArgs(1),
		Example: `  panacea consume fetch 0f3c… --out data`,
		RunE: func(c *cobra.Command, args []string) error {
			folder, err := outFolder(out)
			if err != nil {
				return err
			}
			return g.with(c, func(p *party.Party) error {
				consumer, err := g.consumer(c, p)
				if err != nil {
					return err
				}
				consents, err := consumer.Chain.DealConsents(c.Context(), args[0])
				if err != nil {
					return err
				}
				all := []exchange.Delivery{}
				var failed []error
				for _, consent := range consents {
					var commitment seal.Commitment
					copy(commitment[:], consent.Certificate.DataCommitment)
					d, err := consumer.Deliver(c.Context(), args[0], commitment, folder)
					if err != nil {
						failed = append(failed, err)
						continue
					}
					all = append(all, *d)
				}
				return errors.Join(g.print(c, all, func(io.Writer) {
					for _, d := range all {
						g.printDelivery(c, d, nil)
					}
				}), errors.Join(failed...))
			})
		},
	}
	c.Flags().StringVar(&out, "out", "", "folder for the data")
	return c
}

func newConsumeDecrypt(g *global) *cobra.Command {
	var deal, commitment, out string
	c := &cobra.Command{
		Use:     "decrypt OBJECT-FILE --deal ID --commitment HEX --out FILE",
		Short:   "Decrypt an object that came in any way, with a key from any oracle",
		Example: `  panacea consume decrypt object.bin --deal 0f3c… --commitment 9a41… --out record.json`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var id seal.Commitment
			if n, err := hex.Decode(id[:], []byte(commitment)); err != nil || n != len(id) || deal == "" || out == "" {
				return withHint(errors.New("--deal, --commitment and --out are needed"), "\"panacea deal show\" and the certificate have them")
			}
			object, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer object.Close()
			return g.with(c, func(p *party.Party) error {
				consumer, err := g.consumer(c, p)
				if err != nil {
					return err
				}
				size, digest, err := consumer.Decrypt(c.Context(), deal, id, object, out)
				if err != nil {
					return err
				}
				return g.print(c, map[string]any{"file": out, "size": size, "sha256": digest}, func(w io.Writer) {
					fmt.Fprintf(w, "%s  %d bytes, SHA-256 %s\n", out, size, digest)
				})
			})
		},
	}
	f := c.Flags()
	f.StringVar(&deal, "deal", "", "id of the deal")
	f.StringVar(&commitment, "commitment", "", "data commitment, in hexadecimal")
	f.StringVar(&out, "out", "", "file to write")
	return c
}

// manifest says what an export holds, and by which consents it is the consumer's.
type manifest struct {
	Deal     dealReport      `json:"deal"`
	ChainID  string          `json:"chain_id"`
	Delivery []manifestEntry `json:"data"`
}

type manifestEntry struct {
	File       string `json:"file"`
	SHA256     string `json:"sha256"`
	Size       int64  `json:"size"`
	Provider   string `json:"provider"`
	Commitment string `json:"commitment"`
	ObjectCID  string `json:"object_cid"`
}

func newConsumeExport(g *global) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:     "export DEAL --to DIR",
		Short:   "Copy a deal's delivered data into a folder, with a manifest of where each is from",
		Example: `  panacea consume export 0f3c… --to study`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" {
				return withHint(errors.New("--to is missing"), "name a new folder: --to study")
			}
			return g.with(c, func(p *party.Party) error {
				m, err := g.export(c, p, args[0], to)
				if err != nil {
					return err
				}
				return g.print(c, m, func(w io.Writer) {
					fmt.Fprintf(w, "%d data of deal %s in %s, with manifest.json\n", len(m.Delivery), args[0], to)
				})
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "folder")
	return c
}

func (g *global) export(c *cobra.Command, p *party.Party, dealID, to string) (manifest, error) {
	chain, err := p.Chain(c.Context())
	if err != nil {
		return manifest{}, err
	}
	deal, err := chain.Deal(c.Context(), dealID)
	if err != nil {
		return manifest{}, err
	}
	m := manifest{Deal: reportDeal(deal), ChainID: chain.ChainID(), Delivery: []manifestEntry{}}
	delivered, err := (&exchange.Consumer{Dir: p.Home}).Deliveries()
	if err != nil {
		return m, err
	}
	for _, d := range delivered {
		if d.DealID != dealID {
			continue
		}
		name := filepath.Base(d.File)
		if err := copyFile(d.File, filepath.Join(to, name)); err != nil {
			return m, err
		}
		if digest, err := digestFile(filepath.Join(to, name)); err != nil || digest != d.SHA256 {
			return m, errors.Join(fmt.Errorf("%s has been changed since it was delivered", d.File), err)
		}
		m.Delivery = append(m.Delivery, manifestEntry{name, d.SHA256, d.Size, d.Provider, d.Commitment, d.ObjectCID})
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	return m, exchange.WriteFile(filepath.Join(to, "manifest.json"), func(f *os.File) error {
		_, err := f.Write(append(text, '\n'))
		return err
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	return errors.Join(exchange.WriteFile(to, func(f *os.File) error {
		_, err := io.Copy(f, in)
		return err
	}), in.Close())
}
