package types

import (
	"strings"
	"time"
	"unicode/utf8"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/medibloc/panacea/did"
	"github.com/medibloc/panacea/seal"
	"github.com/medibloc/panacea/vc/pex"
	didtypes "github.com/medibloc/panacea/x/did/types"
	oracletypes "github.com/medibloc/panacea/x/oracle/types"
	resourcetypes "github.com/medibloc/panacea/x/resource/types"
)

// Bounds of what messages carry that no parameter sets.
const (
	// MaxSignatures bounds the signatures of a consent: no more oracles than that can be active.
	MaxSignatures = oracletypes.MaxOracles
	// MaxTrustedIssuers bounds the trusted issuers of a deal.
	MaxTrustedIssuers = 64
	// MaxSchemaURLLength bounds where a schema is found, in bytes.
	MaxSchemaURLLength = 512
	// SchemaDigestSize is the size of a schema's digest, in bytes.
	SchemaDigestSize = 32
	// JSONMediaType is the media type of data that satisfy schemas or answer a presentation definition.
	JSONMediaType = "application/json"

	maxBudgetBits    = 128
	maxAddressLength = 90 // of Bech32, BIP 173
)

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing. A
// presentation definition is not parsed here: that is paid for.
func (m *MsgCreateDeal) ValidateBasic() error {
	if err := validateAccount(m.Consumer); err != nil {
		return err
	}
	if err := did.ValidatePanaceaDID(m.ConsumerDid); err != nil {
		return didtypes.ErrInvalidDID.Wrapf("consumer DID: %v", err)
	}
	if _, err := seal.ParsePublicKey(m.ConsumerKey); err != nil {
		return ErrInvalidConsumerKey.Wrap(err.Error())
	}
	if err := validateBudget(m.Budget); err != nil {
		return err
	}
	if m.DataCount == 0 {
		return ErrInvalidDataCount.Wrap("the deal wants none; ask for at least one")
	}
	if err := m.Requirements.Validate(); err != nil {
		return err
	}
	if err := validateTerms(m.Terms); err != nil {
		return err
	}
	if err := validateUniqueness(m.Uniqueness, m.Requirements); err != nil {
		return err
	}
	if m.Quorum != (oracletypes.Fraction{}) {
		if err := validateShare(m.Quorum); err != nil {
			return err
		}
	}
	if err := validateTime(m.ExpiresAt); err != nil {
		return ErrInvalidExpiry.Wrap(err.Error())
	}
	if m.DisputeWindow != 0 {
		return ErrDisputesNotAvailable
	}
	return nil
}

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing.
func (m *MsgSubmitConsent) ValidateBasic() error {
	if err := validateAccount(m.Provider); err != nil {
		return err
	}
	if err := m.Certificate.ValidateBasic(); err != nil {
		return err
	}
	if m.Provider != m.Certificate.Provider {
		return ErrNotProvider.Wrapf("the certificate is for %s, the message from %s", m.Certificate.Provider, m.Provider)
	}
	if len(m.Answers) > maxTerms {
		return ErrTermUnknown.Wrapf("there are %d answers; a deal has at most %d terms", len(m.Answers), maxTerms)
	}
	return validateSignatures(m.Signatures)
}

// ValidateBasic checks the form of address and id.
func (m *MsgDeactivateDeal) ValidateBasic() error {
	if err := validateAccount(m.Consumer); err != nil {
		return err
	}
	_, err := DealIDBytes(m.DealId)
	return err
}

// ValidateBasic checks the parameters.
func (m *MsgUpdateParams) ValidateBasic() error { return m.Params.Validate() }

// validateSignatures checks that there are some and not too many, and that they are in strictly ascending order of the oracles'
// addresses as text, so that none stands twice.
func validateSignatures(signatures []oracletypes.OracleSignature) error {
	if len(signatures) == 0 || len(signatures) > MaxSignatures {
		return ErrInvalidSignatures.Wrapf("there are %d; there must be 1 to %d", len(signatures), MaxSignatures)
	}
	for i := range signatures {
		if err := signatures[i].ValidateBasic(); err != nil {
			return err
		}
		if i > 0 && signatures[i-1].Oracle >= signatures[i].Oracle {
			return ErrInvalidSignatures.Wrapf("%s follows %s", signatures[i].Oracle, signatures[i-1].Oracle)
		}
	}
	return nil
}

// Validate checks the form of requirements, but for the presentation definition. The error is ErrInvalidRequirements.
func (r Requirements) Validate() error {
	if err := resourcetypes.ValidateMediaType(r.MediaType); err != nil {
		return ErrInvalidRequirements.Wrapf("media type: %v", err)
	}
	if (len(r.Schemas) > 0 || len(r.PresentationDefinition) > 0) && r.MediaType != JSONMediaType {
		return ErrInvalidRequirements.Wrapf("with schemas or a presentation definition the media type is %s, not %q", JSONMediaType, r.MediaType)
	}
	if len(r.Schemas) > maxSchemas {
		return ErrInvalidRequirements.Wrapf("there are %d schemas; at most %d", len(r.Schemas), maxSchemas)
	}
	digests := make(map[string]bool, len(r.Schemas))
	for _, schema := range r.Schemas {
		switch {
		case len(schema.Digest) != SchemaDigestSize:
			return ErrInvalidRequirements.Wrapf("a schema's digest has %d bytes, not %d", len(schema.Digest), SchemaDigestSize)
		case digests[string(schema.Digest)]:
			return ErrInvalidRequirements.Wrapf("schema %x stands twice", schema.Digest)
		case len(schema.Url) > MaxSchemaURLLength || !isPrintable(schema.Url):
			return ErrInvalidRequirements.Wrapf("the URL of schema %x must be at most %d printable ASCII characters", schema.Digest, MaxSchemaURLLength)
		}
		digests[string(schema.Digest)] = true
	}
	if len(r.PresentationDefinition) > maxDefinitionSize {
		return ErrInvalidRequirements.Wrapf("the presentation definition has %d bytes; at most %d", len(r.PresentationDefinition), maxDefinitionSize)
	}
	return validateIssuers(r.TrustedIssuers)
}

func validateIssuers(issuers []string) error {
	if len(issuers) > MaxTrustedIssuers {
		return ErrInvalidRequirements.Wrapf("there are %d trusted issuers; at most %d", len(issuers), MaxTrustedIssuers)
	}
	seen := make(map[string]bool, len(issuers))
	for _, issuer := range issuers {
		if len(issuer) > did.MaxDIDLength {
			return ErrInvalidRequirements.Wrapf("a trusted issuer's DID has %d bytes; at most %d", len(issuer), did.MaxDIDLength)
		}
		if _, err := did.ParseDID(issuer); err != nil {
			return ErrInvalidRequirements.Wrapf("trusted issuer %.100q: %v", issuer, err)
		}
		if seen[issuer] {
			return ErrInvalidRequirements.Wrapf("trusted issuer %s stands twice", issuer)
		}
		seen[issuer] = true
	}
	return nil
}

// ValidateDefinition checks the form of the presentation definition, if there is one, but not what its filters say: whoever makes a
// deal should try pex.Parse first. The error is ErrInvalidRequirements.
func (r Requirements) ValidateDefinition() error {
	if len(r.PresentationDefinition) == 0 {
		return nil
	}
	if err := pex.CheckForm(r.PresentationDefinition); err != nil {
		return ErrInvalidRequirements.Wrapf("presentation definition: %v", err)
	}
	return nil
}

// validateTerms checks the form of terms and that their ids ascend. The error is ErrInvalidTerms.
func validateTerms(terms []AgreementTerm) error {
	if len(terms) > maxTerms {
		return ErrInvalidTerms.Wrapf("there are %d; at most %d", len(terms), maxTerms)
	}
	last := uint32(0)
	for _, term := range terms {
		switch {
		case term.Id <= last:
			return ErrInvalidTerms.Wrapf("id %d follows %d; ids ascend from 1", term.Id, last)
		case term.Title == "" || term.Text == "":
			return ErrInvalidTerms.Wrapf("term %d has no title or no text", term.Id)
		case !utf8.ValidString(term.Title) || !utf8.ValidString(term.Text):
			return ErrInvalidTerms.Wrapf("term %d is not UTF-8", term.Id)
		case len(term.Title)+len(term.Text) > maxTermSize:
			return ErrInvalidTerms.Wrapf("term %d has %d bytes; at most %d", term.Id, len(term.Title)+len(term.Text), maxTermSize)
		}
		last = term.Id
	}
	return nil
}

// validateUniqueness checks that what a deal wants only once can be disclosed. The error is ErrInvalidUniqueness.
func validateUniqueness(u Uniqueness, r Requirements) error {
	switch u {
	case UNIQUENESS_UNSPECIFIED, UNIQUENESS_CONTENT:
		return nil
	case UNIQUENESS_CREDENTIAL, UNIQUENESS_SUBJECT:
		if len(r.PresentationDefinition) == 0 {
			return ErrInvalidUniqueness.Wrapf("%s needs a presentation definition, which says what is presented", u)
		}
		return nil
	}
	return ErrInvalidUniqueness.Wrapf("there is no uniqueness %d", u)
}

// validateBudget checks that a budget is a positive amount, far from the limits of arithmetic. The error is ErrInvalidBudget.
func validateBudget(budget sdk.Coin) error {
	if err := budget.Validate(); err != nil || !budget.IsPositive() || budget.Amount.BigIntMut().BitLen() > maxBudgetBits {
		return ErrInvalidBudget.Wrapf("%.100q is no positive amount of at most %d bits", budget, maxBudgetBits)
	}
	return nil
}

// validateTime checks that a time is one that a protobuf timestamp holds.
func validateTime(t time.Time) error {
	if year := t.UTC().Year(); t.IsZero() || year < 1970 || year > 9999 {
		return ErrInvalidExpiry.Wrapf("%s is no time of the years 1970 to 9999", t)
	}
	return nil
}

// validateAccount checks that a string is an address in the one Bech32 spelling that the chain writes: lower case.
func validateAccount(s string) error {
	_, err := accountBytes(s)
	return err
}

// accountBytes reads an address as validateAccount checks it. The error is ErrInvalidAddress.
func accountBytes(s string) ([]byte, error) {
	if s == "" || len(s) > maxAddressLength || strings.ToLower(s) != s {
		return nil, ErrInvalidAddress.Wrapf("%.100q", s)
	}
	_, account, err := bech32.DecodeAndConvert(s)
	if err != nil {
		return nil, ErrInvalidAddress.Wrapf("%.100q: %v", s, err)
	}
	return account, nil
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}
