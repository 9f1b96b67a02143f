// Package vectors makes the conformance vectors: bytes as the Go libraries
// write them, what they mean, and bytes that the Go libraries refuse. Every
// byte of a valid vector was written by the libraries, and every vector, valid
// or not, was read by them.
package vectors

import (
	"encoding/hex"
	"fmt"

	"cmd-stream.test/interop/internal/meaning"
)

// vector is one entry of a file; ../../../vectors/README.md says what its members are.
type vector struct {
	id        string
	codec     string
	direction string
	primitive string
	about     string
	bytes     []byte
	meaning   any
	valid     bool
	canonical bool
	failure   string
	goError   string
}

func (v vector) object() meaning.Object {
	object := meaning.Object{
		{Name: "id", Value: v.id},
		{Name: "codec", Value: v.codec},
		{Name: "direction", Value: v.direction},
	}
	if v.primitive != "" {
		object = append(object, meaning.Member{Name: "primitive", Value: v.primitive})
	}
	object = append(object,
		meaning.Member{Name: "about", Value: v.about},
		meaning.Member{Name: "hex", Value: hex.EncodeToString(v.bytes)},
		meaning.Member{Name: "valid", Value: v.valid},
	)
	if v.valid {
		return append(object,
			meaning.Member{Name: "canonical", Value: v.canonical},
			meaning.Member{Name: "meaning", Value: v.meaning},
		)
	}
	return append(object,
		meaning.Member{Name: "error", Value: v.failure},
		meaning.Member{Name: "go", Value: v.goError},
	)
}

// file collects the vectors of one file, and numbers them.
type file struct {
	name    string
	vectors []vector
}

func (f *file) add(v vector) {
	v.id = fmt.Sprintf("%s-%03d", f.name, len(f.vectors)+1)
	f.vectors = append(f.vectors, v)
}

// Files makes all files: their text by their name.
func Files() map[string][]byte {
	files := []*file{varints(), serverInfos(), pings(), primitives()}
	for _, name := range []string{"json", "msgpack", "protobuf", "mus"} {
		files = append(files, messages(name))
	}
	texts := make(map[string][]byte, len(files))
	for _, f := range files {
		texts[f.name+".json"] = format(f.vectors)
	}
	return texts
}

// Count tells how many vectors there are, valid and not.
func Count(texts map[string][]byte) (valid, invalid int) {
	for _, text := range texts {
		valid += count(text, `"valid": true`)
		invalid += count(text, `"valid": false`)
	}
	return
}
