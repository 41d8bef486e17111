package cmd

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/oracle/node"
)

// status is what oracled status prints.
type status struct {
	node.Card
	// Running is unset if the oracle does not answer.
	Running   *node.Health    `json:"running,omitempty"`
	Addresses *node.Addresses `json:"addresses,omitempty"`
	Chain     *chainStatus    `json:"chain,omitempty"`
	Problem   string          `json:"problem,omitempty"`
}

// chainStatus is what the chain proves of the enclave.
type chainStatus struct {
	State              node.State `json:"state"`
	Reason             string     `json:"reason,omitempty"`
	Height             int64      `json:"height"`
	Power              string     `json:"power_umed,omitempty"`
	AttestationExpires *time.Time `json:"attestation_expires,omitempty"`
	TCBStatus          string     `json:"tcb_status,omitempty"`
	Endpoint           string     `json:"endpoint,omitempty"`
	VaultPeer          string     `json:"vault_peer,omitempty"`
	CommissionRate     string     `json:"commission_rate,omitempty"`
}

func statusCmd(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "How this oracle stands: here, and on the chain",
		Long: `How this oracle stands: what it is, whether it runs and is healthy, and what the chain says of it, proven by a light
client that starts from the home's trusted block. It needs no enclave, and works while the oracle runs.

The exit code is 0 if the oracle is active and runs healthily.`,
		Example: "  oracled status\n  oracled status --output json | jq .chain.state",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStatus(cmd, o) },
	}
}

var errUnwell = errors.New("the oracle does not do its work")

func runStatus(cmd *cobra.Command, o *options) error {
	c, err := node.ReadConfig(o.home)
	if err != nil {
		return err
	}
	card, err := node.ReadCard(o.home)
	if err != nil {
		return fmt.Errorf("%w: `oracled init` was interrupted: begin with a new --home", err)
	}
	s := status{Card: card}
	if at, err := node.ReadAddresses(o.home); err == nil {
		s.Running = health(cmd.Context(), at)
		if s.Running != nil {
			s.Addresses = &at
		}
	}
	if s.Chain, err = onChain(cmd.Context(), c, card); err != nil {
		s.Problem = err.Error()
	}
	if err := o.print(cmd, s, s.text()); err != nil {
		return err
	}
	switch {
	case s.Problem != "":
		return fmt.Errorf("%w: the chain can not be read", errUnwell)
	case s.Chain.State != node.Active:
		return fmt.Errorf("%w: it is %s: %s", errUnwell, s.Chain.State, s.Chain.Reason)
	case s.Running == nil:
		return fmt.Errorf("%w: it does not run: `oracled start`", errUnwell)
	case !s.Running.Healthy:
		return fmt.Errorf("%w: %s", errUnwell, s.Running.Reason)
	}
	return nil
}

// health asks the oracle itself; nil if it does not answer.
func health(ctx context.Context, at node.Addresses) *node.Health {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.Metrics+"/health", nil)
	if err != nil {
		return nil
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	var h node.Health
	if json.NewDecoder(response.Body).Decode(&h) != nil || h.State == "" {
		return nil // somebody else has the port now
	}
	return &h
}

func onChain(ctx context.Context, c node.Config, card node.Card) (*chainStatus, error) {
	hash, err := hex.DecodeString(card.TrustedHash)
	if err != nil {
		return nil, err
	}
	nodeKey, err := hex.DecodeString(card.NodeSigningKey)
	if err != nil {
		return nil, err
	}
	address, err := sdk.AccAddressFromBech32(card.Oracle)
	if err != nil {
		return nil, err
	}
	trusted := light.TrustedBlock{Height: card.TrustedHeight, Hash: hash}
	client, err := node.Observe(ctx, card.ChainID, c.Chain.Nodes, trusted, time.Duration(c.Chain.TrustingPeriod))
	if err != nil {
		return nil, err
	}
	s, err := client.Latest(ctx)
	if err != nil {
		return nil, err
	}
	standing, err := node.StandingOf(ctx, s, address, nodeKey)
	if err != nil {
		return nil, err
	}
	found := &chainStatus{State: standing.State, Reason: standing.Reason, Height: s.Height()}
	if standing.Oracle.Address == "" {
		return found, nil
	}
	oracle := standing.Oracle
	found.AttestationExpires, found.TCBStatus = &oracle.Attestation.ExpiresAt, oracle.Attestation.TcbStatus
	found.Endpoint, found.VaultPeer, found.CommissionRate = oracle.Endpoint, oracle.VaultPeer, oracle.Commission.Rate.String()
	if standing.State == node.Active {
		active, err := s.ActiveOracle(ctx, address)
		if err != nil {
			return nil, err
		}
		found.Power = active.Power.String()
	}
	return found, nil
}

func (s status) text() string {
	rows := table{
		{"oracle", s.Oracle}, {"chain", s.ChainID}, {"enclave", s.Enclave}, {"measurement", s.Measurement}, {"node key", s.NodeSigningKey}, {"vault", s.VaultDID},
	}
	if s.Simulated {
		rows[2][1] += " (protects nothing)"
	}
	if s.Running == nil {
		rows = append(rows, [2]string{"here", "does not run"})
	} else {
		here := "healthy"
		if !s.Running.Healthy {
			here = "runs, but: " + s.Running.Reason
		}
		rows = append(rows, [2]string{"here", here}, [2]string{"API", s.Addresses.API})
	}
	if c := s.Chain; c != nil {
		rows = append(rows, [2]string{"on the chain", string(c.State)}, [2]string{"because", c.Reason}, [2]string{"height", fmt.Sprint(c.Height)},
			[2]string{"power", c.Power}, [2]string{"TCB status", c.TCBStatus}, [2]string{"endpoint", c.Endpoint}, [2]string{"vault peer", c.VaultPeer},
			[2]string{"commission", c.CommissionRate})
		if c.AttestationExpires != nil {
			rows = append(rows, [2]string{"attested until", c.AttestationExpires.Format(time.RFC3339)})
		}
	}
	return append(rows, [2]string{"problem", s.Problem}).String()
}
