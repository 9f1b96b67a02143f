package vectors

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"cmd-stream.test/interop/internal/meaning"
	p "cmd-stream.test/interop/internal/protocol"
)

// refuseLengthPrefixed adds what codec-go refuses, whatever the payload is.
func (f *codecFile) refuseLengthPrefixed() {
	command := writeCommand(f.Codec, 128, f.Command(p.Find{Key: strings.Repeat("k", 150)}))
	f.refuseCommands(
		"ends inside the sequence number", cut(command, 1),
		"ends behind the sequence number", cut(command, 2),
		"ends behind the type", cut(command, 3),
		"ends inside the length", cut(command, 4),
		"ends behind the length", cut(command, 5),
		"ends behind the first byte of the payload", cut(command, 6),
		"ends inside the payload", cut(command, 100),
		"ends before the last byte of the payload", cut(command, len(command)-1),
	)
	result := writeResult(f.Codec, 1, f.Result(p.Missing{Key: "pear"}))
	f.refuseResults(
		"ends behind the sequence number", cut(result, 1),
		"ends behind the type", cut(result, 2),
		"ends behind the length", cut(result, 3),
		"ends before the last byte of the payload", cut(result, len(result)-1),
	)
	f.refuseCommands(
		"a sequence number of more than 64 bits", "ffffffffffffffffff7f"+"00"+"02"+"0000",
		"a type of more than 64 bits", "01"+"ffffffffffffffffff7f"+"02"+"0000",
		"the first type that is not declared", "01"+"08"+"02"+"0000",
		"type 127", "01"+"7f"+"02"+"0000",
		"type 2^31", "01"+"8080808008"+"02"+"0000",
		"type 2^64 - 1, which Go takes for -1", "01"+"ffffffffffffffffff01"+"02"+"0000",
		"a length of more than 64 bits", "01"+"00"+"ffffffffffffffffff7f"+"0000",
		"a length of 2^50", "01"+"00"+"8080808080808002"+"0000",
		"a length of 2^62", "01"+"00"+"808080808080808040"+"0000",
		"a length of 2^63, which Go takes for negative", "01"+"00"+"80808080808080808001"+"0000",
	)
	f.refuseResults(
		"the first type that is not declared", "01"+"08"+"02"+"0000",
		"the second type that is not declared", "01"+"09"+"02"+"0000",
		"a length of 2^62", "01"+"00"+"808080808080808040"+"0000",
	)
	switch f.Name {
	case "json":
		f.refusePayloads("{\"A\":2,", "", "{\"A\":2,\"B\":3}}", "{'A':2}", "nul", "\"A")
	case "msgpack":
		f.refusePayloads("\x82\xa1A\x02", "", "\xc1", "\x82\xa1A\x02\xa1B\xcd\x01")
	case "protobuf":
		f.refusePayloads("\x08", "\x0f", "\x00", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\x0a\x05ab")
	}
}

// refusePayloads adds frames of type 0 that are sound, but whose payload is not.
func (f *codecFile) refusePayloads(payloads ...string) {
	for _, payload := range payloads {
		about := fmt.Sprintf("a payload that is none: %q", payload)
		bytes := slices.Concat([]byte{1, 0, byte(len(payload))}, []byte(payload))
		f.commandBytes(about, bytes, false)
		f.mustBeRefused()
		f.resultBytes(about, bytes, false)
		f.mustBeRefused()
	}
}

// refuseMUS adds what the MUS serializers refuse; there is no length around a payload.
func (f *codecFile) refuseMUS() {
	f.commandBytes("sequence number and type each in a byte more than they need", unhex("8100"+"8000"+"0406"), false)
	command := writeCommand(f.Codec, 128, p.Echo{Data: []byte{1, 2, 3}, Text: strings.Repeat("t", 150)})
	f.refuseCommands(
		"ends inside the sequence number", cut(command, 1),
		"ends behind the sequence number", cut(command, 2),
		"ends behind the type", cut(command, 3),
		"ends behind the length of the bytes", cut(command, 4),
		"ends inside the bytes", cut(command, 6),
		"ends behind the first field", cut(command, 7),
		"ends inside the length of the text", cut(command, 8),
		"ends inside the text", cut(command, 50),
		"ends before the last byte of the text", cut(command, len(command)-1),
		"ends inside a number", "01"+"00"+"ff",
		"ends between two numbers", "01"+"00"+"04",
	)
	kinds := writeCommand(f.Codec, 1, p.SampleKinds(true))
	for _, length := range []int{20, 40, 60, len(kinds) / 2, len(kinds) - 30, len(kinds) - 1} {
		f.refuseCommands(fmt.Sprintf("ends inside Kinds, after %d bytes", length), cut(kinds, length))
	}
	f.refuseCommands(
		"a sequence number of more than 64 bits", "ffffffffffffffffff7f"+"00"+"0406",
		"a type of more than 64 bits", "01"+"ffffffffffffffffff7f"+"0406",
		"a number of more than 64 bits", "01"+"00"+"ffffffffffffffffff02"+"06",
		"the first type that is not declared", "01"+"08"+"0000",
		"type 2^31", "01"+"8080808008"+"0000",
		"type 2^64 - 1, which Go takes for -1", "01"+"ffffffffffffffffff01"+"0000",
		"a text of 2^62 bytes", "01"+"02"+"808080808080808040"+"0000",
		"a text of 2^63 bytes, which Go takes for negative", "01"+"02"+"80808080808080808001"+"0000",
	)
	f.refuseResults(
		"ends behind the type", "01"+"00",
		"ends before the last field", "01"+"01"+"04",
		"a truth value of 2", "01"+"01"+"04"+"02",
		"the first type that is not declared", "01"+"08"+"0000",
		"the second type that is not declared", "01"+"09"+"0000",
		"a list of 2^62 elements", "01"+"02"+"0161"+"06"+"808080808080808040",
	)
}

func cut(frame []byte, length int) string { return hex.EncodeToString(frame[:length]) }

// refuseCommands adds bytes that must be refused, in pairs with what is wrong with them.
func (f *codecFile) refuseCommands(pairs ...string) {
	for about, bytes := range ordered(pairs...) {
		f.commandBytes(about, bytes, false)
		f.mustBeRefused()
	}
}

func (f *codecFile) refuseResults(pairs ...string) {
	for about, bytes := range ordered(pairs...) {
		f.resultBytes(about, bytes, false)
		f.mustBeRefused()
	}
}

func (f *codecFile) mustBeRefused() {
	if last := f.vectors[len(f.vectors)-1]; last.valid {
		panic(last.id + ": " + last.about + ": Go takes it: " + scalar(meaning.Object{{Name: "meaning", Value: last.meaning}}))
	}
}
