package traced

import (
	"encoding/json"
	"fmt"
	"reflect"

	cln "github.com/cmd-stream/cmd-stream-go/client"
	"github.com/cmd-stream/cmd-stream-go/core"
	srv "github.com/cmd-stream/cmd-stream-go/server"
	cdc "github.com/cmd-stream/codec-go"
	"github.com/vmihailenco/msgpack/v5"
)

type command = core.Cmd[Greeter]

// NewCodecs makes the codecs of both sides: json or msgpack.
func NewCodecs(name string) (cln.Codec[Greeter], srv.Codec[Greeter], error) {
	formats := map[string]format{
		"json":    {json.Marshal, json.Unmarshal},
		"msgpack": {msgpack.Marshal, msgpack.Unmarshal},
	}
	f, known := formats[name]
	if !known {
		return nil, nil, fmt.Errorf("no codec is called %q", name)
	}
	commands := []reflect.Type{reflect.TypeFor[Cmd[Greet]]()}
	results := []reflect.Type{reflect.TypeFor[Greeting]()}
	return cdc.NewCodec(commands, results, serializer[command, core.Result]{f}),
		cdc.NewCodec(results, commands, serializer[core.Result, command]{f}), nil
}

type format struct {
	marshal   func(any) ([]byte, error)
	unmarshal func([]byte, any) error
}

type serializer[T, V any] struct{ format }

func (s serializer[T, V]) Marshal(value T) ([]byte, error)       { return s.marshal(value) }
func (s serializer[T, V]) Unmarshal(bytes []byte, value V) error { return s.unmarshal(bytes, value) }
