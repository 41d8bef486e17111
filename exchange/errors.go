package exchange

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNotFound is returned where the chain has proven that there is no such deal, consent or oracle.
	ErrNotFound = errors.New("exchange: not found on the chain")
	// ErrDealNotActive says that a deal takes no more data.
	ErrDealNotActive = errors.New("exchange: the deal is not active")
	// ErrUnanswerable says that the data given do not answer a deal.
	ErrUnanswerable = errors.New("exchange: the data do not answer the deal")
	// ErrChanged says that a record is not the one any more that was prepared.
	ErrChanged = errors.New("exchange: the record has changed since it was prepared")
	// ErrTerms says that a term of the deal is not answered, or a required one not agreed to.
	ErrTerms = errors.New("exchange: the deal's terms are not agreed to")
	// ErrOracle says that an oracle is not what the chain says, or its enclave not what the chain allows.
	ErrOracle = errors.New("exchange: the oracle is not to be trusted")
	// ErrQuorum says that too few oracles vouched; the error is a *QuorumError.
	ErrQuorum = errors.New("exchange: not enough oracles vouch for the data")
	// ErrCertificates says that oracles gave certificates that are not the same, or not of what was submitted.
	ErrCertificates = errors.New("exchange: the oracles' certificates do not fit")
	// ErrSimulated says that an oracle has no hardware enclave and that the caller did not allow that.
	ErrSimulated = errors.New("exchange: the oracle's enclave is simulated")
	// ErrUndelivered says that no oracle delivered an object or its key yet.
	ErrUndelivered = errors.New("exchange: no oracle delivers")
	// ErrNoSale says that the journals know no such sale.
	ErrNoSale = errors.New("exchange: no such sale")
	// ErrJournal says that a journal cannot be read.
	ErrJournal = errors.New("exchange: damaged journal")
	// ErrBusy says that another process works on the same operation.
	ErrBusy = errors.New("exchange: another process works on this")
)

// Refusal is an oracle's answer that is not yes. docs/protocol/exchange.md lists the codes.
type Refusal struct {
	Code        string
	Requirement string // which of the deal's requirements failed, if one did
	Message     string
}

func (r *Refusal) Error() string {
	text := r.Code
	if r.Requirement != "" {
		text += " (" + r.Requirement + ")"
	}
	if r.Message != "" {
		text += ": " + r.Message
	}
	return text
}

// QuorumError is ErrQuorum with what each oracle said, by address.
type QuorumError struct {
	Reasons map[string]error
	order   []string
}

func (e *QuorumError) add(oracle string, err error) {
	if e.Reasons == nil {
		e.Reasons = map[string]error{}
	}
	if _, known := e.Reasons[oracle]; !known {
		e.order = append(e.order, oracle)
	}
	e.Reasons[oracle] = err
}

func (e *QuorumError) Error() string {
	if len(e.order) == 0 {
		return ErrQuorum.Error() + ": there are too few"
	}
	texts := make([]string, len(e.order))
	for i, oracle := range e.order {
		texts[i] = fmt.Sprintf("%s: %v", oracle, e.Reasons[oracle])
	}
	return ErrQuorum.Error() + ": " + strings.Join(texts, "; ")
}

// Is makes every QuorumError ErrQuorum.
func (e *QuorumError) Is(target error) bool { return target == ErrQuorum }

// Unwrap gives the oracles' errors.
func (e *QuorumError) Unwrap() []error {
	var all []error
	for _, oracle := range e.order {
		all = append(all, e.Reasons[oracle])
	}
	return all
}

// RefusalCode returns the code of the first refusal in an error, empty if no oracle refused.
func RefusalCode(err error) string {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return r.Code
	}
	return ""
}
