package vc

import (
	"errors"
	"fmt"
)

// Status is the outcome of a check.
type Status int

const (
	Passed  Status = iota + 1
	Failed         // the check's Err says why
	Skipped        // there was nothing to check, or what would be needed was not given; Err may say what
)

// String returns "passed", "failed" or "skipped".
func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	case Skipped:
		return "skipped"
	}
	return fmt.Sprintf("status(%d)", int(s))
}

// MarshalText writes the status as String does.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Names of checks. Those of a proof start with "proof".
const (
	CheckProof        = "proof"                         // there is a proof, and it is well-formed and of a supported suite
	CheckPurpose      = "proof.purpose"                 // it was made for this use
	CheckProofTime    = "proof.time"                    // it is not expired and not from the future
	CheckChallenge    = "proof.challenge"               // it answers the verifier's challenge
	CheckDomain       = "proof.domain"                  // it is for the verifier
	CheckMethod       = "proof.verificationMethod"      // the key's owner authorises the key for the purpose
	CheckController   = "proof.controller"              // the key's owner is the issuer, or the holder
	CheckSignature    = "proof.signature"               // nothing was changed
	CheckPrevious     = "proof.previousProof"           // the proofs it builds on verify
	CheckContext      = "@context"                      // the verifier knows what the terms mean, and nothing hides under another one
	CheckValidity     = "validity"                      // the credential is valid at the time
	CheckStatus       = "credentialStatus"              // it is not revoked or suspended
	CheckSchema       = "credentialSchema"              // its claims have the form they say they have
	CheckCredentials  = "verifiableCredential"          // the presentation's credentials verify
	CheckEnvelopedVCs = "envelopedVerifiableCredential" // none of them is in a form that is not supported
)

// Check is one thing that was checked.
type Check struct {
	Name   string
	Proof  int // position of the proof it is about, -1 if it is about none
	Status Status
	Err    error // the reason, for errors.Is
}

// Result is what a verification found out. Issuer, Holder and Credential say what the
// document claims; they can be relied on only if Verified is true.
type Result struct {
	Verified     bool
	Issuer       string        // of a credential
	Holder       string        // of a presentation
	Credential   *Credential   // what was disclosed, nil for a presentation
	Presentation *Presentation // nil for a credential
	Checks       []Check
	Credentials  []*Result // of a presentation's credentials, in their order
}

// Claims returns the disclosed credentialSubject objects, for reading only.
func (r *Result) Claims() []map[string]any {
	if r.Credential == nil {
		return nil
	}
	return r.Credential.Subjects()
}

// Err joins the reasons of all checks that failed, of a presentation's credentials too.
// It is nil if and only if Verified is true.
func (r *Result) Err() error {
	var errs []error
	for _, c := range r.Checks {
		if c.Status == Failed {
			errs = append(errs, fmt.Errorf("%s: %w", c.Name, c.Err))
		}
	}
	for i, c := range r.Credentials {
		if err := c.Err(); err != nil {
			errs = append(errs, fmt.Errorf("credential %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

func (r *Result) record(name string, proof int, err error) error {
	status := Passed
	if err != nil {
		status = Failed
	}
	r.Checks = append(r.Checks, Check{Name: name, Proof: proof, Status: status, Err: err})
	return err
}

func (r *Result) skip(name string, proof int, why error) {
	r.Checks = append(r.Checks, Check{Name: name, Proof: proof, Status: Skipped, Err: why})
}

// conclude sets Verified.
func (r *Result) conclude() *Result {
	r.Verified = r.Err() == nil
	return r
}
