package types

import (
	"strings"
	"unicode/utf8"

	"github.com/medibloc/panacea/did"
)

// Bounds of what a publisher chooses, in bytes.
const (
	MaxNameLength      = 128 // of a name, a type and a version label each
	MaxMediaTypeLength = 255
)

// CollectionOf returns the collection of a did:panacea DID: its method-specific id. The error is ErrInvalidDID.
func CollectionOf(s string) (string, error) {
	if err := did.ValidatePanaceaDID(s); err != nil {
		return "", ErrInvalidDID.Wrap(err.Error())
	}
	return strings.TrimPrefix(s, didPrefix), nil
}

const didPrefix = "did:" + did.MethodPanacea + ":"

// DIDOf returns the DID whose collection has the id.
func DIDOf(collectionID string) string { return didPrefix + collectionID }

// URLOf returns the DID URL of a resource: did:panacea:…/resources/<id>.
func URLOf(collectionID, id string) string { return DIDOf(collectionID) + "/resources/" + id }

// ValidateID checks that s is a UUID of a version and variant that RFC 9562 defines, in lower case. The error is ErrInvalidID.
func ValidateID(s string) error {
	if len(s) != 36 {
		return ErrInvalidID.Wrapf("%.64q has %d characters; a UUID has 36", s, len(s))
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return ErrInvalidID.Wrapf("%q has no hyphen where a UUID has one", s)
			}
		case c < '0' || c > '9' && c < 'a' || c > 'f':
			return ErrInvalidID.Wrapf("%q has a character that is no lower-case hex digit", s)
		}
	}
	if version, variant := s[14], s[19]; version < '1' || version > '8' || variant < '8' || variant > 'b' {
		return ErrInvalidID.Wrapf("%q is not of a version and variant of RFC 9562", s)
	}
	return nil
}

// ValidateName checks a name: 1 to MaxNameLength bytes of UTF-8, without control and direction characters, and without a space
// at its ends. The error is ErrInvalidName.
func ValidateName(s string) error { return validateText("name", s) }

// ValidateType checks a resource type, as ValidateName does.
func ValidateType(s string) error { return validateText("type", s) }

// ValidateVersion checks a version label, as ValidateName does, or that there is none.
func ValidateVersion(s string) error {
	if s == "" {
		return nil
	}
	return validateText("version", s)
}

func validateText(what, s string) error {
	switch {
	case s == "":
		return ErrInvalidName.Wrapf("there is no %s", what)
	case len(s) > MaxNameLength:
		return ErrInvalidName.Wrapf("the %s has %d bytes; at most %d", what, len(s), MaxNameLength)
	case !utf8.ValidString(s):
		return ErrInvalidName.Wrapf("the %s is not UTF-8", what)
	case s[0] == ' ' || s[len(s)-1] == ' ':
		return ErrInvalidName.Wrapf("the %s %q starts or ends with a space", what, s)
	case strings.ContainsFunc(s, deceives):
		return ErrInvalidName.Wrapf("the %s %q has a control or direction character", what, s)
	}
	return nil
}

// deceives says whether a character is invisible or reorders its neighbours: C0 and C1 controls, soft hyphens, line and paragraph
// separators, zero-width and bidirectional marks, byte order marks and noncharacters. The ranges stand here and do not come from package
// unicode, so that no version of it can change what the chain accepts.
func deceives(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r == 0xad || r == 0x61c || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
		r >= 0x2060 && r <= 0x206f || r == 0xfeff || r >= 0xfff0 && r <= 0xfffb || r&0xfffe == 0xfffe || r >= 0xe0000
}
