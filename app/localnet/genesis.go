package localnet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cosmossdk.io/math"
	cmtcfg "github.com/cometbft/cometbft/config"

	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/medibloc/panacea/app"
)

const (
	// validatorStake is what each validator bonds to itself, in umed.
	validatorStake = 100_000_000_000
	// accountFunds is what each key starts with, in umed.
	accountFunds = 1_000_000_000_000
)

// accountNames are the funded keys besides the validators' own.
func accountNames() []string { return []string{"alice", "bob", "carol"} }

func nodeName(i int) string      { return fmt.Sprintf("node%d", i) }
func validatorName(i int) string { return fmt.Sprintf("validator%d", i) }

// founder writes the homes and the genesis of a new network.
type founder struct {
	config   Config
	encoding app.Encoding
	model    *app.App
	keys     keyring.Keyring
}

// found writes everything of a new network but the parts that name ports, which come at every start.
func found(config Config, model *app.App) error {
	keys, err := openKeyring(config, model.Encoding())
	if err != nil {
		return err
	}
	f := founder{config: config, encoding: model.Encoding(), model: model, keys: keys}
	var addresses []sdk.AccAddress
	var genTxs []json.RawMessage
	for i := range config.Validators {
		address, genTx, err := f.foundValidator(i)
		if err != nil {
			return fmt.Errorf("founding %s: %w", nodeName(i), err)
		}
		addresses, genTxs = append(addresses, address), append(genTxs, genTx)
	}
	for _, name := range accountNames() {
		address, err := f.newKey(name)
		if err != nil {
			return err
		}
		addresses = append(addresses, address)
	}
	genesis, err := f.genesis(addresses, genTxs)
	if err != nil {
		return err
	}
	for i := range config.Validators {
		if err := genutil.ExportGenesisFile(genesis, filepath.Join(config.nodeHome(nodeName(i)), "config", "genesis.json")); err != nil {
			return fmt.Errorf("writing the genesis: %w", err)
		}
	}
	return nil
}

func openKeyring(config Config, encoding app.Encoding) (keyring.Keyring, error) {
	keys, err := keyring.New(app.Name, keyring.BackendTest, config.Home, nil, encoding.Codec)
	if err != nil {
		return nil, fmt.Errorf("opening the test keyring below %s: %w", config.Home, err)
	}
	return keys, nil
}

func (f founder) newKey(name string) (sdk.AccAddress, error) {
	record, _, err := f.keys.NewMnemonic(name, keyring.English, sdk.GetConfig().GetFullBIP44Path(), keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	if err != nil {
		return nil, fmt.Errorf("making the key %s: %w", name, err)
	}
	return record.GetAddress()
}

// foundValidator makes the keys of validator i and returns its account and the signed transaction that creates it at genesis.
func (f founder) foundValidator(i int) (sdk.AccAddress, json.RawMessage, error) {
	_, consensusKey, err := newNodeHome(f.config, nodeName(i))
	if err != nil {
		return nil, nil, err
	}
	address, err := f.newKey(validatorName(i))
	if err != nil {
		return nil, nil, err
	}
	message, err := stakingtypes.NewMsgCreateValidator(
		sdk.ValAddress(address).String(), consensusKey, sdk.NewInt64Coin(app.BaseDenom, validatorStake),
		stakingtypes.NewDescription(nodeName(i), "", "", "", ""),
		stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(10, 2), math.LegacyNewDecWithPrec(20, 2), math.LegacyNewDecWithPrec(1, 2)),
		math.OneInt())
	if err != nil {
		return nil, nil, err
	}
	builder := f.encoding.TxConfig.NewTxBuilder()
	if err := builder.SetMsgs(message); err != nil {
		return nil, nil, err
	}
	factory := tx.Factory{}.WithChainID(f.config.ChainID).WithKeybase(f.keys).WithTxConfig(f.encoding.TxConfig).
		WithSignMode(signingtypes.SignMode_SIGN_MODE_DIRECT)
	if err := tx.Sign(context.Background(), factory, validatorName(i), builder, true); err != nil {
		return nil, nil, fmt.Errorf("signing the genesis transaction: %w", err)
	}
	raw, err := f.encoding.TxConfig.TxJSONEncoder()(builder.GetTx())
	return address, raw, err
}

// newNodeHome makes a node's directory, network identity and consensus key, and returns its node id.
func newNodeHome(config Config, name string) (nodeID string, consensusKey cryptotypes.PubKey, err error) {
	comet := cmtcfg.DefaultConfig()
	comet.SetRoot(config.nodeHome(name))
	for _, dir := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(comet.RootDir, dir), 0o700); err != nil {
			return "", nil, fmt.Errorf("making the node's home: %w", err)
		}
	}
	return genutil.InitializeNodeValidatorFiles(comet)
}

func (f founder) genesis(addresses []sdk.AccAddress, genTxs []json.RawMessage) (*genutiltypes.AppGenesis, error) {
	cdc := f.encoding.Codec
	state := f.model.DefaultGenesis()
	if err := app.UseLocalParams(cdc, state); err != nil {
		return nil, err
	}

	auth := authtypes.GetGenesisStateFromAppState(cdc, state)
	bank := banktypes.GetGenesisStateFromAppState(cdc, state)
	funds := sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, accountFunds))
	accounts := make(authtypes.GenesisAccounts, len(addresses))
	for i, address := range addresses {
		accounts[i] = authtypes.NewBaseAccount(address, nil, 0, 0)
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: address.String(), Coins: funds})
		bank.Supply = bank.Supply.Add(funds...)
	}
	packed, err := authtypes.PackAccounts(authtypes.SanitizeGenesisAccounts(accounts))
	if err != nil {
		return nil, fmt.Errorf("encoding the genesis accounts: %w", err)
	}
	auth.Accounts = packed
	bank.Balances = banktypes.SanitizeGenesisBalances(bank.Balances)

	for name, change := range map[string]func() ([]byte, error){
		authtypes.ModuleName:    func() ([]byte, error) { return cdc.MarshalJSON(&auth) },
		banktypes.ModuleName:    func() ([]byte, error) { return cdc.MarshalJSON(bank) },
		genutiltypes.ModuleName: func() ([]byte, error) { return cdc.MarshalJSON(&genutiltypes.GenesisState{GenTxs: genTxs}) },
	} {
		if state[name], err = change(); err != nil {
			return nil, fmt.Errorf("encoding the genesis of %s: %w", name, err)
		}
	}
	raw, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encoding the genesis: %w", err)
	}
	return &genutiltypes.AppGenesis{
		AppName:       app.Name,
		GenesisTime:   time.Now().UTC(),
		ChainID:       f.config.ChainID,
		InitialHeight: 1,
		AppState:      raw,
		Consensus:     &genutiltypes.ConsensusGenesis{Params: app.DefaultConsensusParams()},
	}, nil
}

// writeClientConfig lets `panacead --home` of the network's directory talk to its first node.
func writeClientConfig(config Config, rpc string) error {
	dir := filepath.Join(config.Home, "config")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the network's configuration directory: %w", err)
	}
	text := fmt.Sprintf("chain-id = %q\nkeyring-backend = %q\nkeyring-default-keyname = \"\"\noutput = \"text\"\nnode = %q\nbroadcast-mode = \"sync\"\n",
		config.ChainID, keyring.BackendTest, rpc)
	if err := os.WriteFile(filepath.Join(dir, "client.toml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing client.toml: %w", err)
	}
	return nil
}
