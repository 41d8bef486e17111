package dcap

import (
	"encoding/binary"
	"fmt"
)

// The header that oe_get_report puts before a quote, and EGo's GetRemoteReport with it (openenclave,
// include/openenclave/internal/report.h, oe_report_header_t): version, type, size of what follows; little-endian.
const (
	openEnclaveHeaderSize = 16
	openEnclaveVersion    = 1
	openEnclaveSGXRemote  = 2
)

// stripOpenEnclaveHeader returns the quote behind an Open Enclave report header, or b itself if it does not start with one.
// The two cannot be confused: a quote starts with its version 3, a report header with its version 1.
func stripOpenEnclaveHeader(b []byte) ([]byte, error) {
	if len(b) < openEnclaveHeaderSize || binary.LittleEndian.Uint32(b) != openEnclaveVersion {
		return b, nil
	}
	if kind := binary.LittleEndian.Uint32(b[4:]); kind != openEnclaveSGXRemote {
		return nil, fmt.Errorf("%w: report of type %d, not remote SGX", ErrOpenEnclaveHeader, kind)
	}
	quote := b[openEnclaveHeaderSize:]
	if size := binary.LittleEndian.Uint64(b[8:]); size != uint64(len(quote)) {
		return nil, fmt.Errorf("%w: %d bytes announced, %d are there", ErrOpenEnclaveHeader, size, len(quote))
	}
	return quote, nil
}
