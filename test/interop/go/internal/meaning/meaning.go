// Package meaning writes Go values as JSON from which a reader in another
// language can tell exactly which value it was. What JSON numbers and texts
// cannot say is an object with one member whose name starts with a dollar sign:
//
//	{"$int": "9223372036854775807"}   a whole number beyond 2^53 - 1
//	{"$float": "NaN"}                 NaN, Infinity, -Infinity, or -0
//	{"$bytes": "00ff"}                bytes, in hex
//	{"$time": "2026-05-01T12:34:56.789Z"}
//
// A struct is an object with the field names of Go's JSON (tags respected), a
// Protobuf message one with the JSON names of its fields, all of them, set or
// not. Nil is null.
package meaning

import (
	"bytes"
	"encoding/json"
)

// Member is one name and value of an Object.
type Member struct {
	Name  string
	Value any
}

// Object is a JSON object whose members keep their order.
type Object []Member

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	for i, member := range o {
		if i > 0 {
			buffer.WriteByte(',')
		}
		name, err := json.Marshal(member.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(member.Value)
		if err != nil {
			return nil, err
		}
		buffer.Write(name)
		buffer.WriteByte(':')
		buffer.Write(value)
	}
	buffer.WriteByte('}')
	return buffer.Bytes(), nil
}
