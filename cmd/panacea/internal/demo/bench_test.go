package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/cmd/panacea/internal/party"
	"github.com/medibloc/panacea/exchange"
	"github.com/medibloc/panacea/internal/programs"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
)

func TestMain(m *testing.M) {
	app.ConfigureSDK()
	os.Exit(m.Run())
}

// build builds panacead and oracled, and puts them into the path.
func build(b *testing.B) (dir string) {
	b.Helper()
	dir, err := programs.Build(b.Context(), "cmd/panacead", "cmd/oracled")
	require.NoError(b, err)
	b.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return dir
}

// durations are how long each step took, by name, in the order of first appearance.
type durations struct {
	mu    sync.Mutex
	names []string
	took  map[string][]time.Duration
}

func (d *durations) add(name string, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.took == nil {
		d.took = map[string][]time.Duration{}
	}
	if d.took[name] == nil {
		d.names = append(d.names, name)
	}
	d.took[name] = append(d.took[name], took)
}

// quantile of sorted durations, the next one up.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)].Round(time.Millisecond)
}

func (d *durations) log(b *testing.B) {
	for _, name := range d.names {
		all := slices.Sorted(slices.Values(d.took[name]))
		b.Logf("| %s | %d | %v | %v |", name, len(all), quantile(all, 0.5), quantile(all, 0.99))
	}
}

// peaks are the most memory that processes of the programs in dir, and this one, have had so far, by program and home.
func peaks(b *testing.B, dir string) map[string]int64 {
	b.Helper()
	all := map[string]int64{}
	entries, err := os.ReadDir("/proc")
	require.NoError(b, err)
	for _, e := range entries {
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil {
			continue
		}
		args := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		name := filepath.Base(args[0])
		if i := slices.Index(args, "--home"); i >= 0 && i+1 < len(args) {
			name += " " + filepath.Base(args[i+1])
		}
		if e.Name() == strconv.Itoa(os.Getpid()) {
			name = "all parties, in one process"
		} else if filepath.Dir(args[0]) != dir {
			continue
		}
		status, err := os.ReadFile(filepath.Join("/proc", e.Name(), "status"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kB, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				require.NoError(b, err)
				all[name] = kB
			}
		}
	}
	return all
}

func logPeaks(b *testing.B, all map[string]int64) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Logf("| %s | %d MB |", name, all[name]/1024)
	}
}

// bundles are the FHIR bundles beside the project, and the schema that they satisfy.
const (
	bundles    = "../../../../../shared/data/fhir/*.json"
	fhirSchema = "../../../../../shared/data/fhir.schema.json"
)

// BenchmarkStory tells the whole story b.N times, each from nothing, and logs how long its steps take. Each time another of the bundles is sold
// as it is, beside the credential.
func BenchmarkStory(b *testing.B) {
	dir := build(b)
	var steps durations
	memory := map[string]int64{}
	files, err := filepath.Glob(bundles)
	require.NoError(b, err)
	require.NotEmpty(b, files)
	for n := 0; b.Loop(); n++ {
		data := files[n%len(files)]
		story, err := Run(b.Context(), Options{Home: b.TempDir(), Validators: 4, Oracles: 3, Out: io.Discard, Data: data, Schema: fhirSchema})
		for name, kB := range peaks(b, dir) {
			memory[name] = max(memory[name], kB)
		}
		require.NoError(b, err, "%s", data)
		require.NoError(b, story.Close())
		content, err := os.ReadFile(data)
		require.NoError(b, err)
		require.Equal(b, fmt.Sprintf("%x", sha256.Sum256(content)), story.Report.DeliveredSHA256, "%s", data)
		var all time.Duration
		for _, s := range story.Report.Steps {
			took := time.Duration(s.MS) * time.Millisecond
			if !slices.ContainsFunc([]string{"deal", "sale", "delivery", "refusal:"}, func(part string) bool { return strings.HasPrefix(s.Name, part) }) { // parts of a chapter
				all += took
			}
			steps.add(s.Name, took)
		}
		steps.add("all", all)
	}
	b.Log("| step | runs | p50 | p99 |")
	steps.log(b)
	logPeaks(b, memory)
}

// A market: how many sell, and into how many deals each.
const (
	sellers     = 20
	deals       = 5
	marketPrice = 1_000_000
)

// BenchmarkMarket has 20 providers sell a presentation into each of 5 deals, at the same time, while the consumer watches: 100 consents. It logs
// throughput, and how long each step takes.
func BenchmarkMarket(b *testing.B) {
	dir := build(b)
	for b.Loop() {
		market(b, dir)
	}
}

func market(b *testing.B, dir string) {
	ctx := b.Context()
	s := &Story{Options: Options{Home: b.TempDir(), Validators: 4, Oracles: 3, Out: io.Discard}, tell: teller{out: io.Discard}}
	defer func() { require.NoError(b, s.Close()) }()
	require.NoError(b, s.readData())
	require.NoError(b, s.startNetwork(ctx))
	require.NoError(b, s.startParties(ctx))
	people, credentials := joinSellers(b, s)
	defer func() {
		for _, p := range people {
			require.NoError(b, p.Close())
		}
	}()
	consumer, err := s.researcher.Consumer(ctx)
	require.NoError(b, err)
	var steps durations
	requests := postDeals(b, s, consumer, &steps)

	providers := make([]*exchange.Provider, len(people))
	for i, p := range people { // to open a vault is mostly to derive a key from the passphrase, which 20 people do not do on one machine
		_, err := p.Vault(ctx)
		require.NoError(b, err)
		providers[i], err = p.Provider(ctx)
		require.NoError(b, err)
	}
	var paid sync.Map // by commitment: when
	began := time.Now()
	delivered := make(chan error, 1)
	go func() { delivered <- watchAll(ctx, s, consumer, &paid, &steps) }()
	var selling errgroup.Group
	for i, provider := range providers {
		selling.Go(func() error { return sellAll(ctx, provider, credentials[i], requests, &paid, &steps) })
	}
	require.NoError(b, selling.Wait())
	sold := time.Since(began)
	require.NoError(b, <-delivered)
	all := time.Since(began)

	for _, d := range requests {
		d, err := consumer.Chain.Deal(ctx, d.Id)
		require.NoError(b, err)
		require.EqualValues(b, sellers, d.Consents)
		require.Equal(b, datadealtypes.DEAL_STATUS_COMPLETED, d.Status)
	}
	b.Logf("%d consents in %v: %.2f a second; all delivered after %v", sellers*deals, sold.Round(time.Millisecond), sellers*deals/sold.Seconds(), all.Round(time.Millisecond))
	b.ReportMetric(sellers*deals/sold.Seconds(), "consents/s")
	b.Log("| step | count | p50 | p99 |")
	steps.log(b)
	logPeaks(b, peaks(b, dir))
}

// joinSellers makes homes, DIDs and credentials.
func joinSellers(b *testing.B, s *Story) (people []*party.Party, credentials []*vc.Credential) {
	ctx := b.Context()
	people, credentials = make([]*party.Party, sellers), make([]*vc.Credential, sellers)
	var homes errgroup.Group
	homes.SetLimit(4)
	for i := range people {
		homes.Go(func() (err error) {
			people[i], err = openParty(ctx, s.Home, fmt.Sprintf("seller%02d", i), s.profile, false)
			return err
		})
	}
	require.NoError(b, homes.Wait())
	var addresses []string
	for _, p := range people {
		address, err := p.Address()
		require.NoError(b, err)
		addresses = append(addresses, address.String())
	}
	require.NoError(b, s.pay(ctx, addresses...))
	var dids errgroup.Group
	for _, p := range people {
		dids.Go(func() error {
			_, err := p.CreateDID(ctx)
			return err
		})
	}
	require.NoError(b, dids.Wait())
	for i, p := range people {
		var err error
		credentials[i], err = s.issuer.Issue(ctx, s.record.text, p.Config.DID)
		require.NoError(b, err)
	}
	return people, credentials
}

// postDeals makes the deals, one after the other.
func postDeals(b *testing.B, s *Story, consumer *exchange.Consumer, steps *durations) (all []datadealtypes.Deal) {
	requirements, err := (&trade{Story: s}).requirements(b.Context())
	require.NoError(b, err)
	for i := range deals {
		start := time.Now()
		d, err := consumer.CreateDeal(b.Context(), exchange.DealRequest{
			Name: fmt.Sprintf("market-%d", i), ConsumerDID: s.researcher.Config.DID, Budget: umed(marketPrice * sellers), DataCount: sellers,
			Requirements: requirements, Uniqueness: datadealtypes.UNIQUENESS_CREDENTIAL, ExpiresAt: time.Now().Add(dealLifetime),
		})
		require.NoError(b, err)
		steps.add("deal", time.Since(start))
		all = append(all, d)
	}
	return all
}

// sellAll sells a presentation into each deal.
func sellAll(ctx context.Context, provider *exchange.Provider, c *vc.Credential, into []datadealtypes.Deal, paid *sync.Map, steps *durations) error {
	data := exchange.Data{Label: "credential", Credentials: []*vc.Credential{c}}
	for _, d := range into {
		began := time.Now()
		offer, err := provider.Prepare(ctx, d.Id, data)
		if err != nil {
			return err
		}
		var mu sync.Mutex
		stage, since := "prepare", began
		next := func(name string) {
			mu.Lock()
			defer mu.Unlock()
			if name != stage {
				steps.add("sale: "+stage, time.Since(since))
				stage, since = name, time.Now()
			}
		}
		provider.Progress = func(at exchange.Progress) { next(string(at.Stage)) }
		next("keep")
		sale, err := provider.Sell(ctx, offer, agreed(d))
		if err != nil {
			return err
		}
		next("")
		steps.add("sale", time.Since(began))
		paid.Store(sale.Commitment, time.Now())
	}
	return nil
}

// watchAll receives all that is sold.
func watchAll(ctx context.Context, s *Story, consumer *exchange.Consumer, paid *sync.Map, steps *durations) error {
	var stage string
	var since time.Time
	consumer.Progress = func(_ string, _ seal.Commitment, at exchange.Progress) { // one delivery at a time
		if name := string(at.Stage); name != stage {
			if stage != "" && stage != string(exchange.StageDone) {
				steps.add("delivery: "+stage, time.Since(since))
			}
			stage, since = name, time.Now()
		}
	}
	there := 0
	return consumer.Watch(ctx, filepath.Join(s.Home, "delivered"), func(d exchange.Delivery, err error) bool {
		if err != nil {
			return false
		}
		there++
		if at, ok := paid.Load(d.Commitment); ok {
			steps.add("payment known to delivered", time.Since(at.(time.Time)))
		}
		return there == sellers*deals
	})
}
