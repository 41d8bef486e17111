package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/vc/pex"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

func newDeal(g *global) *cobra.Command {
	c := &cobra.Command{
		Use:   "deal",
		Short: "Ask for data, and pay for them: create, list, show and end deals",
		Example: `  panacea deal create --budget 20000000umed --count 2 --definition study.json --issuer did:panacea:… --term 'required:Use=For this study only.'
  panacea deal create --budget 1000000umed --schema fhir.schema.json --media-type application/json
  panacea deal list
  panacea deal show 0f3c…
  panacea deal deactivate 0f3c…`,
	}
	c.AddCommand(newDealCreate(g), newDealList(g), newDealShow(g), newDealDeactivate(g))
	return c
}

// dealReport is a deal for people and programs.
type dealReport struct {
	ID          string       `json:"id"`
	Status      string       `json:"status"`
	Consumer    string       `json:"consumer"`
	ConsumerDID string       `json:"consumer_did"`
	PriceUmed   string       `json:"price_umed"`
	BudgetUmed  string       `json:"budget_umed"`
	Wanted      uint64       `json:"data_count"`
	Bought      uint64       `json:"consents"`
	PaidUmed    string       `json:"paid_umed"`
	RefundUmed  string       `json:"refunded_umed"`
	Uniqueness  string       `json:"uniqueness"`
	Quorum      string       `json:"quorum"`
	Expires     time.Time    `json:"expires_at"`
	MediaType   string       `json:"media_type"`
	Schemas     []schemaPin  `json:"schemas"`
	Definition  string       `json:"presentation_definition,omitempty"`
	Issuers     []string     `json:"trusted_issuers"`
	Terms       []termReport `json:"terms"`
}

type schemaPin struct {
	SHA256 string `json:"sha256"`
	URL    string `json:"url,omitempty"`
}

type termReport struct {
	ID       uint32 `json:"id"`
	Required bool   `json:"required"`
	Title    string `json:"title"`
	Text     string `json:"text"`
}

func reportDeal(d datadealtypes.Deal) dealReport {
	r := dealReport{
		ID: d.Id, Status: exchange.StatusName(d.Status), Consumer: d.Consumer, ConsumerDID: d.ConsumerDid,
		PriceUmed: strconv.FormatInt(exchange.Price(d), 10), BudgetUmed: d.Budget.Amount.String(), Wanted: d.DataCount, Bought: d.Consents,
		PaidUmed: d.Paid.Amount.String(), RefundUmed: d.Refunded.Amount.String(),
		Uniqueness: strings.ToLower(strings.TrimPrefix(d.Uniqueness.String(), "UNIQUENESS_")),
		Quorum:     fmt.Sprintf("%d/%d", d.Quorum.Numerator, d.Quorum.Denominator), Expires: d.ExpiresAt, MediaType: d.Requirements.MediaType,
		Schemas: []schemaPin{}, Definition: string(d.Requirements.PresentationDefinition), Issuers: d.Requirements.TrustedIssuers, Terms: []termReport{},
	}
	for _, s := range d.Requirements.Schemas {
		r.Schemas = append(r.Schemas, schemaPin{hex.EncodeToString(s.Digest), s.Url})
	}
	for _, t := range d.Terms {
		r.Terms = append(r.Terms, termReport{t.Id, t.Required, t.Title, t.Text})
	}
	return r
}

func (r dealReport) text(w io.Writer) {
	fmt.Fprintf(w, "deal        %s  (%s, until %s)\n", r.ID, r.Status, r.Expires.Local().Format(time.DateTime))
	fmt.Fprintf(w, "consumer    %s  %s\n", r.Consumer, r.ConsumerDID)
	fmt.Fprintf(w, "pays        %s for each of %d data; %d bought, %s paid, %s back\n", med(r.PriceUmed), r.Wanted, r.Bought, med(r.PaidUmed), med(r.RefundUmed))
	fmt.Fprintf(w, "takes       %s, unique by %s, vouched for by more than %s of the oracles' power\n", r.MediaType, r.Uniqueness, r.Quorum)
	for _, s := range r.Schemas {
		fmt.Fprintf(w, "schema      %s  %s\n", s.SHA256, s.URL)
	}
	for _, i := range r.Issuers {
		fmt.Fprintf(w, "issuer      %s\n", i)
	}
	if r.Definition != "" {
		fmt.Fprintf(w, "asks for    %s\n", r.Definition)
	}
	for _, t := range r.Terms {
		kind := "optional"
		if t.Required {
			kind = "required"
		}
		fmt.Fprintf(w, "term %-6d %s: %s (%s)\n", t.ID, t.Title, t.Text, kind)
	}
}

// dealFlags are what a new deal is made of.
type dealFlags struct {
	name, budget, definition, mediaType, unique, quorum string
	count                                               uint64
	schemas, issuers, terms                             []string
	lifetime                                            time.Duration
}

func newDealCreate(g *global) *cobra.Command {
	f := dealFlags{}
	c := &cobra.Command{
		Use:   "create --budget AMOUNT",
		Short: "Put a budget into escrow and ask for data",
		Example: `  panacea deal create --budget 20000000umed --count 2 --definition study.json --term 'required:Use=For this study only.'
  panacea deal create --budget 1000000umed --schema fhir.schema.json --name pilot`,
		Long: `Put a budget into escrow and ask for data: a presentation that answers a DIF presentation
definition, JSON that satisfies schemas, both, or any file of a media type. What is left
of the budget comes back when the deal ends.

A schema of up to 256 KiB is published on the chain under your DID, so that oracles find it;
a larger one is pinned by its digest, and whoever has it hands it over.

The same command again continues what was interrupted; once the deal is made it makes another,
unless --name says that it is the same.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.with(c, func(p *party.Party) error {
				q, err := f.request(c, p)
				if err != nil {
					return err
				}
				consumer, err := p.Consumer(c.Context())
				if err != nil {
					return err
				}
				deal, err := consumer.CreateDeal(c.Context(), q)
				if err != nil {
					return err
				}
				r := reportDeal(deal)
				return g.print(c, r, func(w io.Writer) {
					r.text(w)
					fmt.Fprintf(w, "\nNext: panacea consume watch --out data\n")
				})
			})
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.name, "name", "", "name of this request, by which it continues after an interruption")
	fl.StringVar(&f.budget, "budget", "", "what goes into escrow, such as 20000000umed; a multiple of --count")
	fl.Uint64Var(&f.count, "count", 1, "number of data wanted")
	fl.StringVar(&f.definition, "definition", "", "file with a DIF presentation definition")
	fl.StringArrayVar(&f.schemas, "schema", nil, "file with a JSON Schema that the data must satisfy; may be repeated")
	fl.StringArrayVar(&f.issuers, "issuer", nil, "`DID` whose credentials are accepted; may be repeated (default any)")
	fl.StringArrayVar(&f.terms, "term", nil, "`required:TITLE=TEXT` or optional:TITLE=TEXT, which providers answer; may be repeated")
	fl.StringVar(&f.mediaType, "media-type", "application/json", "media type of the data")
	fl.StringVar(&f.unique, "unique", "content", "what is not bought twice: content, credential or subject")
	fl.StringVar(&f.quorum, "quorum", "", "share of the oracles' power that must vouch, such as 1/2 (default the chain's least)")
	fl.DurationVar(&f.lifetime, "for", 30*24*time.Hour, "how long the deal runs")
	return c
}

// request makes the request, and publishes schemas that are small enough.
func (f *dealFlags) request(c *cobra.Command, p *party.Party) (q exchange.DealRequest, err error) {
	if f.budget == "" {
		return q, withHint(errors.New("--budget is missing"), "say what you pay for all data together, such as 20000000umed")
	}
	q = exchange.DealRequest{Name: f.name, ConsumerDID: p.Config.DID, DataCount: f.count, ExpiresAt: time.Now().Add(f.lifetime)}
	if q.Budget, err = sdk.ParseCoinNormalized(f.budget); err != nil {
		return q, withHint(err, "write the budget as 20000000umed")
	}
	if q.Uniqueness, err = parseUniqueness(f.unique); err != nil {
		return q, err
	}
	if f.quorum != "" {
		if q.Quorum, err = parseFraction(f.quorum); err != nil {
			return q, withHint(fmt.Errorf("--quorum %q: %w", f.quorum, err), "write it as 1/2")
		}
	}
	for i, text := range f.terms {
		term, err := parseTerm(uint32(i+1), text)
		if err != nil {
			return q, err
		}
		q.Terms = append(q.Terms, term)
	}
	q.Requirements = datadealtypes.Requirements{MediaType: f.mediaType, TrustedIssuers: f.issuers}
	if f.definition != "" {
		if q.Requirements.PresentationDefinition, err = readFile(f.definition); err != nil {
			return q, err
		}
		if _, err := pex.Parse(q.Requirements.PresentationDefinition); err != nil {
			return q, fmt.Errorf("%s: %w", f.definition, err)
		}
	}
	for _, file := range f.schemas {
		pin, err := pinSchema(c, p, file)
		if err != nil {
			return q, err
		}
		q.Requirements.Schemas = append(q.Requirements.Schemas, pin)
	}
	return q, nil
}

func parseFraction(s string) (oracletypes.Fraction, error) {
	above, below, _ := strings.Cut(s, "/")
	numerator, err := strconv.ParseUint(above, 10, 32)
	if err != nil {
		return oracletypes.Fraction{}, err
	}
	denominator, err := strconv.ParseUint(below, 10, 32)
	return oracletypes.Fraction{Numerator: uint32(numerator), Denominator: uint32(denominator)}, err
}

func parseUniqueness(s string) (datadealtypes.Uniqueness, error) {
	v, ok := datadealtypes.Uniqueness_value["UNIQUENESS_"+strings.ToUpper(s)]
	if !ok || v == 0 {
		return 0, withHint(fmt.Errorf("--unique %q", s), "choose content, credential or subject")
	}
	return datadealtypes.Uniqueness(v), nil
}

func parseTerm(id uint32, text string) (datadealtypes.AgreementTerm, error) {
	kind, rest, ok := strings.Cut(text, ":")
	title, body, ok2 := strings.Cut(rest, "=")
	if !ok || !ok2 || kind != "required" && kind != "optional" {
		return datadealtypes.AgreementTerm{}, withHint(fmt.Errorf("--term %q", text), "write it as 'required:Use=For this study only.'")
	}
	return datadealtypes.AgreementTerm{Id: id, Required: kind == "required", Title: title, Text: body}, nil
}

// maxResource is the largest resource of a DID, in bytes.
const maxResource = 256 << 10

// pinSchema publishes a schema if it fits, under a name that its bytes give it, and pins it.
func pinSchema(c *cobra.Command, p *party.Party, file string) (datadealtypes.SchemaRequirement, error) {
	text, err := readFile(file)
	if err != nil {
		return datadealtypes.SchemaRequirement{}, err
	}
	if !json.Valid(text) {
		return datadealtypes.SchemaRequirement{}, fmt.Errorf("%s is no JSON", file)
	}
	digest := sha256.Sum256(text)
	pin := datadealtypes.SchemaRequirement{Digest: digest[:]}
	if len(text) > maxResource {
		return pin, nil
	}
	id := party.DerivedUUID(digest)
	_, err = p.Publish(c.Context(), party.Resource{
		ID: id, Name: filepath.Base(file), Type: party.TypeSchema, MediaType: "application/schema+json", Data: text,
	})
	pin.Url = p.VersionURL(id)
	return pin, err
}

func newDealList(g *global) *cobra.Command {
	var mine bool
	c := &cobra.Command{
		Use: "list", Short: "List active deals, or all of your own", Args: cobra.NoArgs,
		Example: `  panacea deal list
  panacea deal list --mine --json`,
		RunE: func(c *cobra.Command, _ []string) error {
			return g.with(c, func(p *party.Party) error {
				chain, err := p.Chain(c.Context())
				if err != nil {
					return err
				}
				var deals []datadealtypes.Deal
				if mine {
					address, err := p.Address()
					if err != nil {
						return err
					}
					deals, err = chain.ConsumerDeals(c.Context(), address.String())
					if err != nil {
						return err
					}
				} else if deals, err = chain.ActiveDeals(c.Context()); err != nil {
					return err
				}
				reports := []dealReport{}
				for _, d := range deals {
					reports = append(reports, reportDeal(d))
				}
				return g.print(c, reports, func(w io.Writer) { listDeals(w, reports) })
			})
		},
	}
	c.Flags().BoolVar(&mine, "mine", false, "your own, whatever their status")
	return c
}

func listDeals(w io.Writer, reports []dealReport) {
	if len(reports) == 0 {
		fmt.Fprintln(w, "no deals")
		return
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "DEAL\tSTATUS\tPAYS\tBOUGHT\tASKS FOR")
	for _, r := range reports {
		asks := r.MediaType
		if r.Definition != "" {
			asks = "a presentation"
		} else if len(r.Schemas) > 0 {
			asks = "JSON by schema"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d of %d\t%s\n", r.ID, r.Status, med(r.PriceUmed), r.Bought, r.Wanted, asks)
	}
	_ = t.Flush() // as other prints
}

func newDealShow(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show a deal, by proof", Args: cobra.ExactArgs(1),
		Example: `  panacea deal show 0f3c…`,
		RunE: func(c *cobra.Command, args []string) error {
			return g.with(c, func(p *party.Party) error {
				chain, err := p.Chain(c.Context())
				if err != nil {
					return err
				}
				d, err := chain.Deal(c.Context(), args[0])
				if err != nil {
					return err
				}
				r := reportDeal(d)
				return g.print(c, r, r.text)
			})
		},
	}
}

func newDealDeactivate(g *global) *cobra.Command {
	return &cobra.Command{
		Use: "deactivate ID", Short: "End a deal of yours; what is left of its budget comes back", Args: cobra.ExactArgs(1),
		Example: `  panacea deal deactivate 0f3c…`,
		RunE: func(c *cobra.Command, args []string) error {
			return g.with(c, func(p *party.Party) error {
				consumer, err := p.Consumer(c.Context())
				if err != nil {
					return err
				}
				d, err := consumer.DeactivateDeal(c.Context(), args[0])
				if err != nil {
					return err
				}
				r := reportDeal(d)
				return g.print(c, r, func(w io.Writer) {
					fmt.Fprintf(w, "deal %s is %s; %s came back\n", r.ID, r.Status, med(r.RefundUmed))
				})
			})
		},
	}
}
