//go:build !(linux && amd64 && cgo)

package sgx

import (
	"fmt"

	"github.com/medibloc/panacea/tee"
)

// Open fails: this program was built without SGX.
func Open() (tee.Enclave, error) {
	return nil, fmt.Errorf("%w: this program is built without SGX: build it for linux/amd64 with CGO_ENABLED=1", tee.ErrNoEnclave)
}
