package vectors

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/cmd-stream/cmd-stream-go/core"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/meaning"
	"cmd-stream.test/interop/internal/pb"
	p "cmd-stream.test/interop/internal/protocol"
)

// messages are the Commands and Results of one codec.
func messages(codecName string) *file {
	codec, err := codecs.New(codecName, 0)
	must(err)
	f := &codecFile{file: &file{name: codecName}, Codec: codec}
	// Only encoding/json writes the entries of a map in an order.
	sample := p.SampleKinds(codecName != "json")

	for _, command := range []p.Command{
		p.Add{A: 2, B: 3}, p.Add{}, p.Add{A: -1, B: 128}, p.Add{A: math.MaxInt64, B: math.MinInt64},
		p.Add{A: 1<<53 - 1, B: -(1<<53 - 1)},
		p.Countdown{From: 3}, p.Countdown{From: 1000},
		p.Find{Key: "apple"}, p.Find{Key: p.UnicodeKey}, p.Find{},
		p.Fail{Message: "no <such> luck"},
		p.Delay{Ms: 250},
		p.Echo{Data: []byte{}, Text: ""}, p.Echo{Data: []byte{0, 127, 128, 255}, Text: p.SampleText},
		p.Echo{Data: slices.Repeat([]byte{0xa5}, 128), Text: strings.Repeat("世", 100)},
		p.Kinds{Time: p.SampleTime}, sample,
		p.Special{Name: "NaN"},
	} {
		f.command(1, command)
	}
	for _, result := range []core.Result{
		p.Sum(5), p.Sum(0), p.Sum(-300), p.Sum(math.MaxInt64), p.Sum(math.MinInt64),
		p.Tick{N: 2}, p.Tick{N: 1, Last: true},
		p.Found{Key: "apple", Count: 3, Tags: []string{"fruit", "red"}},
		p.Found{Key: p.UnicodeKey, Count: -1, Tags: []string{}}, p.Found{},
		p.Missing{Key: "pear"},
		p.Done{},
		p.Echoed{Data: []byte{}, Text: ""}, p.Echoed{Data: []byte{0, 127, 128, 255}, Text: p.SampleText},
		p.Kinds{Time: p.SampleTime}, sample,
		p.Number(0.1), p.Number(math.Copysign(0, -1)), p.Number(math.MaxFloat64),
	} {
		f.result(1, result)
	}
	if !codec.RefusesSpecials {
		for _, number := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			f.result(1, p.Number(number))
		}
	}
	for _, seq := range []core.Seq{127, 128, 16383, 16384, 1 << 31, 1<<32 + 1, 1<<53 - 1, 1 << 53, math.MaxInt64} {
		f.command(seq, p.Add{A: 2, B: 3})
		f.result(seq, p.Sum(5))
	}
	if codecName == "mus" {
		f.refuseMUS()
		return f.file
	}
	f.lengths()
	f.refuseLengthPrefixed()
	return f.file
}

type codecFile struct {
	*file
	codecs.Codec
}

func (f *codecFile) command(seq core.Seq, plain p.Command) {
	bytes := writeCommand(f.Codec, seq, f.Command(plain))
	f.commandBytes(about(seq, plain), bytes, true)
}

func (f *codecFile) commandBytes(about string, bytes []byte, canonical bool) {
	seq, command, err := readCommand(f.Codec, bytes)
	v := vector{codec: f.Name, direction: "command", about: about, bytes: bytes, canonical: canonical}
	if err != nil {
		f.add(outcome(v, nil, err))
		return
	}
	f.add(outcome(v, message(seq, number(command, p.CommandTypes, pb.CommandTypes), command), nil))
}

func (f *codecFile) result(seq core.Seq, plain core.Result) {
	bytes := writeResult(f.Codec, seq, f.Result(plain))
	f.resultBytes(about(seq, plain), bytes, true)
}

func (f *codecFile) resultBytes(about string, bytes []byte, canonical bool) {
	seq, result, err := readResult(f.Codec, bytes)
	v := vector{codec: f.Name, direction: "result", about: about, bytes: bytes, canonical: canonical}
	if err != nil {
		f.add(outcome(v, nil, err))
		return
	}
	f.add(outcome(v, message(seq, number(result, p.ResultTypes, pb.ResultTypes), result), nil))
}

func about(seq core.Seq, plain any) string {
	text := fmt.Sprintf("%+v", plain)
	if len(text) > 40 {
		text = "..."
	}
	return fmt.Sprintf("seq %d: %s %s", seq, meaning.TypeName(plain), text)
}

func message(seq core.Seq, number int, value any) meaning.Object {
	return meaning.Object{
		{Name: "seq", Value: meaning.Of(int64(seq))},
		{Name: "type", Value: meaning.TypeName(value)},
		{Name: "number", Value: number},
		{Name: "value", Value: meaning.Of(value)},
	}
}

// number is the type number of a value.
func number(value any, lists ...[]reflect.Type) int {
	for _, list := range lists {
		if i := slices.Index(list, reflect.TypeOf(value)); i >= 0 {
			return i
		}
	}
	panic(fmt.Sprintf("%T has no number", value))
}

// lengths are payloads around the places where their length takes a byte more.
func (f *codecFile) lengths() {
	overhead := f.payloadBytes(p.Find{Key: strings.Repeat("k", 100)}) - 100
	for _, bytes := range []int{127, 128, 16383, 16384} {
		key := strings.Repeat("k", bytes-overhead)
		for f.payloadBytes(p.Find{Key: key}) > bytes {
			key = key[1:]
		}
		f.commandBytes(fmt.Sprintf("a payload of %d bytes", bytes), writeCommand(f.Codec, 1, f.Command(p.Find{Key: key})), true)
	}
	whole := writeCommand(f.Codec, 1, f.Command(p.Add{A: 2, B: 3}))
	f.commandBytes("sequence number, type and length each in a byte more than they need",
		slices.Concat(unhex("81008000"), []byte{whole[2] | 0x80, 0}, whole[3:]), false)
}

func (f *codecFile) payloadBytes(command p.Command) int {
	frame := writeCommand(f.Codec, 1, f.Command(command))
	payload := len(frame) - 2 // sequence number and type
	switch {
	case payload-1 < 1<<7:
		return payload - 1
	case payload-2 < 1<<14:
		return payload - 2
	default:
		return payload - 3
	}
}
