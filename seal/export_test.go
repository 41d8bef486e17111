package seal

// KeyBytes shows a content key to the test vectors.
func KeyBytes(k *ContentKey) []byte { return k.key[:] }
