package cli

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/medibloc/panacea/vc/pex"
	"github.com/medibloc/panacea/x/datadeal/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
)

// dealFile is a deal as a consumer writes it: digests in hexadecimal, the presentation definition as JSON, amounts and fractions as
// people write them.
type dealFile struct {
	ConsumerDID            string          `json:"consumer_did"`
	ConsumerKey            []byte          `json:"consumer_key"`
	Budget                 string          `json:"budget"`
	DataCount              uint64          `json:"data_count"`
	ExpiresAt              time.Time       `json:"expires_at"`
	MediaType              string          `json:"media_type"`
	Schemas                []schemaFile    `json:"schemas"`
	PresentationDefinition json.RawMessage `json:"presentation_definition"`
	TrustedIssuers         []string        `json:"trusted_issuers"`
	Terms                  []termFile      `json:"terms"`
	Uniqueness             string          `json:"uniqueness"`
	Quorum                 string          `json:"quorum"`
}

type schemaFile struct {
	Digest string `json:"digest"`
	URL    string `json:"url"`
}

type termFile struct {
	ID       uint32 `json:"id"`
	Required bool   `json:"required"`
	Title    string `json:"title"`
	Text     string `json:"text"`
}

// parseDeal makes the message of a consumer's file. A member that nobody knows is an error, because a requirement that is left out by
// a slip of the pen costs money.
func parseDeal(consumer sdk.AccAddress, raw []byte) (*types.MsgCreateDeal, error) {
	file := dealFile{MediaType: types.JSONMediaType}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("reading the deal: %w", err)
	}
	budget, err := sdk.ParseCoinNormalized(file.Budget)
	if err != nil {
		return nil, fmt.Errorf("budget: %w", err)
	}
	uniqueness, err := parseUniqueness(file.Uniqueness)
	if err != nil {
		return nil, err
	}
	quorum, err := parseQuorum(file.Quorum)
	if err != nil {
		return nil, err
	}
	requirements, err := file.requirements()
	if err != nil {
		return nil, err
	}
	msg := &types.MsgCreateDeal{
		Consumer: consumer.String(), ConsumerDid: file.ConsumerDID, ConsumerKey: file.ConsumerKey, Budget: budget, DataCount: file.DataCount,
		Requirements: requirements, Uniqueness: uniqueness, Quorum: quorum, ExpiresAt: file.ExpiresAt,
	}
	for _, term := range file.Terms {
		msg.Terms = append(msg.Terms, types.AgreementTerm{Id: term.ID, Required: term.Required, Title: term.Title, Text: term.Text})
	}
	return msg, nil
}

func (f dealFile) requirements() (types.Requirements, error) {
	requirements := types.Requirements{MediaType: f.MediaType, TrustedIssuers: f.TrustedIssuers}
	for _, schema := range f.Schemas {
		digest, err := hex.DecodeString(schema.Digest)
		if err != nil {
			return types.Requirements{}, fmt.Errorf("the digest of a schema: %w", err)
		}
		requirements.Schemas = append(requirements.Schemas, types.SchemaRequirement{Digest: digest, Url: schema.URL})
	}
	if len(f.PresentationDefinition) > 0 {
		var compact bytes.Buffer
		if err := json.Compact(&compact, f.PresentationDefinition); err != nil {
			return types.Requirements{}, fmt.Errorf("the presentation definition: %w", err)
		}
		requirements.PresentationDefinition = compact.Bytes()
		if _, err := pex.Parse(requirements.PresentationDefinition); err != nil { // the chain does not look into filters
			return types.Requirements{}, fmt.Errorf("the presentation definition: %w", err)
		}
	}
	return requirements, nil
}

func parseUniqueness(s string) (types.Uniqueness, error) {
	switch s {
	case "", "content":
		return types.UNIQUENESS_CONTENT, nil
	case "credential":
		return types.UNIQUENESS_CREDENTIAL, nil
	case "subject":
		return types.UNIQUENESS_SUBJECT, nil
	}
	return 0, fmt.Errorf("uniqueness is %q; it must be content, credential or subject", s)
}

func parseQuorum(s string) (quorum oracletypes.Fraction, err error) {
	if s == "" {
		return quorum, nil
	}
	if strings.Count(s, "/") != 1 {
		return quorum, errors.New("quorum must be a fraction such as 2/3")
	}
	var rest string
	if n, err := fmt.Sscanf(s+" end", "%d/%d %s", &quorum.Numerator, &quorum.Denominator, &rest); n != 3 || err != nil || rest != "end" {
		return quorum, fmt.Errorf("quorum is %q; it must be a fraction such as 2/3", s)
	}
	return quorum, nil
}
