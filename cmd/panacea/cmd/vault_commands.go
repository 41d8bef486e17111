package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/vault"
	"github.com/medibloc/panacea/vault/access"
	"github.com/medibloc/panacea/vault/store"
)

func newVaultInit(o *vaultOptions) *cobra.Command {
	var key, method string
	config := vault.Config{Listen: vault.DefaultListen(), API: vault.DefaultAPI}
	c := &cobra.Command{
		Use:     "init --key FILE",
		Short:   "Make a vault",
		Example: `  panacea vault init --key me.json --listen /ip4/0.0.0.0/tcp/4371`,
		Long: `Make a vault for the DID of a key (a Multikey file, as "panacea vc keygen" writes it). The
key and a new secret are kept encrypted under a passphrase. Whoever loses the
passphrase, or the directory, loses what is in the vault.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			signing, err := loadKey(key, method)
			if err != nil {
				return err
			}
			home, err := o.dir()
			if err != nil {
				return err
			}
			passphrase, err := o.vaultPassphrase(c, fmt.Sprintf("New passphrase (at least %d characters): ", vault.MinPassphrase))
			if err != nil {
				return err
			}
			config.Method = signing.VerificationMethod
			config.DID, _, _ = strings.Cut(signing.VerificationMethod, "#")
			if err := vault.Init(home, config, signing.PrivateKey, passphrase); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "vault of %s in %s\n", config.DID, home)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&key, "key", "", "Multikey file of the DID's key, required")
	f.StringVar(&method, "method", "", "DID URL of the key, if it is not in the file")
	f.StringVar(&config.Resolver, "resolver", "", "DID resolver (a URL) for did:panacea, such as a Panacea node's")
	f.StringSliceVar(&config.Listen, "listen", config.Listen, "multiaddresses to listen on")
	f.StringSliceVar(&config.Bootstrap, "bootstrap", nil, "multiaddresses, with /p2p/ID, of peers to join the network by")
	f.StringSliceVar(&config.Relays, "relay", nil, "multiaddresses, with /p2p/ID, of relays to be reached through")
	f.BoolVar(&config.Router, "router", false, "help others find peers, and relay for them")
	f.Int64Var(&config.Quota, "quota", 0, "bytes that the vault may hold; 0 for no bound")
	f.StringVar(&config.API, "api", config.API, "loopback address of the HTTP API")
	return c
}

func newVaultID(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "id",
		Short:   "Show what others find the vault by, and what the DID document should hold",
		Example: `  panacea vault id`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				var id vault.Identity
				if err := a.Call(c.Context(), "GET", "/v1/identity", nil, &id); err != nil {
					return err
				}
				service, err := json.Marshal(id.Service)
				if err != nil {
					return err
				}
				return o.print(c, id, func(w io.Writer) {
					fmt.Fprintf(w, "DID:           %s\npeer:          %s\nkey agreement: %s\nservice:       %s\n", id.DID, id.PeerID, id.Agreement, service)
					for _, address := range id.Addresses {
						fmt.Fprintf(w, "address:       %s/p2p/%s\n", address, id.PeerID)
					}
				})
			})
		},
	}
}

func newVaultServe(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "serve",
		Short:   "Serve the vault to peers, and its API to this machine",
		Example: `  panacea vault serve`,
		Long: `Serve objects to peers who may have them, and the HTTP API (with /v1/openapi.json and /metrics)
on the loopback. Programs read its address and token from api.json in the vault's
directory. Ends on an interrupt.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			home, err := o.dir()
			if err != nil {
				return err
			}
			v, err := o.open(c, home)
			if err != nil {
				return err
			}
			if err := v.Listen(c.Context()); err != nil {
				return errors.Join(err, v.Close())
			}
			api, address, err := serveVault(v, v.API)
			if err != nil {
				return err
			}
			if err := writeAPIFile(home, api); err != nil {
				return errors.Join(err, api.close())
			}
			fmt.Fprintf(c.ErrOrStderr(), "vault of %s: API on http://%s\n", v.DID, address)
			<-c.Context().Done()
			return errors.Join(os.Remove(filepath.Join(home, party.VaultAPIFile)), api.close())
		},
	}
}

// writeAPIFile writes the file as its owner's only, whatever was there before.
func writeAPIFile(home string, api *vaultAPI) error {
	raw, err := json.Marshal(api.VaultAPI)
	if err != nil {
		return err
	}
	path := filepath.Join(home, party.VaultAPIFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

func newVaultPut(o *vaultOptions) *cobra.Command {
	var collection, mediaType string
	var raw bool
	c := &cobra.Command{
		Use:   "put FILE...",
		Short: "Encrypt and store files",
		Example: `  panacea vault put labs.json
  cat scan.dcm | panacea vault put - --media-type application/dicom --collection scans`,
		Long: `Store files, each encrypted under a key of its own; "-" is standard input. Prints their CIDs.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				var all []vault.Object
				for _, name := range files {
					object, err := putFile(c, a, name, collection, mediaType, raw)
					if err != nil {
						return fmt.Errorf("put %s: %w", name, err)
					}
					if all = append(all, object); !o.json {
						fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", object.CID, name)
					}
				}
				return o.print(c, all, func(io.Writer) {})
			})
		},
	}
	c.Flags().StringVar(&collection, "collection", "", "collection, which a grant may name (default \""+store.DefaultPin+"\")")
	c.Flags().StringVar(&mediaType, "media-type", "", "media type (default by the file's name)")
	c.Flags().BoolVar(&raw, "raw", false, "store the bytes as they are, for what is encrypted already: the CID is that of ipfs add --cid-version=1 --raw-leaves")
	return c
}

func putFile(c *cobra.Command, a *vaultAPI, name, collection, mediaType string, raw bool) (vault.Object, error) {
	in, size := c.InOrStdin(), int64(-1)
	q := url.Values{}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return vault.Object{}, err
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
		in = f
		q.Set("name", filepath.Base(name))
		if mediaType == "" {
			mediaType = mime.TypeByExtension(filepath.Ext(name))
		}
	}
	for key, value := range map[string]string{"mediaType": mediaType, "pin": collection} {
		if value != "" {
			q.Set(key, value)
		}
	}
	if raw {
		q.Set("raw", "true")
	}
	progress := newBar(c)
	defer progress.done()
	response, err := a.Send(c.Context(), "POST", "/v1/objects?"+q.Encode(), progress.reader(in, size))
	if err != nil {
		return vault.Object{}, err
	}
	defer response.Body.Close()
	var object vault.Object
	return object, json.NewDecoder(response.Body).Decode(&object)
}

func newVaultGet(o *vaultOptions) *cobra.Command {
	var body vault.FetchBody
	var out string
	var raw bool
	c := &cobra.Command{
		Use:   "get [CID]",
		Short: "Read an object, fetching it first from another vault if told to",
		Long: `Read an object, decrypted. With --from or --grant it is fetched first; a transfer that broke goes on where it was
when the command is given again. A grant names the object and its owner, and carries the key.`,
		Example: `  panacea vault get bafybei… --out labs.json
  panacea vault get --grant @grant.txt --out labs.json
  panacea vault get bafybei… --from did:panacea:… --out object`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				body.CID = args[0]
			}
			if file, ok := strings.CutPrefix(body.Grant, "@"); ok {
				b, err := readFile(file)
				if err != nil {
					return err
				}
				body.Grant = strings.TrimSpace(string(b))
			}
			remote := body.From != "" || body.Grant != ""
			if body.CID == "" && body.Grant == "" {
				return withHint(errors.New("which object?"), "give its CID, or a grant with --grant")
			}
			return o.with(c, remote, func(a *vaultAPI) error {
				root := body.CID
				if remote {
					object, err := fetchObject(c, a, body)
					if err != nil {
						return err
					}
					root = object.CID
				}
				return getObject(c, a, root, out, raw)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&body.From, "from", "", "DID of the vault to fetch from")
	f.StringVar(&body.Grant, "grant", "", "grant to bring along, or @FILE")
	f.StringVar(&body.Pin, "collection", "", "collection to keep what is fetched in")
	f.StringSliceVar(&body.Peers, "peer", nil, "multiaddress, with /p2p/ID, to ask instead of looking the DID's vaults up")
	f.Int64Var(&body.MaxSize, "max-size", 0, "refuse larger objects, in bytes")
	f.StringVar(&out, "out", "", "file to write (default standard output)")
	f.BoolVar(&raw, "raw", false, "the stored bytes, not decrypted")
	return c
}

func fetchObject(c *cobra.Command, a *vaultAPI, body vault.FetchBody) (*vault.Object, error) {
	progress := newBar(c)
	defer progress.done()
	object, err := a.FetchEvents(c.Context(), body, func(e vault.FetchEvent) {
		if e.Retry != "" {
			fmt.Fprintln(c.ErrOrStderr(), "trying again:", e.Retry)
			return
		}
		progress.draw(e.Have, e.Total)
	})
	if problem := (*party.FetchProblem)(nil); errors.As(err, &problem) {
		err = withHint(err, "where the owner's DID document does not say, tell where the vault is with --peer: its owner sees the addresses with: panacea vault id")
	}
	return &object, err
}

// getObject writes an object to a file, which appears only when it is whole, or to standard output.
func getObject(c *cobra.Command, a *vaultAPI, root, out string, raw bool) error {
	path := "/v1/objects/" + url.PathEscape(root)
	if raw {
		path += "?raw=true"
	}
	response, err := a.Send(c.Context(), "GET", path, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	progress := newBar(c)
	defer progress.done()
	in := progress.reader(response.Body, response.ContentLength)
	if out == "" {
		_, err := io.Copy(c.OutOrStdout(), in)
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(out), ".panacea-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, in)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}

func newVaultList(o *vaultOptions) *cobra.Command {
	var collection string
	c := &cobra.Command{
		Use:     "ls",
		Short:   "List objects",
		Example: `  panacea vault ls --json`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				all := []vault.Object{}
				for q := (url.Values{"pin": {collection}, "limit": {"1000"}}); ; {
					var page vault.Page
					if err := a.Call(c.Context(), "GET", "/v1/objects?"+q.Encode(), nil, &page); err != nil {
						return err
					}
					if all = append(all, page.Objects...); page.Next == "" {
						break
					}
					q.Set("cursor", page.Next)
				}
				return o.print(c, all, func(w io.Writer) {
					table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
					fmt.Fprintln(table, "CID\tSIZE\tCREATED\tCOLLECTIONS\tNAME")
					for _, object := range all {
						size := bytesText(object.Size)
						if object.Partial {
							size = "arriving"
						}
						fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", object.CID, size, object.Created.Format(time.DateTime), strings.Join(object.Pins, ","), object.Name)
					}
					table.Flush()
				})
			})
		},
	}
	c.Flags().StringVar(&collection, "collection", "", "only of this collection")
	return c
}

func newVaultRemove(o *vaultOptions) *cobra.Command {
	var collections []string
	c := &cobra.Command{
		Use:     "rm CID...",
		Short:   "Delete objects, and give their space back",
		Example: `  panacea vault rm bafybei…`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, roots []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				for _, root := range roots {
					path := "/v1/objects/" + url.PathEscape(root) + "?" + url.Values{"pin": collections}.Encode()
					if err := a.Call(c.Context(), "DELETE", path, nil, nil); err != nil {
						return withHint(err, "an object in other collections is removed with --collection NAME for each of them")
					}
				}
				return a.Call(c.Context(), "POST", "/v1/gc", nil, nil)
			})
		},
	}
	c.Flags().StringSliceVar(&collections, "collection", nil, "collections that do not keep it")
	return c
}

func newVaultGrant(o *vaultOptions) *cobra.Command {
	var body vault.GrantBody
	var lifetime time.Duration
	c := &cobra.Command{
		Use:   "grant CID --to DID --for DURATION",
		Short: "Let a DID read an object or a collection",
		Example: `  panacea vault grant bafybei… --to did:key:z6Mk… --for 720h > grant.txt
  panacea vault grant --collection labs --to did:panacea:… --for 24h`,
		Long: `Let a DID read an object, or with --collection all objects of a collection, for a time. Prints the grant, which carries the object's key sealed to
the DID: give it to them. A grant for a collection carries no key.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				body.CID = args[0]
			}
			if len(args) == 0 && body.Collection == "" {
				return withHint(errors.New("which object?"), "give its CID, or --collection NAME")
			}
			if body.To == "" {
				return withHint(errors.New("to whom?"), "give the DID of who may read with --to")
			}
			if lifetime < time.Second || lifetime > access.MaxLifetime {
				return fmt.Errorf("--for %s: it takes from 1s to %s", lifetime, access.MaxLifetime)
			}
			body.Seconds = int64(lifetime / time.Second)
			return o.with(c, false, func(a *vaultAPI) error {
				var g vault.GrantInfo
				if err := a.Call(c.Context(), "POST", "/v1/grants", body, &g); err != nil {
					return err
				}
				return o.print(c, g, func(w io.Writer) {
					fmt.Fprintln(w, g.Token)
					fmt.Fprintf(c.ErrOrStderr(), "grant %s for %s until %s\n", g.ID, g.To, g.Expires.Format(time.RFC3339))
				})
			})
		},
	}
	f := c.Flags()
	f.StringVar(&body.To, "to", "", "DID of who may read, required")
	f.DurationVar(&lifetime, "for", 24*time.Hour, "how long")
	f.StringVar(&body.Collection, "collection", "", "grant a collection instead of an object")
	f.BoolVar(&body.KeepKey, "keep-key", false, "give the ciphertext only, as for a replica")
	f.BoolVar(&body.Carry, "carry", false, "do not remember the grant here: it works when the other brings it")
	return c
}

func newVaultRevoke(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "revoke GRANT...",
		Short:   "Take grants back, by id or by token",
		Example: `  panacea vault revoke 5f0c…`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, grants []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				for _, g := range grants {
					if err := a.Call(c.Context(), "DELETE", "/v1/grants/"+url.PathEscape(g), nil, nil); err != nil {
						return withHint(err, "see the ids with: panacea vault grants")
					}
				}
				return nil
			})
		},
	}
}

func newVaultGrants(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "grants",
		Short:   "List grants",
		Example: `  panacea vault grants`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				var all []vault.GrantInfo
				if err := a.Call(c.Context(), "GET", "/v1/grants", nil, &all); err != nil {
					return err
				}
				return o.print(c, all, func(w io.Writer) {
					table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
					fmt.Fprintln(table, "ID\tTO\tWHAT\tEXPIRES\tSTATE")
					for _, g := range all {
						what, state := g.CID, "valid"
						if g.Collection != "" {
							what = "collection " + g.Collection
						}
						switch {
						case g.Revoked:
							state = "revoked"
						case time.Now().After(g.Expires):
							state = "expired"
						}
						fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", g.ID, g.To, what, g.Expires.Format(time.DateTime), state)
					}
					table.Flush()
				})
			})
		},
	}
}

func newVaultPeers(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "peers",
		Short:   "List the peers that the vault is connected to",
		Example: `  panacea vault peers`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, true, func(a *vaultAPI) error {
				var all []vault.Peer
				if err := a.Call(c.Context(), "GET", "/v1/peers", nil, &all); err != nil {
					return err
				}
				return o.print(c, all, func(w io.Writer) {
					for _, p := range all {
						fmt.Fprintf(w, "%s  %s\n", p.ID, p.Address)
					}
				})
			})
		},
	}
}

// errDamaged is why fsck ends with a code other than 0.
var errDamaged = errors.New("the vault is damaged")

func newVaultCheck(o *vaultOptions) *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use:   "fsck",
		Short: "Verify every block, reference and count",
		Example: `  panacea vault fsck
  panacea vault fsck --repair`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				path := "/v1/fsck"
				if repair {
					path += "?repair=true"
				}
				var r store.Report
				if err := a.Call(c.Context(), "POST", path, nil, &r); err != nil {
					return err
				}
				if err := o.print(c, r, func(w io.Writer) {
					fmt.Fprintf(w, "%d objects, %d blocks, %s\n", r.Objects, r.Blocks, bytesText(r.Bytes))
					fmt.Fprintf(w, "%d damaged blocks, %d objects affected, %d unreadable records, %d wrong counts\n",
						len(r.Damaged), len(r.Affected), r.Unreadable, r.WrongCounts)
					for _, root := range r.Affected {
						fmt.Fprintf(w, "affected: %s\n", root)
					}
				}); err != nil {
					return err
				}
				if !r.OK() && !r.Repaired {
					return withHint(errDamaged, "repair with --repair, then fetch or put the affected objects again")
				}
				return nil
			})
		},
	}
	c.Flags().BoolVar(&repair, "repair", false, "put right what can be")
	return c
}

func newVaultCollect(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "gc",
		Short:   "Give back the space of what no object leads to",
		Example: `  panacea vault gc`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				var got store.Collected
				if err := a.Call(c.Context(), "POST", "/v1/gc", nil, &got); err != nil {
					return err
				}
				return o.print(c, got, func(w io.Writer) { fmt.Fprintf(w, "%d blocks, %s\n", got.Blocks, bytesText(got.Bytes)) })
			})
		},
	}
}

func newVaultStats(o *vaultOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "stats",
		Short:   "Show what the vault holds and has done",
		Example: `  panacea vault stats --json`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return o.with(c, false, func(a *vaultAPI) error {
				var s vault.Stats
				if err := a.Call(c.Context(), "GET", "/v1/stats", nil, &s); err != nil {
					return err
				}
				return o.print(c, s, func(w io.Writer) {
					fmt.Fprintf(w, "objects:  %d\nblocks:   %d, %s\non disk:  %s\ngrants:   %d\n",
						s.Store.Objects, s.Store.Blocks, bytesText(s.Store.Bytes), bytesText(int64(s.Disk)), s.Grants)
					fmt.Fprintf(w, "peers:    %d\nserved:   %d, %s\nrefused:  %d\nfetched:  %d, %s\n",
						s.Peers, s.Exchange.Served, bytesText(s.Exchange.BytesSent), s.Exchange.Refused, s.Exchange.Fetched, bytesText(s.Exchange.BytesReceived))
				})
			})
		},
	}
}
