// Package codecs has the codecs that the peers speak. Each is made of the
// published libraries as a user would: the generic codec of codec-go with a
// serializer for the payload (JSON, MessagePack, Protobuf), or serializers of
// mus-stream-go for the whole message (MUS).
package codecs

import (
	"encoding/json"
	"fmt"
	"reflect"

	cln "github.com/cmd-stream/cmd-stream-go/client"
	"github.com/cmd-stream/cmd-stream-go/core"
	srv "github.com/cmd-stream/cmd-stream-go/server"
	cdc "github.com/cmd-stream/codec-go"
	com "github.com/mus-format/common-go"
	"github.com/vmihailenco/msgpack/v5"

	"cmd-stream.test/interop/internal/pb"
	"cmd-stream.test/interop/internal/protocol"
)

// Names lists the codecs.
var Names = []string{"json", "msgpack", "protobuf", "mus"}

// Codec is one payload format, for both sides.
type Codec struct {
	Name   string
	Client cln.Codec[*protocol.Service]
	Server srv.Codec[*protocol.Service]
	// KeepsNil tells whether nil lists and maps arrive as nil, not as empty.
	KeepsNil bool
	// RefusesSpecials tells whether NaN and the infinities cannot be sent.
	RefusesSpecials bool

	// Command and Result make what the codec takes of a plain value; PlainCommand and Plain go back.
	Command      func(protocol.Command) protocol.Command
	Result       func(core.Result) core.Result
	PlainCommand func(protocol.Command) protocol.Command
	Plain        func(core.Result) core.Result
}

// New makes the codec with the given name. musFirstType is the type number of the first Command and of the first
// Result with MUS, where it is the choice of each service: here 0 as with the other codecs, by habit 1 in services
// whose serializers are generated.
func New(name string, musFirstType int) (Codec, error) {
	codec := Codec{
		Name:         name,
		KeepsNil:     true,
		Command:      same[protocol.Command],
		Result:       same[core.Result],
		PlainCommand: same[protocol.Command],
		Plain:        same[core.Result],
	}
	switch name {
	case "json":
		codec.RefusesSpecials = true
		codec.Client, codec.Server = generic(protocol.CommandTypes, protocol.ResultTypes,
			jsonSerializer[protocol.Command, core.Result]{}, jsonSerializer[core.Result, protocol.Command]{})
	case "msgpack":
		codec.Client, codec.Server = generic(protocol.CommandTypes, protocol.ResultTypes,
			msgpackSerializer[protocol.Command, core.Result]{}, msgpackSerializer[core.Result, protocol.Command]{})
	case "protobuf":
		codec.KeepsNil = false
		codec.Command, codec.Result = pb.FromCommand, pb.FromResult
		codec.PlainCommand, codec.Plain = pb.ToCommand, pb.ToResult
		codec.Client, codec.Server = protobuf()
	case "mus":
		codec.KeepsNil = false
		codec.Client, codec.Server = musCodecs(com.DTM(musFirstType))
	default:
		return codec, fmt.Errorf("no codec is called %q; there are %v", name, Names)
	}
	return codec, nil
}

func same[T any](value T) T { return value }

func generic(commands, results []reflect.Type,
	client cdc.Serializer[protocol.Command, core.Result],
	server cdc.Serializer[core.Result, protocol.Command],
) (cln.Codec[*protocol.Service], srv.Codec[*protocol.Service]) {
	return cdc.NewCodec(commands, results, client), cdc.NewCodec(results, commands, server)
}

// jsonSerializer is what codec-json-go adds to codec-go: encoding/json.
type jsonSerializer[T, V any] struct{}

func (jsonSerializer[T, V]) Marshal(value T) ([]byte, error) { return json.Marshal(value) }
func (jsonSerializer[T, V]) Unmarshal(bytes []byte, value V) error {
	return json.Unmarshal(bytes, value)
}

// msgpackSerializer is a MessagePack serializer with the library's defaults.
type msgpackSerializer[T, V any] struct{}

func (msgpackSerializer[T, V]) Marshal(value T) ([]byte, error) { return msgpack.Marshal(value) }
func (msgpackSerializer[T, V]) Unmarshal(bytes []byte, value V) error {
	return msgpack.Unmarshal(bytes, value)
}
