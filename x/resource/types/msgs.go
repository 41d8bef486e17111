package types

// MaxVerificationMethodIDLength bounds the name of a verification method in a message, in bytes.
const MaxVerificationMethodIDLength = 2048

// ValidateBasic checks what needs no state and next to no work, so that a node's mempool refuses the message for nothing. The
// bytes of the resource are counted and not looked at.
func (m *MsgCreateResource) ValidateBasic() error {
	if _, err := CollectionOf(m.Did); err != nil {
		return err
	}
	if len(m.VerificationMethodId) > MaxVerificationMethodIDLength {
		return ErrMethodNotFound.Wrapf("its id has %d bytes; at most %d", len(m.VerificationMethodId), MaxVerificationMethodIDLength)
	}
	if len(m.Signature) != SignatureSize {
		return ErrInvalidSignature.Wrapf("the signature has %d bytes, not %d", len(m.Signature), SignatureSize)
	}
	if m.PreviousVersionId != "" {
		if err := ValidateID(m.PreviousVersionId); err != nil {
			return err
		}
	}
	if err := validateSize(len(m.Data), MaxDataBytes); err != nil {
		return err
	}
	return validateFields(m.Id, m.Name, m.ResourceType, m.Version, m.MediaType)
}

// ValidateBasic checks the parameters.
func (m *MsgUpdateParams) ValidateBasic() error { return m.Params.Validate() }

// CheckSize checks the bytes of a resource against the parameters. The errors are ErrEmpty and ErrTooLarge.
func (p Params) CheckSize(data []byte) error { return validateSize(len(data), int(p.MaxDataBytes)) }

func validateSize(size, limit int) error {
	if size == 0 {
		return ErrEmpty
	}
	if size > limit {
		return ErrTooLarge.Wrapf("it has %d bytes; at most %d", size, limit)
	}
	return nil
}

func validateFields(id, name, resourceType, version, mediaType string) error {
	for _, check := range []struct {
		validate func(string) error
		value    string
	}{
		{ValidateID, id}, {ValidateName, name}, {ValidateType, resourceType}, {ValidateVersion, version}, {ValidateMediaType, mediaType},
	} {
		if err := check.validate(check.value); err != nil {
			return err
		}
	}
	return nil
}
