package cmd

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/vault"
)

// passphraseVariable is the environment variable that holds the vault's passphrase for programs.
const passphraseVariable = "PANACEA_VAULT_PASSPHRASE"

// newVault is the group of commands about the vault.
func newVault(g *global) *cobra.Command {
	o := &vaultOptions{g}
	c := &cobra.Command{
		Use:   "vault",
		Short: "Keep, share and fetch objects, encrypted, peer to peer",
		Long: `A vault keeps records encrypted on this device, and gives them to those to whom you
grant them, and to nobody else: others cannot tell what it holds.

The commands talk to "panacea vault serve" if it runs, and open the vault
themselves if it does not. The passphrase is asked for, or taken from
` + passphraseVariable + `.`,
		Example: `  # a patient
  panacea vc keygen --type ed25519 --out me.json
  panacea vault init --key me.json
  panacea vault put labs.json
  panacea vault grant CID --to did:key:z6Mk… --for 720h > grant.txt
  panacea vault serve &
  panacea vault id                                          # prints the addresses

  # the clinic; without --peer it asks where the patient's DID document says
  panacea vault get --grant @grant.txt --peer /ip4/192.0.2.1/tcp/4371/p2p/12D3… --out labs.json`,
	}
	c.AddCommand(
		newVaultInit(o), newVaultID(o), newVaultServe(o), newVaultPut(o), newVaultGet(o), newVaultList(o), newVaultRemove(o),
		newVaultGrant(o), newVaultRevoke(o), newVaultGrants(o), newVaultPeers(o), newVaultCheck(o), newVaultCollect(o), newVaultStats(o),
	)
	return c
}

type vaultOptions struct{ *global }

// dir is the vault's directory: that of a home, or one that holds a vault and nothing else.
func (o *vaultOptions) dir() (string, error) {
	home, err := o.global.dir()
	if err != nil {
		return "", err
	}
	if party.Exists(home) {
		return filepath.Join(home, "vault"), nil
	}
	if o.home != "" || os.Getenv(homeVariable) != "" {
		return home, nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", withHint(err, "say where the vault is with --home DIR")
	}
	return filepath.Join(user, ".panacea-vault"), nil
}

// vaultAPI is a vault's HTTP API: that of a running "vault serve", or one that this process serves to itself.
type vaultAPI struct {
	party.VaultAPI
	close func() error
}

// connect finds the running vault, or opens it. online says that the command needs the network.
func (o *vaultOptions) connect(c *cobra.Command, online bool) (*vaultAPI, error) {
	home, err := o.dir()
	if err != nil {
		return nil, err
	}
	if served := party.ServedVault(c.Context(), home); served != nil {
		return &vaultAPI{*served, func() error { return nil }}, nil
	}
	v, err := o.open(c, home)
	if err != nil {
		return nil, err
	}
	if online {
		if err := v.Dial(c.Context()); err != nil {
			return nil, errors.Join(err, v.Close())
		}
	}
	api, _, err := serveVault(v, "127.0.0.1:0")
	return api, err
}

func (o *vaultOptions) open(c *cobra.Command, home string) (*vault.Vault, error) {
	if _, err := vault.ReadConfig(home); err != nil {
		return nil, vaultHint(err)
	}
	passphrase, err := o.vaultPassphrase(c, "Passphrase of the vault: ")
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(c.Context(), home, passphrase, vault.Options{})
	return v, vaultHint(err)
}

func vaultHint(err error) error {
	switch {
	case errors.Is(err, vault.ErrNoVault):
		return withHint(err, "make one with: panacea vault init --key KEY.json")
	case errors.Is(err, vault.ErrPassphrase):
		return withHint(err, "try again, or set "+passphraseVariable)
	}
	return err
}

func (o *vaultOptions) vaultPassphrase(c *cobra.Command, prompt string) (string, error) {
	if p, ok := os.LookupEnv(passphraseVariable); ok {
		return p, nil
	}
	if p := os.Getenv(homePassphraseVariable); p != "" {
		return p, nil
	}
	if o.passphraseFile != "" {
		return firstLine(o.passphraseFile)
	}
	in, ok := c.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", withHint(errors.New("no passphrase, and no terminal to ask for it"), "set "+passphraseVariable)
	}
	fmt.Fprint(c.ErrOrStderr(), prompt)
	p, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(c.ErrOrStderr())
	return string(p), err
}

// serveVault serves a vault on an address of the loopback. Closing the API closes the vault.
func serveVault(v *vault.Vault, address string) (*vaultAPI, net.Addr, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("serve the vault's API: %w", err), v.Close())
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, nil, errors.Join(fmt.Errorf("%s is not a loopback address", address), listener.Close(), v.Close())
	}
	raw := make([]byte, 32)
	rand.Read(raw)
	token := base64.RawURLEncoding.EncodeToString(raw)
	server := &http.Server{Handler: vault.NewHandler(v, token), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	return &vaultAPI{party.VaultAPI{URL: "http://" + listener.Addr().String(), Token: token}, func() error {
		err := server.Close()
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return errors.Join(err, v.Close())
	}}, listener.Addr(), nil
}

// with runs a command's work against the vault.
func (o *vaultOptions) with(c *cobra.Command, online bool, do func(*vaultAPI) error) error {
	api, err := o.connect(c, online)
	if err != nil {
		return err
	}
	return errors.Join(do(api), api.close())
}

// bytesText writes a size for people.
func bytesText(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, i := float64(n)/unit, 0
	for ; value >= unit && i < 4; i++ {
		value /= unit
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[i])
}

// bar shows how far a transfer is, on a terminal only, once it has taken a second.
type bar struct {
	out     io.Writer
	on      bool
	started time.Time
	drawn   time.Time
	first   int64
}

func newBar(c *cobra.Command) *bar {
	f, ok := c.ErrOrStderr().(*os.File)
	return &bar{out: c.ErrOrStderr(), on: ok && term.IsTerminal(int(f.Fd())), started: time.Now(), first: -1}
}

func (b *bar) draw(have, total int64) {
	now := time.Now()
	if b.first < 0 {
		b.first = have
	}
	if !b.on || now.Sub(b.started) < time.Second || now.Sub(b.drawn) < 100*time.Millisecond && have < total {
		return
	}
	b.drawn = now
	rate := bytesText(int64(float64(have-b.first)/now.Sub(b.started).Seconds())) + "/s"
	if total <= 0 {
		fmt.Fprintf(b.out, "\r\033[K%s  %s", bytesText(have), rate)
		return
	}
	const width = 30
	full := int(width * have / total)
	fmt.Fprintf(b.out, "\r\033[K[%s%s] %3d%%  %s of %s  %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), 100*have/total,
		bytesText(have), bytesText(total), rate)
}

func (b *bar) done() {
	if !b.drawn.IsZero() {
		fmt.Fprintln(b.out)
	}
}

// reader counts what is read through it.
func (b *bar) reader(r io.Reader, total int64) io.Reader { return &barReader{r: r, b: b, total: total} }

type barReader struct {
	r     io.Reader
	b     *bar
	n     int64
	total int64
}

func (r *barReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.n += int64(n)
	r.b.draw(r.n, r.total)
	return n, err
}
