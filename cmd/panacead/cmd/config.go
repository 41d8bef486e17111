package cmd

import (
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/medibloc/panacea/app"
)

// defaultAppConfig returns what a new node's app.toml says.
func defaultAppConfig() *serverconfig.Config {
	cfg := serverconfig.DefaultConfig()
	cfg.MinGasPrices = app.DefaultMinGasPrice
	//lint:ignore SA1019 the SDK's own metrics have no other Prometheus endpoint yet; seconds
	cfg.Telemetry.Enabled, cfg.Telemetry.PrometheusRetentionTime = true, 60
	cfg.StateSync.SnapshotInterval = 1000
	cfg.StateSync.SnapshotKeepRecent = 2
	return cfg
}

func appConfigTemplate() string { return serverconfig.DefaultConfigTemplate }

// defaultCometConfig returns what a new node's config.toml says: blocks about every five seconds, and metrics for Prometheus.
func defaultCometConfig() *cmtcfg.Config {
	cfg := cmtcfg.DefaultConfig()
	cfg.Consensus.TimeoutCommit = 4 * time.Second
	cfg.Instrumentation.Prometheus = true
	return cfg
}
