package api

import (
	"fmt"

	"github.com/cosmos/gogoproto/proto"
)

// Codec is gRPC's codec for these messages, whose generated code is gogoproto's: for grpc.ForceCodec and grpc.ForceServerCodec.
type Codec struct{}

// Name is that of the encoding, which is protobuf's.
func (Codec) Name() string { return "proto" }

// Marshal implements encoding.Codec.
func (Codec) Marshal(v any) ([]byte, error) {
	m, ok := v.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("api: a %T is no message", v)
	}
	return proto.Marshal(m)
}

// Unmarshal implements encoding.Codec.
func (Codec) Unmarshal(data []byte, v any) error {
	m, ok := v.(proto.Message)
	if !ok {
		return fmt.Errorf("api: a %T is no message", v)
	}
	return proto.Unmarshal(data, m)
}
