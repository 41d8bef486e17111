package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/medibloc/panacea/client/light"
	"github.com/medibloc/panacea/tee"
	"github.com/medibloc/panacea/tee/dcap"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

const (
	pccsTimeout = 30 * time.Second
	// maxPCCSAnswer bounds one answer of a PCCS, in bytes; a revocation list is the largest.
	maxPCCSAnswer = 2 << 20
)

// PCCS is a caching service of Intel's collateral, or Intel's own service. It is outside of the enclave and not trusted: what it says is
// signed by Intel, and verified inside.
type PCCS struct {
	// Base is the service's URL, such as https://localhost:8081/sgx/certification/v4.
	Base string
	HTTP *http.Client
}

// Fetch gets the collateral for a platform. Nothing of it is verified yet, but its form.
func (p PCCS) Fetch(ctx context.Context, platform oracletypes.Platform) (*dcap.Collateral, error) {
	if len(platform.TcbInfo) < 12 {
		return nil, fmt.Errorf("pccs: the platform %q has no FMSPC", platform.TcbInfo)
	}
	fmspc := platform.TcbInfo[:12] // six bytes in hexadecimal; the PCEID follows
	var r dcap.PCSResponses
	for _, piece := range []struct {
		path, issuer string
		body, chain  *[]byte
	}{
		{"/pckcrl?ca=" + url.QueryEscape(platform.Ca) + "&encoding=der", "SGX-PCK-CRL-Issuer-Chain", &r.PCKCRL, &r.PCKCRLIssuerChain},
		{"/tcb?fmspc=" + url.QueryEscape(fmspc), "TCB-Info-Issuer-Chain", &r.TCBInfo, &r.TCBInfoIssuerChain},
		{"/qe/identity", "SGX-Enclave-Identity-Issuer-Chain", &r.QEIdentity, &r.QEIdentityIssuerChain},
		{"/rootcacrl", "", &r.RootCRL, nil},
	} {
		body, header, err := p.get(ctx, piece.path)
		if err != nil {
			return nil, err
		}
		*piece.body = body
		if piece.chain == nil {
			continue
		}
		chain := header.Get(piece.issuer)
		if chain == "" && piece.issuer == "TCB-Info-Issuer-Chain" {
			chain = header.Get("SGX-TCB-Info-Issuer-Chain") // its name in version 3 of the interface
		}
		decoded, err := url.QueryUnescape(chain)
		if err != nil || chain == "" {
			return nil, fmt.Errorf("pccs: %s: no usable header %s", piece.path, piece.issuer)
		}
		*piece.chain = []byte(decoded)
	}
	return r.Collateral()
}

func (p PCCS) get(ctx context.Context, path string) ([]byte, http.Header, error) {
	address := strings.TrimSuffix(p.Base, "/") + path
	ctx, cancel := context.WithTimeout(ctx, pccsTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("pccs: %w", err)
	}
	response, err := p.HTTP.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("pccs: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPCCSAnswer+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("pccs: %s: %w", address, err)
	case len(body) > maxPCCSAnswer:
		return nil, nil, fmt.Errorf("pccs: %s: the answer is larger than %d bytes", address, maxPCCSAnswer)
	case response.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("pccs: %s answers %s: %.200s", address, response.Status, body)
	}
	return body, response.Header, nil
}

// keepCollateral brings newer collateral for this machine to the chain, again and again, until the context ends. A simulated enclave has
// none.
func (n *Node) keepCollateral(ctx context.Context) {
	if n.enclave.Kind() != tee.KindSGX || n.Config.Collateral.PCCS == "" {
		return
	}
	pccs := PCCS{Base: n.Config.Collateral.PCCS, HTTP: &http.Client{}}
	tick := time.NewTicker(time.Duration(n.Config.Collateral.Interval))
	defer tick.Stop()
	said := ""
	for {
		err := n.bringCollateral(ctx, pccs)
		if text := fmt.Sprint(err); err != nil && text != said && ctx.Err() == nil {
			n.log.Error("bringing Intel's collateral to the chain failed; it is tried again", "pccs", pccs.Base, "error", err)
			n.metrics.failed("bringing collateral")
			said = text
		} else if err == nil {
			said = ""
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (n *Node) bringCollateral(ctx context.Context, pccs PCCS) error {
	s, err := n.light.Latest(ctx)
	if err != nil {
		return err
	}
	platform, err := n.platform(ctx)
	if err != nil {
		return err
	}
	fetched, err := pccs.Fetch(ctx, platform)
	if err != nil {
		return err
	}
	newer, err := NewerCollateral(ctx, s, platform, fetched)
	if err != nil || !newer {
		return err
	}
	result, err := send(ctx, n.sender, &oracletypes.MsgSubmitCollateral{Sender: n.sender.Address().String(), Collateral: fetched.Marshal()})
	if err != nil {
		return err
	}
	n.log.Info("the chain has newer collateral", "platform", platform.TcbInfo, "height", result.Height)
	return nil
}

// platform returns which machine this is, by what the enclave attested with last.
func (h *Home) platform(ctx context.Context) (oracletypes.Platform, error) {
	a, err := h.lastAttestation(ctx)
	if err != nil {
		return oracletypes.Platform{}, err
	}
	raw := a.Evidence
	if raw == nil {
		evidence, err := h.enclave.Attest([64]byte{})
		if err != nil {
			return oracletypes.Platform{}, err
		}
		raw = tee.MarshalEvidence(evidence)
	}
	evidence, err := tee.ParseEvidence(raw)
	if err != nil {
		return oracletypes.Platform{}, err
	}
	hardware, ok := evidence.(tee.SGX)
	if !ok {
		return oracletypes.Platform{}, errors.New("a simulated enclave has no platform")
	}
	quote, err := dcap.ParseQuote(hardware.Quote)
	if err != nil {
		return oracletypes.Platform{}, err
	}
	return platformOf(quote), nil
}

// NewerCollateral verifies collateral under the chain's roots at the time of a snapshot, and says whether any piece of it replaces the
// chain's.
func NewerCollateral(ctx context.Context, s *light.Snapshot, platform oracletypes.Platform, c *dcap.Collateral) (bool, error) {
	fetched, err := verifyUnderRoots(ctx, s, c)
	if err != nil {
		return false, err
	}
	if err := fetched.CheckTime(s.Time()); err != nil {
		return false, err
	}
	present, err := chainCollateral(ctx, s, platform)
	if errors.Is(err, oracletypes.ErrCollateralNotFound) || status.Code(err) == codes.NotFound {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	theirs := present.Pieces()
	for i, piece := range fetched.Pieces() {
		if piece.Newer(theirs[i]) {
			return true, nil
		}
	}
	return false, nil
}
