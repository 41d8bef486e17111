package jsonld

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
)

//go:embed contexts/*.jsonld
var contextFiles embed.FS

// embedded is a published context: where it is published, the file that holds it
// verbatim, and the SHA-256 of that file. NOTICE names the packages they come from.
type embedded struct {
	urls   []string
	file   string
	digest string
}

var embeddedContexts = [...]embedded{
	{[]string{"https://www.w3.org/2018/credentials/v1"}, "credentials-v1",
		"00d7dd6d3ad8b920e3e550dd3a3d9090bffcac84cdbf943da6924b3e0a5c8bb8"},
	{[]string{"https://www.w3.org/ns/credentials/v2"}, "credentials-v2",
		"8a9f494a89ecc51db093e90e84713e07e84d6d9204364a9b3c7868b21751236f"},
	{[]string{"https://www.w3.org/ns/credentials/undefined-terms/v2"}, "undefined-terms-v2",
		"82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581"},
	{[]string{"https://w3id.org/security/data-integrity/v1"}, "data-integrity-v1",
		"b5d829bd09aa7c42abc6efa0c8ed7635313b5487f37ccfce3ecd149ca9418554"},
	{[]string{"https://w3id.org/security/data-integrity/v2"}, "data-integrity-v2",
		"0f77743daf5b4e8fc067fc5ba5b21044283053aa717fc6b0219843bed3b00363"},
	{[]string{"https://w3id.org/security/multikey/v1"}, "multikey-v1",
		"c5f3806f8286920573221938917988a18a4cc5a09e968d29649613c7a1c2b1f6"},
	{[]string{"https://www.w3.org/ns/credentials/status/v1"}, "bitstring-status-list-v1",
		"fd08cbf28ddd829ab2f1978c48f43ab07a112c1c90245a0cfac7ba721c65170c"},
	{[]string{"https://w3id.org/vc/status-list/2021/v1"}, "status-list-2021-v1",
		"634d71c159289f068c96012e4511c657fdf82ac4231900081bda3ba24e2e1160"},
	{[]string{"https://www.w3.org/ns/did/v1"}, "did-v1",
		"62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f"},
	{[]string{"https://w3id.org/security/v1"}, "security-v1",
		"abaf97e107d1925503c433dcaf3ffd2831697cacc1ed2a293e1bc8030d5bcb47"},
	{[]string{"https://w3id.org/security/v2"}, "security-v2",
		"611bd81151d5efe53ec9aed78f5a813e577287bc9451ee26d6879b1b8b46bc3b"},
	{[]string{"https://w3id.org/security/suites/ed25519-2018/v1"}, "ed25519-2018-v1",
		"166c6abb9e08176cee5f6c87c9c1bbfefa5717da391bcac525e5437f93eab809"},
	{[]string{"https://w3id.org/security/suites/ed25519-2020/v1"}, "ed25519-2020-v1",
		"b9e1ab971fd8bf2c7553e0c4a9438e0b9450afde1ea1ca5b2492368b9f549588"},
	{[]string{"https://w3id.org/security/suites/x25519-2020/v1"}, "x25519-2020-v1",
		"b234f84fe7cebb0efef37cad82667eeacb6d414f6c51ac37f5dc803a4a0c728a"},
	{[]string{"https://w3id.org/security/suites/x25519-2018/v1", "https://ns.did.ai/suites/x25519-2018/v1"}, "x25519-2018-v1",
		"d032497b819ad21259daaa11a1e0ce1153592fb58877751944d6b48768c0bf33"},
	{[]string{"https://w3id.org/security/suites/secp256k1-2019/v1", "https://ns.did.ai/suites/secp256k1-2019/v1"}, "secp256k1-2019-v1",
		"8452efdde151151539b78d240f55cee7d9cc985bf078123ce310aa7ae04763b4"},
	{[]string{"https://w3id.org/security/suites/jws-2020/v1", "https://ns.did.ai/suites/jws-2020/v1"}, "jws-2020-v1",
		"7b1650940cbe0c3574646b4c1741752e8d8611e48a9b0b2040753567dc453cda"},
}

// embeddedContext returns the text of a published context, nil if url is not one.
// The digest is compared at every use: what is signed hangs on these bytes.
func embeddedContext(url string) ([]byte, error) {
	for _, e := range embeddedContexts {
		if !slices.Contains(e.urls, url) {
			continue
		}
		b, err := contextFiles.ReadFile("contexts/" + e.file + ".jsonld")
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrContext, url, err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != e.digest {
			return nil, fmt.Errorf("%w: %s: embedded text does not have its digest", ErrContext, url)
		}
		return b, nil
	}
	return nil, nil
}

// EmbeddedContexts lists the URLs of the contexts that need no loader.
func EmbeddedContexts() []string {
	var urls []string
	for _, e := range embeddedContexts {
		urls = append(urls, e.urls...)
	}
	return urls
}

// A Loader returns the JSON text of the context at url. It is asked only for
// contexts that are not embedded, and once for each: what it returned first is kept.
// A loader decides what the terms of a signed document mean, so it must return the
// same bytes everywhere, for instance by digest or from a chain.
type Loader func(ctx context.Context, url string) ([]byte, error)
