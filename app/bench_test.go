package app_test

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/medibloc/panacea/app"
	"github.com/medibloc/panacea/app/apptest"
	"github.com/medibloc/panacea/did/httpresolver"
	datadealtypes "github.com/medibloc/panacea/x/datadeal/types"
	didresolver "github.com/medibloc/panacea/x/did/resolver"
	didtypes "github.com/medibloc/panacea/x/did/types"
)

// blockTxs is the number of transactions in a block of the benchmarks, each of an account of its own.
const blockTxs = 500

// BenchmarkDIDCreations measures what a node does for DID creations against what it does for bank sends, in turns in one run, on a
// goleveldb store: CheckTx as they arrive, then FinalizeBlock and Commit. did/send is the ratio of their rates (1: a DID costs what
// a send costs), did/send-exec that of execution alone, without CheckTx.
func BenchmarkDIDCreations(b *testing.B) {
	for _, executor := range []string{serverconfig.BlockExecutorSequential, serverconfig.BlockExecutorBlockSTM} {
		b.Run(executor, func(b *testing.B) {
			db, err := dbm.NewGoLevelDB("application", b.TempDir(), nil)
			require.NoError(b, err)
			b.Cleanup(func() { db.Close() })
			chain := apptest.New(b, apptest.Config{Accounts: 2 * blockTxs, DB: db, Options: map[string]any{
				server.FlagBlockExecutor:   executor,
				server.FlagBlockSTMWorkers: 2,
			}})
			var sends, dids nodeTimes
			made := 0
			b.ResetTimer()
			for range b.N {
				sends.measure(b, chain, func(i int) sdk.Msg {
					return banktypes.NewMsgSend(chain.Address(i), chain.Address(blockTxs+i), sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 1)))
				})
				dids.measure(b, chain, func(i int) sdk.Msg {
					made++
					return apptest.NewDID(b, fmt.Sprint("did ", made)).Create(chain.Address(i))
				})
			}
			b.StopTimer()
			b.ReportMetric(blockTxs/median(sends.whole), "sends/s")
			b.ReportMetric(blockTxs/median(dids.whole), "dids/s")
			b.ReportMetric(median(sends.whole)/median(dids.whole), "did/send")
			b.ReportMetric(median(sends.execution)/median(dids.execution), "did/send-exec")
		})
	}
}

// nodeTimes are what blocks of one kind of transaction took, in seconds, and what one of them paid for.
type nodeTimes struct {
	whole, execution []float64
	gas              int64 // of the last transaction
}

// measure makes a block of transactions, untimed, and takes it through a node.
func (n *nodeTimes) measure(b *testing.B, chain *apptest.Chain, message func(i int) sdk.Msg) {
	b.Helper()
	txs := make([][]byte, blockTxs)
	for i := range txs {
		txs[i] = chain.Tx(i, message(i))
	}
	start := time.Now()
	checkTxs(b, chain, txs)
	checked := time.Now()
	results := chain.Block(txs...)
	end := time.Now()
	for _, result := range results {
		require.Zero(b, result.Code, result.Log)
		n.gas = result.GasUsed
	}
	n.whole = append(n.whole, end.Sub(start).Seconds())
	n.execution = append(n.execution, end.Sub(checked).Seconds())
}

// checkTxs is what a node does with transactions that arrive.
func checkTxs(b *testing.B, chain *apptest.Chain, txs [][]byte) {
	b.Helper()
	for _, tx := range txs {
		response, err := chain.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
		require.NoError(b, err)
		require.Zero(b, response.Code, response.Log)
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkConsents measures what a node does for consents, each with three oracles' signatures and of a deal of its own, against
// what it does for bank sends, in turns in one run on goleveldb stores; and the same blocks under Block-STM with two workers on a
// second chain. consent/send is the ratio of their rates through CheckTx, execution and commit, one by one; stm/seq how much
// faster the second chain executes the blocks of consents (FinalizeBlock), with-commit the same with its commit. two/one is how much
// faster two goroutines verify signatures than one: what the machine's cores are worth, and a bound of stm/seq.
func BenchmarkConsents(b *testing.B) {
	app.CollectForParallel() // as the node does whose executor is compared
	chains := make(map[string]*apptest.Chain)
	var databases []*dbm.GoLevelDB
	for _, executor := range []string{serverconfig.BlockExecutorSequential, serverconfig.BlockExecutorBlockSTM} {
		db, err := dbm.NewGoLevelDB("application", b.TempDir(), nil)
		require.NoError(b, err)
		b.Cleanup(func() { db.Close() })
		databases = append(databases, db)
		chains[executor] = apptest.New(b, apptest.Config{Accounts: 2 * blockTxs, DB: db, Options: map[string]any{
			server.FlagBlockExecutor: executor, server.FlagBlockSTMWorkers: 2,
		}})
	}
	chain, parallel := chains[serverconfig.BlockExecutorSequential], chains[serverconfig.BlockExecutorBlockSTM]
	oracles := chain.StartOracles(100, 40, 30)
	deals := foundDeals(b, chain)
	for _, block := range chain.Blocks() {
		parallel.MustBlock(block...)
	}

	var sends, consents nodeTimes
	var faster, fasterWithCommit, sendsFaster, cores []float64
	// rest lets the databases end the compaction of what has been written, which else falls on whichever chain executes next.
	rest := func() {
		for _, db := range databases {
			require.NoError(b, db.ForceCompact(nil, nil))
		}
	}
	again := func() (execution, whole float64) {
		rest()
		blocks := chain.Blocks()
		last := blocks[len(blocks)-1]
		checkTxs(b, parallel, last) // which the first chain did too, and thereby read what the block reads
		parallel.MustBlock(last...)
		finalize, commit := chain.Took()
		parallelFinalize, parallelCommit := parallel.Took()
		return finalize.Seconds() / parallelFinalize.Seconds(), (finalize + commit).Seconds() / (parallelFinalize + parallelCommit).Seconds()
	}
	b.ResetTimer()
	for n := range b.N {
		rest()
		sends.measure(b, chain, func(i int) sdk.Msg {
			return banktypes.NewMsgSend(chain.Address(i), chain.Address(blockTxs+i), sdk.NewCoins(umed(1)))
		})
		execution, _ := again()
		sendsFaster = append(sendsFaster, execution)
		rest()
		consents.measure(b, chain, func(i int) sdk.Msg {
			datum := fmt.Sprintf("datum %d of %d", n, i)
			return apptest.Consent(apptest.Certificate(apptest.ChainID, deals[i], chain.Address(i), datum, chain.LastBlockHeight()+100), oracles...)
		})
		execution, whole := again()
		faster, fasterWithCommit, cores = append(faster, execution), append(fasterWithCommit, whole), append(cores, twoToOne())
	}
	b.StopTimer()
	b.ReportMetric(blockTxs/median(sends.whole), "sends/s")
	b.ReportMetric(blockTxs/median(consents.whole), "consents/s")
	b.ReportMetric(median(sends.whole)/median(consents.whole), "consent/send")
	b.ReportMetric(median(sends.execution)/median(consents.execution), "consent/send-exec")
	b.ReportMetric(float64(consents.gas)/float64(sends.gas), "consent/send-gas")
	b.ReportMetric(median(faster), "stm/seq")
	b.ReportMetric(median(fasterWithCommit), "stm/seq-with-commit")
	b.ReportMetric(median(sendsFaster), "stm/seq-sends")
	b.ReportMetric(median(cores), "two/one")
}

// twoToOne returns how many times as fast two goroutines verify signatures as one.
func twoToOne() float64 {
	const signatures = 2000
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public, signature := key.Public().(ed25519.PublicKey), ed25519.Sign(key, nil)
	took := func(goroutines int) float64 {
		start := time.Now()
		var verifiers sync.WaitGroup
		for range goroutines {
			verifiers.Go(func() {
				for range signatures / goroutines {
					ed25519.Verify(public, nil, signature)
				}
			})
		}
		verifiers.Wait()
		return time.Since(start).Seconds()
	}
	return took(1) / took(2)
}

// foundDeals creates a deal for each provider, of a consumer of its own, and returns their ids.
func foundDeals(b *testing.B, chain *apptest.Chain) []string {
	b.Helper()
	consumer := apptest.NewDID(b, "the consumer")
	chain.MustBlock(chain.Tx(blockTxs, consumer.Create(chain.Address(blockTxs))))
	ids, txs := make([]string, blockTxs), make([][]byte, blockTxs)
	for i := range ids {
		account := chain.Address(blockTxs + i)
		ids[i] = datadealtypes.DealID(apptest.ChainID, account, 1)
		txs[i] = chain.Tx(blockTxs+i, apptest.NewDeal(b, account, consumer.ID, umed(1_000_003*1000), 1000, chain.Now().Add(24*time.Hour)))
	}
	chain.MustBlock(txs...)
	return ids
}

// BenchmarkResolver measures GET /1.0/identifiers/{did} over HTTP against states of 10³ and 10⁵ DIDs, in turns in one run.
// 100k/1k is the ratio of the p99 latencies, and of the rates: 1 means that the state's size costs nothing.
func BenchmarkResolver(b *testing.B) {
	sizes := []int{1_000, 100_000}
	servers := make([]*httptest.Server, len(sizes))
	ids := make([][]string, len(sizes))
	for i, size := range sizes {
		servers[i], ids[i] = resolverOver(b, size)
	}
	latencies := make([][]time.Duration, len(sizes))
	b.ResetTimer()
	for n := range b.N {
		for i := range sizes {
			id := ids[i][(n*7919)%len(ids[i])]
			start := time.Now()
			response, err := http.Get(servers[i].URL + httpresolver.Path + id)
			latencies[i] = append(latencies[i], time.Since(start))
			require.NoError(b, err)
			response.Body.Close()
			require.Equal(b, http.StatusOK, response.StatusCode)
		}
	}
	b.StopTimer()
	p99, mean := make([]float64, len(sizes)), make([]float64, len(sizes))
	for i := range sizes {
		slices.Sort(latencies[i])
		p99[i] = float64(latencies[i][len(latencies[i])*99/100])
		for _, latency := range latencies[i] {
			mean[i] += float64(latency) / float64(len(latencies[i]))
		}
		b.ReportMetric(1e9/mean[i], fmt.Sprintf("req/s@%d", sizes[i]))
		b.ReportMetric(p99[i]/1e3, fmt.Sprintf("p99-µs@%d", sizes[i]))
	}
	b.ReportMetric(p99[1]/p99[0], "p99-100k/1k")
	b.ReportMetric(mean[1]/mean[0], "mean-100k/1k")
}

// resolverOver serves the resolver over a committed goleveldb state with size DIDs, read as a node's queries read it.
func resolverOver(b *testing.B, size int) (*httptest.Server, []string) {
	b.Helper()
	dir, err := os.MkdirTemp("", "resolver")
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	db, err := dbm.NewGoLevelDB("application", dir, nil)
	require.NoError(b, err)
	b.Cleanup(func() { db.Close() })
	chain := apptest.New(b, apptest.Config{Accounts: 1, DB: db})
	ids := make([]string, size)
	ctx := chain.NewNextBlockContext(chain.Context().BlockHeader())
	for i := range ids {
		made := apptest.NewDID(b, fmt.Sprint("did ", i))
		ids[i] = made.ID
		record := didtypes.NewRecord(made.Document, didtypes.VersionMetadata{FromAddress: chain.Address(0).String()})
		require.NoError(b, chain.DIDKeeper.Documents.Set(ctx, made.ID, record))
	}
	ctx.MultiStore().(storetypes.CacheMultiStore).Write()
	_, err = chain.Commit()
	require.NoError(b, err)
	chain.Block()

	queries := &baseapp.QueryServiceTestHelper{GRPCQueryRouter: chain.GRPCQueryRouter(), Ctx: chain.Context()}
	server := httptest.NewServer(didresolver.NewHandler(didtypes.NewQueryClient(queries)))
	b.Cleanup(server.Close)
	return server, ids
}
