package vectors

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strings"

	dlgt "github.com/cmd-stream/cmd-stream-go/delegate"
	"github.com/mus-format/mus-stream-go"
	"github.com/mus-format/mus-stream-go/varint"

	"cmd-stream.test/interop/internal/meaning"
	"cmd-stream.test/interop/internal/protocol"
)

// varints are unsigned varints of up to 64 bits: sequence numbers, types, lengths.
func varints() *file {
	f := &file{name: "varint"}
	numbers := []uint64{0, 1, 2, 64}
	for bits := 7; bits <= 63; bits += 7 {
		numbers = append(numbers, 1<<bits-1, 1<<bits)
	}
	numbers = append(numbers, 255, 256, 300, 1<<16, 1<<31-1, 1<<31, 1<<32-1, 1<<32, 1<<53-1, 1<<53, 1<<63-1, math.MaxUint64)
	for _, number := range numbers {
		f.varint(fmt.Sprint(number), write(varint.Uint64, number), true)
	}

	for about, bytes := range ordered(
		"0 in two bytes", "8000",
		"1 in two bytes", "8100",
		"1 in three bytes", "818000",
		"127 in two bytes", "ff00",
		"0 in ten bytes", "80808080808080808000",
		"2^63 - 1 in ten bytes", "ffffffffffffffffff00",
	) {
		f.varint(about, bytes, false)
	}
	for about, bytes := range ordered(
		"nothing", "",
		"the first of two bytes", "80",
		"one byte of 300", "ac",
		"two of three bytes", "ffff",
		"nine of ten bytes", "ffffffffffffffffff",
		"65 bits: the tenth byte is 2", "80808080808080808002",
		"the tenth byte is 127", "ffffffffffffffffff7f",
		"an eleventh byte announced", "80808080808080808080",
		"eleven bytes", "8080808080808080808001",
		"a tenth byte that goes on, with nothing in it", "8080808080808080808000",
	) {
		f.varint(about, bytes, false)
	}
	return f
}

func (f *file) varint(about string, bytes []byte, canonical bool) {
	number, err := read(varint.Uint64, bytes)
	f.add(outcome(vector{codec: "any", direction: "varint", about: about, bytes: bytes, canonical: canonical},
		meaning.Of(number), err))
}

// outcome completes a vector by what Go has read.
func outcome(v vector, value any, err error) vector {
	if err != nil {
		v.failure, v.goError = failure(err), text(err)
		return v
	}
	v.valid, v.meaning = true, value
	return v
}

func serverInfos() *file {
	f := &file{name: "server-info"}
	for _, info := range []string{
		"x", "default", "default;cancel;deadline", "сервер 1.0 <&>", "\x00\x01\x7f",
		strings.Repeat("i", 127), strings.Repeat("i", 128), strings.Repeat("0123456789abcdef", 64),
	} {
		bytes := writeServerInfo(info)
		f.serverInfo(fmt.Sprintf("%d bytes", len(info)), bytes, info, true)
	}
	f.serverInfo("its length in two bytes", unhex("870064656661756c74"), "default", false)

	f.serverInfo("no bytes: equal to none that a server may have", writeServerInfo(""), "default", true)
	f.serverInfo("1025 bytes: over the limit", writeServerInfo(strings.Repeat("i", 1025)), "default", true)
	f.serverInfo("other bytes than expected", writeServerInfo("defaulT"), "default", true)
	whole := writeServerInfo("default")
	f.serverInfo("nothing", nil, "default", true)
	f.serverInfo("its length only", whole[:1], "default", true)
	f.serverInfo("one byte short", whole[:len(whole)-1], "default", true)
	f.serverInfo("half of its length", unhex("80"), "default", true)
	f.serverInfo("a length of 2^31", unhex("8080808008"), "default", true)
	f.serverInfo("a length of 2^63, which Go takes for negative", unhex("80808080808080808001"), "default", true)
	f.serverInfo("a length of more than 64 bits", unhex("ffffffffffffffffff7f"), "default", true)
	return f
}

func (f *file) serverInfo(about string, bytes []byte, expected string, canonical bool) {
	err := readServerInfo(bytes, expected)
	f.add(outcome(vector{codec: "any", direction: "server-info", about: about, bytes: bytes, canonical: canonical},
		expected, err))
}

func pings() *file {
	f := &file{name: "ping"}
	codec := anyCodec()
	f.ping("Ping, client to server", writeCommand(codec, 0, dlgt.PingCmd[*protocol.Service]{}), true)
	f.ping("Pong, server to client", writeResult(codec, 0, dlgt.PongResult{}), true)
	f.ping("a Ping or Pong in two bytes", unhex("8000"), false)
	return f
}

func (f *file) ping(about string, bytes []byte, canonical bool) {
	_, command, err := readCommand(anyCodec(), bytes)
	must(err)
	_ = command.(dlgt.PingCmd[*protocol.Service])
	_, result, err := readResult(anyCodec(), bytes)
	must(err)
	_ = result.(dlgt.PongResult)
	f.add(vector{
		codec: "any", direction: "ping", about: about, bytes: bytes, canonical: canonical,
		valid: true, meaning: meaning.Object{{Name: "seq", Value: 0}},
	})
}

func write[T any](ser mus.Serializer[T], value T) []byte {
	var buffer bytes.Buffer
	_, err := ser.Marshal(value, &buffer)
	must(err)
	return buffer.Bytes()
}

func read[T any](ser mus.Serializer[T], bytes []byte) (value T, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	reader := bufio.NewReader(connWith(bytes))
	value, n, err := ser.Unmarshal(reader)
	if err == nil && n != len(bytes) {
		panic(fmt.Sprintf("read %d of %d bytes", n, len(bytes)))
	}
	return value, err
}
