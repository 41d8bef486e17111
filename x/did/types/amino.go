package types

import (
	"encoding/json"
	"io"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cosmos/cosmos-sdk/x/tx/signing/aminojson"
)

// DefineAminoJSON returns enc with the encodings of this module's types that wallets of mainnet sign: Strings of one value
// is that value, of any other number a list; a VerificationRelationship is the id that it refers to, or the verification
// method that it embeds. The generic encoder would write them as objects, and a oneof with its type.
func DefineAminoJSON(enc aminojson.Encoder) aminojson.Encoder {
	return enc.
		DefineTypeEncoding("panacea.did.v2.Strings", encodeStrings).
		DefineTypeEncoding("panacea.did.v2.VerificationRelationship", encodeRelationship)
}

func encodeStrings(_ *aminojson.Encoder, message protoreflect.Message, w io.Writer) error {
	list := message.Get(message.Descriptor().Fields().ByName("values")).List()
	if list.Len() == 1 {
		return writeJSON(w, list.Get(0).String())
	}
	values := make([]string, list.Len())
	for i := range values {
		values[i] = list.Get(i).String()
	}
	return writeJSON(w, values)
}

func encodeRelationship(enc *aminojson.Encoder, message protoreflect.Message, w io.Writer) error {
	fields := message.Descriptor().Fields()
	if embedded := fields.ByName("verification_method"); message.Has(embedded) {
		encoded, err := enc.Marshal(message.Get(embedded).Message().Interface())
		if err != nil {
			return err
		}
		_, err = w.Write(encoded)
		return err
	}
	return writeJSON(w, message.Get(fields.ByName("verification_method_id")).String())
}

func writeJSON(w io.Writer, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(encoded)
	return err
}

// MarshalJSON writes the amino JSON form, for the legacy amino codec.
func (s *Strings) MarshalJSON() ([]byte, error) {
	if len(s.Values) == 1 {
		return json.Marshal(s.Values[0])
	}
	return json.Marshal(append([]string{}, s.Values...))
}

// MarshalJSON writes the amino JSON form, for the legacy amino codec.
func (r *VerificationRelationship) MarshalJSON() ([]byte, error) {
	if embedded := r.GetVerificationMethod(); embedded != nil {
		return json.Marshal(embedded)
	}
	return json.Marshal(r.GetVerificationMethodId())
}
