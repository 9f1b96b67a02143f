package vectors

import (
	"encoding/hex"
	"iter"
)

// ordered goes over pairs of a description and bytes in hex, in their order.
func ordered(pairs ...string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if !yield(pairs[i], unhex(pairs[i+1])) {
				return
			}
		}
	}
}

func unhex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	must(err)
	return bytes
}
