package codecs

import (
	"fmt"
	"reflect"

	cln "github.com/cmd-stream/cmd-stream-go/client"
	"github.com/cmd-stream/cmd-stream-go/core"
	srv "github.com/cmd-stream/cmd-stream-go/server"
	cdc "github.com/cmd-stream/codec-go"
	"google.golang.org/protobuf/proto"

	"cmd-stream.test/interop/internal/pb"
	"cmd-stream.test/interop/internal/protocol"
)

// protobuf is what codec-protobuf-go makes of codec-go: messages are pointers, so the types are registered as such and
// decoded without the last indirection.
func protobuf() (cln.Codec[*protocol.Service], srv.Codec[*protocol.Service]) {
	client := cdc.NewCodecWithDecoder(pb.CommandTypes, pb.ResultTypes,
		cdc.Serializer[protocol.Command, core.Result](protoSerializer[protocol.Command, core.Result]{}),
		decodeMessage[protocol.Command, core.Result])
	server := cdc.NewCodecWithDecoder(pb.ResultTypes, pb.CommandTypes,
		cdc.Serializer[core.Result, protocol.Command](protoSerializer[core.Result, protocol.Command]{}),
		decodeMessage[core.Result, protocol.Command])
	return client, server
}

type protoSerializer[T, V any] struct{}

func (protoSerializer[T, V]) Marshal(value T) ([]byte, error) {
	message, ok := any(value).(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no Protobuf message", value)
	}
	return proto.Marshal(message)
}

func (protoSerializer[T, V]) Unmarshal(bytes []byte, value V) error {
	message, ok := any(value).(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no Protobuf message", value)
	}
	return proto.Unmarshal(bytes, message)
}

func decodeMessage[T, V any](pointer reflect.Type, serializer cdc.Serializer[T, V], bytes []byte) (V, error) {
	message := reflect.New(pointer.Elem()).Interface().(V)
	if err := serializer.Unmarshal(bytes, message); err != nil {
		var none V
		return none, cdc.NewFailedToUnmarshalValue(err)
	}
	return message, nil
}
