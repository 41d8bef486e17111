package validate

import (
	"context"
	"errors"

	"github.com/medibloc/panacea/oracle/api"
	"github.com/medibloc/panacea/seal"
	datadeal "github.com/medibloc/panacea/x/datadeal/types"
)

// findTag finds what the deal wants only once, and its tag.
func (v *Validator) findTag(_ context.Context, j *job) error {
	secret, err := v.config.Keys.Secret()
	if err != nil {
		return notReady(err)
	}
	switch j.deal.Uniqueness {
	case datadeal.UNIQUENESS_UNSPECIFIED, datadeal.UNIQUENESS_CONTENT:
		if j.isJSON() {
			if j.digest, err = seal.DigestJSON(j.content); err != nil {
				return api.Refuse(api.ContentNotJSON, "", "%v", err)
			}
		}
		j.tag = secret.ContentTag(j.sealDeal(v), j.digest)
		return nil
	case datadeal.UNIQUENESS_CREDENTIAL:
		id, err := j.credentialID()
		if err != nil {
			return err
		}
		j.tag = secret.CredentialTag(j.sealDeal(v), id)
		return nil
	case datadeal.UNIQUENESS_SUBJECT:
		id, err := j.subjectID()
		if err != nil {
			return err
		}
		j.tag = secret.SubjectTag(j.sealDeal(v), id)
		return nil
	}
	return api.Refuse(api.UniquenessUndisclosed, "uniqueness", "the oracle does not know this kind of uniqueness")
}

// checkUnused refuses what has been sold in the deal.
func (v *Validator) checkUnused(ctx context.Context, j *job) error {
	used, err := v.config.Chain.TagUsed(ctx, j.deal.Id, j.tag)
	if err != nil {
		return unavailable(err)
	}
	if used {
		return api.Refuse(api.Duplicate, "uniqueness", "the deal has this datum already, in the sense that it asks for")
	}
	return nil
}

// notReady is the refusal of an oracle that has no secret.
func notReady(err error) error {
	if errors.Is(err, ErrNoSecret) {
		return api.Refuse(api.OracleNotActive, "", "the oracle has not been approved yet")
	}
	return err
}
