package keeper

import (
	"strings"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/codec"
)

// textKey encodes text inside keys as its bytes and a zero byte, as collections.StringKey says that it does. That one, up to
// v1.4.0, writes only the first byte of each character beyond ASCII before the last part of a key, so that the text does not come
// back and two texts may become one key. Text here has no zero byte (types.ValidateName).
type textKey struct{ codec.KeyCodec[string] }

func newTextKey() codec.KeyCodec[string] { return textKey{collections.StringKey} }

// EncodeNonTerminal writes text that other parts of the key follow. The error is collections.ErrEncoding if it has a zero byte.
func (textKey) EncodeNonTerminal(buffer []byte, text string) (int, error) {
	if strings.IndexByte(text, codec.StringDelimiter) >= 0 {
		return 0, collections.ErrEncoding
	}
	copy(buffer, text)
	buffer[len(text)] = codec.StringDelimiter
	return len(text) + 1, nil
}
