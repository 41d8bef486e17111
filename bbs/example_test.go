package bbs_test

import (
	"fmt"

	"github.com/medibloc/panacea/bbs"
)

func Example() {
	// The issuer signs once.
	key, err := bbs.SHA256().GenerateKey()
	if err != nil {
		panic(err)
	}
	header := []byte("immunization record, version 1")
	messages := [][]byte{[]byte("Jane Doe"), []byte("1980-03-01"), []byte("MMR"), []byte("2024-10-02")}
	signature, err := key.Sign(header, messages)
	if err != nil {
		panic(err)
	}

	// The holder checks what it got, and shows the vaccine and its date, not who was vaccinated.
	issuer, err := bbs.SHA256().NewPublicKey(key.Public().Bytes())
	if err != nil {
		panic(err)
	}
	if err := issuer.Verify(header, messages, signature); err != nil {
		panic(err)
	}
	challenge := []byte("the verifier's nonce")
	proof, err := issuer.ProveDisclosure(signature, header, challenge, messages, []int{2, 3})
	if err != nil {
		panic(err)
	}

	// The verifier checks the proof with what it was shown.
	err = issuer.VerifyProof(proof, header, challenge, []int{2, 3}, [][]byte{[]byte("MMR"), []byte("2024-10-02")})
	fmt.Println(len(proof), err)
	err = issuer.VerifyProof(proof, header, challenge, []int{2, 3}, [][]byte{[]byte("MMR"), []byte("2020-10-02")})
	fmt.Println(err)
	// Output:
	// 336 <nil>
	// bbs: verification failed: proof
}

func ExamplePublicKey_NewBatchVerifier() {
	key, err := bbs.SHA256().GenerateKey()
	if err != nil {
		panic(err)
	}
	signature, err := key.Sign(nil, [][]byte{[]byte("name"), []byte("adult")})
	if err != nil {
		panic(err)
	}
	issuer := key.Public()
	batch := issuer.NewBatchVerifier()
	for visitor := range 20 {
		challenge := fmt.Appendf(nil, "visitor %d", visitor)
		proof, err := issuer.ProveDisclosure(signature, nil, challenge, [][]byte{[]byte("name"), []byte("adult")}, []int{1})
		if err != nil {
			panic(err)
		}
		if err := batch.Add(proof, nil, challenge, []int{1}, [][]byte{[]byte("adult")}); err != nil {
			panic(err)
		}
	}
	fmt.Println(batch.Len(), batch.Verify())
	// Output: 20 <nil>
}
