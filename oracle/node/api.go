package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/oracle/server"
	"github.com/medibloc/panacea/oracle/validate"
	"github.com/medibloc/panacea/tee"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// Directories of validations, below the home.
const (
	spoolDir  = "spool"
	schemaDir = "schemas"
)

// newAPI makes the server of providers and consumers.
func (n *Node) newAPI() (*server.Server, error) {
	for _, dir := range []string{spoolDir, schemaDir} {
		if err := os.MkdirAll(filepath.Join(n.Dir, dir), 0o700); err != nil {
			return nil, fmt.Errorf("making a directory: %w", err)
		}
	}
	validator, err := validate.New(validate.Config{
		ChainID: n.identity.ChainID, Oracle: n.identity.Operator, Chain: &chainView{node: n}, Keys: n, Objects: n.objects, Journal: n.objects,
		Clock: n.now, Temporary: filepath.Join(n.Dir, spoolDir), Schemas: filepath.Join(n.Dir, schemaDir),
		Limits: validate.Limits{SubmissionBytes: n.Config.API.MaxSubmission, MemoryBytes: n.Config.API.Memory},
	})
	if err != nil {
		return nil, err
	}
	// Without a certificate the API listens on the loopback interface, for the operator's proxy: see Config.Validate.
	c := server.Config{Validator: validator, Registerer: n.metrics.registry, Log: n.log, BehindProxy: n.Config.API.TLSCert == ""}
	c.Status = func(ctx context.Context) (*api.StatusResponse, error) { return n.apiStatus(ctx, validator.Limits()) }
	if n.Config.API.TLSCert != "" {
		certificate, err := tls.LoadX509KeyPair(n.Config.API.TLSCert, n.Config.API.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("api.tls_cert: %w", err)
		}
		c.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	return server.New(c)
}

// apiStatus says who the oracle is, with the evidence that proves it.
func (n *Node) apiStatus(ctx context.Context, limits validate.Limits) (*api.StatusResponse, error) {
	view, at, measurement := n.view.Load(), n.addresses.Load(), n.enclave.Measurement()
	a, err := n.lastAttestation(ctx)
	if err != nil {
		return nil, err
	}
	answer := &api.StatusResponse{
		Version: Version(), ChainId: n.identity.ChainID, Oracle: n.identity.Operator, Simulated: n.enclave.Kind() == tee.KindSimulated,
		Measurement: measurement[:], Evidence: a.Evidence, NodeSigningKey: n.keys.signingPublic(), NodeHpkeKey: n.keys.receivingPublic(),
		BindsOraclePublicKey: len(a.OraclePublicKey) > 0, TrustedBlock: oracletypes.TrustedBlock{Height: a.TrustedHeight, Hash: a.TrustedHash},
		State: string(view.State), Reason: view.Reason, VerifiedHeight: view.Height + 1, VerifiedTime: view.Time, VaultPeer: at.VaultPeer,
		MaxSubmissionSize: uint64(limits.SubmissionBytes),
	}
	if s := n.secrets.Load(); s != nil {
		answer.OraclePublicKey = s.submission.Public().Bytes()
	}
	if age := time.Since(view.Time); view.State == Active && age > time.Duration(n.Config.Chain.MaxBlockAge) {
		answer.State, answer.Reason = string(Inactive), "the oracle does not see the chain's present blocks"
	}
	return answer, nil
}
