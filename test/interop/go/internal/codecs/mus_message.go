package codecs

import (
	"fmt"
	"reflect"

	cln "github.com/cmd-stream/cmd-stream-go/client"
	"github.com/cmd-stream/cmd-stream-go/core"
	srv "github.com/cmd-stream/cmd-stream-go/server"
	tspt "github.com/cmd-stream/cmd-stream-go/transport"
	com "github.com/mus-format/common-go"
	"github.com/mus-format/mus-stream-go"
	"github.com/mus-format/mus-stream-go/typed"

	"cmd-stream.test/interop/internal/protocol"
)

// musCodec is what codec-mus-stream-go is: a serializer for what is sent, and
// one for what is received.
type musCodec[T, V any] struct {
	outgoing messages[T]
	incoming messages[V]
}

func (c musCodec[T, V]) Encode(value T, w tspt.Writer) (int, error) {
	return c.outgoing.marshal(value, w)
}
func (c musCodec[T, V]) Decode(r tspt.Reader) (V, int, error) { return c.incoming.unmarshal(r) }

func musCodecs(first com.DTM) (cln.Codec[*protocol.Service], srv.Codec[*protocol.Service]) {
	commands := newMessages(first, []message[protocol.Command]{
		messageOf[protocol.Command](addSer),
		messageOf[protocol.Command](countdownSer),
		messageOf[protocol.Command](findSer),
		messageOf[protocol.Command](failSer),
		messageOf[protocol.Command](delaySer),
		messageOf[protocol.Command](echoSer),
		messageOf[protocol.Command](kindsSer),
		messageOf[protocol.Command](specialSer),
	})
	results := newMessages(first, []message[core.Result]{
		messageOf[core.Result](sumSer),
		messageOf[core.Result](tickSer),
		messageOf[core.Result](foundSer),
		messageOf[core.Result](missingSer),
		messageOf[core.Result](doneSer),
		messageOf[core.Result](echoedSer),
		messageOf[core.Result](kindsSer),
		messageOf[core.Result](numberSer),
	})
	return musCodec[protocol.Command, core.Result]{commands, results},
		musCodec[core.Result, protocol.Command]{results, commands}
}

// messages writes and reads values of the interface I: the type number, then
// the fields.
type messages[I any] struct {
	first   com.DTM
	types   []message[I]
	numbers map[reflect.Type]int
}

type message[I any] struct {
	of        reflect.Type
	marshal   func(number com.DTM, value I, w mus.Writer) (int, error)
	unmarshal func(r mus.Reader) (I, int, error)
}

func newMessages[I any](first com.DTM, types []message[I]) messages[I] {
	numbers := make(map[reflect.Type]int, len(types))
	for i, t := range types {
		numbers[t.of] = i
	}
	return messages[I]{first, types, numbers}
}

func messageOf[I, T any](ser mus.Serializer[T]) message[I] {
	return message[I]{
		of: reflect.TypeFor[T](),
		marshal: func(number com.DTM, value I, w mus.Writer) (int, error) {
			return typed.NewSer(number, ser).Marshal(any(value).(T), w)
		},
		unmarshal: func(r mus.Reader) (I, int, error) {
			value, n, err := ser.Unmarshal(r)
			return any(value).(I), n, err
		},
	}
}

func (m messages[I]) marshal(value I, w mus.Writer) (int, error) {
	number, known := m.numbers[reflect.TypeOf(value)]
	if !known {
		return 0, fmt.Errorf("no serializer for %T", value)
	}
	return m.types[number].marshal(m.first+com.DTM(number), value, w)
}

func (m messages[I]) unmarshal(r mus.Reader) (value I, n int, err error) {
	number, n, err := typed.DTMSer.Unmarshal(r)
	if err != nil {
		return
	}
	index := int(number - m.first)
	if number < m.first || index >= len(m.types) {
		err = com.NewUnexpectedDTMError(number)
		return
	}
	value, n1, err := m.types[index].unmarshal(r)
	return value, n + n1, err
}

// structSer writes and reads the fields of T, one behind the other.
type structSer[T any] []field[T]

type field[T any] struct {
	marshal   func(*T, mus.Writer) (int, error)
	unmarshal func(*T, mus.Reader) (int, error)
	size      func(*T) int
	skip      func(mus.Reader) (int, error)
}

func structOf[T any](fields ...field[T]) structSer[T] { return fields }

// at is the field of T that pointer finds, with the serializer of its type.
func at[T, V any](ser mus.Serializer[V], pointer func(*T) *V) field[T] {
	return field[T]{
		marshal: func(t *T, w mus.Writer) (int, error) { return ser.Marshal(*pointer(t), w) },
		unmarshal: func(t *T, r mus.Reader) (n int, err error) {
			*pointer(t), n, err = ser.Unmarshal(r)
			return
		},
		size: func(t *T) int { return ser.Size(*pointer(t)) },
		skip: ser.Skip,
	}
}

func (s structSer[T]) Marshal(value T, w mus.Writer) (n int, err error) {
	for _, f := range s {
		n1, err := f.marshal(&value, w)
		n += n1
		if err != nil {
			return n, err
		}
	}
	return
}

func (s structSer[T]) Unmarshal(r mus.Reader) (value T, n int, err error) {
	for _, f := range s {
		n1, err := f.unmarshal(&value, r)
		n += n1
		if err != nil {
			return value, n, err
		}
	}
	return
}

func (s structSer[T]) Size(value T) (size int) {
	for _, f := range s {
		size += f.size(&value)
	}
	return
}

func (s structSer[T]) Skip(r mus.Reader) (n int, err error) {
	for _, f := range s {
		n1, err := f.skip(r)
		n += n1
		if err != nil {
			return n, err
		}
	}
	return
}
