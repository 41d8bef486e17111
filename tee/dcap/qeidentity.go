package dcap

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// QEIdentity describes Intel's quoting enclave (PCS v4, "Get Quoting Enclave Identity"), version 2.
type QEIdentity struct {
	EvaluationDataNumber uint32
	IssueDate            time.Time
	NextUpdate           time.Time
	MiscSelect           uint32
	MiscSelectMask       uint32
	Attributes           [16]byte
	AttributesMask       [16]byte
	MRSIGNER             [32]byte
	ISVProdID            uint16
	Levels               []QELevel // from the highest ISVSVN to the lowest
}

// QELevel is one security level of the quoting enclave.
type QELevel struct {
	ISVSVN      uint16
	Date        time.Time
	Status      TCBStatus
	AdvisoryIDs []string
}

// parseQEIdentity reads a QE identity whose signature has been verified.
func parseQEIdentity(body []byte) (*QEIdentity, error) {
	var in struct {
		signedHeader
		MiscSelect     *string `json:"miscselect"`
		MiscSelectMask *string `json:"miscselectMask"`
		Attributes     *string `json:"attributes"`
		AttributesMask *string `json:"attributesMask"`
		MRSIGNER       *string `json:"mrsigner"`
		ISVProdID      *uint16 `json:"isvprodid"`
		Levels         []struct {
			TCB struct {
				ISVSVN *uint16 `json:"isvsvn"`
			} `json:"tcb"`
			Date        string   `json:"tcbDate"`
			Status      string   `json:"tcbStatus"`
			AdvisoryIDs []string `json:"advisoryIDs"`
		} `json:"tcbLevels"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrQEIdentityFormat, err)
	}
	q := &QEIdentity{}
	var err error
	if q.IssueDate, q.NextUpdate, err = in.parse("QE", 2); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrQEIdentityFormat, err)
	}
	q.EvaluationDataNumber = *in.EvaluationDataNumber
	var misc, mask [4]byte
	if !decodeHex(in.MiscSelect, misc[:]) || !decodeHex(in.MiscSelectMask, mask[:]) ||
		!decodeHex(in.Attributes, q.Attributes[:]) || !decodeHex(in.AttributesMask, q.AttributesMask[:]) ||
		!decodeHex(in.MRSIGNER, q.MRSIGNER[:]) || in.ISVProdID == nil {
		return nil, fmt.Errorf("%w: a field of the enclave is missing or malformed", ErrQEIdentityFormat)
	}
	// Written in memory order, as the attributes are (QVL, EnclaveReportVerifier::vectorToUint32).
	q.MiscSelect, q.MiscSelectMask = binary.LittleEndian.Uint32(misc[:]), binary.LittleEndian.Uint32(mask[:])
	q.ISVProdID = *in.ISVProdID
	if len(in.Levels) == 0 || len(in.Levels) > maxTCBLevels {
		return nil, fmt.Errorf("%w: %d TCB levels", ErrQEIdentityFormat, len(in.Levels))
	}
	for i, l := range in.Levels {
		if l.TCB.ISVSVN == nil {
			return nil, fmt.Errorf("%w: level %d has no ISVSVN", ErrQEIdentityFormat, i)
		}
		level := QELevel{ISVSVN: *l.TCB.ISVSVN, AdvisoryIDs: l.AdvisoryIDs}
		if level.Date, err = parseDate(l.Date); err == nil {
			err = parseAdvisories(l.AdvisoryIDs)
		}
		if err == nil {
			level.Status, err = ParseTCBStatus(l.Status)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: level %d: %v", ErrQEIdentityFormat, i, err)
		}
		q.Levels = append(q.Levels, level)
	}
	slices.SortStableFunc(q.Levels, func(a, b QELevel) int { return cmp.Compare(b.ISVSVN, a.ISVSVN) })
	for i := 1; i < len(q.Levels); i++ {
		if q.Levels[i-1].ISVSVN == q.Levels[i].ISVSVN {
			return nil, fmt.Errorf("%w: one TCB level stands twice", ErrQEIdentityFormat)
		}
	}
	return q, nil
}

// check compares a quoting enclave's report with its identity (PCS, "Get Quoting Enclave Identity", comparison steps a to d;
// QVL 4.1.2.9.5 to .8).
func (q *QEIdentity) check(r Report) error {
	if r.MRSIGNER != q.MRSIGNER {
		return fmt.Errorf("%w: MRSIGNER", ErrQEIdentity)
	}
	if r.ISVProdID != q.ISVProdID {
		return fmt.Errorf("%w: ISVPRODID %d, want %d", ErrQEIdentity, r.ISVProdID, q.ISVProdID)
	}
	if r.MiscSelect&q.MiscSelectMask != q.MiscSelect {
		return fmt.Errorf("%w: MISCSELECT", ErrQEIdentity)
	}
	for i, mask := range q.AttributesMask {
		if r.Attributes[i]&mask != q.Attributes[i] {
			return fmt.Errorf("%w: ATTRIBUTES", ErrQEIdentity)
		}
	}
	return nil
}

// match returns the highest level that the quoting enclave has reached (QVL 4.1.2.9.9).
func (q *QEIdentity) match(isvsvn uint16) (QELevel, error) {
	for _, level := range q.Levels {
		if isvsvn >= level.ISVSVN {
			return level, nil
		}
	}
	return QELevel{}, fmt.Errorf("%w: quoting enclave with ISVSVN %d", ErrTCBNotSupported, isvsvn)
}
