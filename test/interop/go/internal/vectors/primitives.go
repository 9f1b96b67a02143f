package vectors

import (
	"math"
	"time"

	"github.com/mus-format/mus-stream-go"
	"github.com/mus-format/mus-stream-go/ord"
	"github.com/mus-format/mus-stream-go/raw"
	"github.com/mus-format/mus-stream-go/varint"

	"cmd-stream.test/interop/internal/meaning"
	"cmd-stream.test/interop/internal/protocol"
)

// primitives are the parts that MUS payloads are made of, each on its own.
func primitives() *file {
	f := &file{name: "mus-primitives"}
	primitive(f, "varint.Uint64", varint.Uint64, 0, 127, 128, 1<<53-1, 1<<53, math.MaxUint64)
	primitive(f, "varint.Int64", varint.Int64, 0, -1, 1, -64, 63, 64, -65, math.MaxInt32, math.MinInt32,
		1<<53-1, -(1<<53 - 1), 1<<53+1, math.MaxInt64, math.MinInt64)
	primitive(f, "varint.Int32", varint.Int32, 0, -1, math.MaxInt32, math.MinInt32)
	primitive(f, "varint.Uint32", varint.Uint32, 0, 128, math.MaxUint32)
	primitive(f, "varint.Float64", varint.Float64, 0, 1, -1, 0.1, math.Copysign(0, -1), math.Inf(1), math.MaxFloat64)
	primitive(f, "raw.Float64", raw.Float64, 0, 1, -1, 0.1, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(),
		math.MaxFloat64, math.SmallestNonzeroFloat64)
	primitive(f, "raw.Float32", raw.Float32, 0, 1, -0.15625, math.MaxFloat32, float32(math.Inf(1)))
	primitive(f, "raw.Byte", raw.Byte, 0, 127, 128, 255)
	primitive(f, "raw.TimeUnixMilliUTC", raw.TimeUnixMilliUTC, protocol.SampleTime, time.UnixMilli(0), time.UnixMilli(-1))
	primitive(f, "ord.Bool", ord.Bool, false, true)
	primitive(f, "ord.String", ord.String, "", "a", protocol.SampleText)
	primitive(f, "ord.ByteSlice", ord.ByteSlice, []byte{}, []byte{0, 255}, make([]byte, 128))
	primitive(f, "ord.Ptr(varint.Int64)", ord.NewPtrSer(varint.Int64), nil, pointer(int64(0)), pointer(int64(-65)))
	primitive(f, "ord.Ptr(ord.String)", ord.NewPtrSer(ord.String), nil, pointer(""), pointer("set"))
	primitive(f, "ord.Slice(varint.Int64)", ord.NewSliceSer(varint.Int64), []int64{}, []int64{0, -1, 64, math.MaxInt64})
	primitive(f, "ord.Slice(ord.Slice(ord.String))", ord.NewSliceSer(ord.NewSliceSer(ord.String)),
		[][]string{}, [][]string{{}, {"a", ""}, {"世界"}})
	primitive(f, "ord.Map(ord.String,varint.Int64)", ord.NewMapSer(ord.String, varint.Int64),
		map[string]int64{}, map[string]int64{"one": 1})

	refused(f, "varint.Int64", varint.Int64, "nothing", "", "half a number", "ff", "more than 64 bits", "ffffffffffffffffff02")
	refused(f, "varint.Int32", varint.Int32, "more than 32 bits", "ffffffff10")
	refused(f, "varint.Uint32", varint.Uint32, "more than 32 bits", "ffffffff10")
	refused(f, "raw.Float64", raw.Float64, "seven of eight bytes", "00000000000000")
	refused(f, "raw.Float32", raw.Float32, "three of four bytes", "000000")
	refused(f, "ord.Bool", ord.Bool, "nothing", "", "2 is neither", "02", "255 is neither", "ff")
	refused(f, "ord.String", ord.String, "no length", "", "one byte short", "0361", "half a length", "80",
		"a length of 2^62", "808080808080808040", "a length of 2^63, which Go takes for negative", "80808080808080808001")
	refused(f, "ord.ByteSlice", ord.ByteSlice, "one byte short", "0361", "a length of 2^62", "808080808080808040")
	refused(f, "ord.Ptr(varint.Int64)", ord.NewPtrSer(varint.Int64), "nothing", "", "set, but no value", "00",
		"2 is neither set nor nil", "0200")
	refused(f, "ord.Slice(varint.Int64)", ord.NewSliceSer(varint.Int64), "one element short", "0202",
		"a length of 2^62", "808080808080808040")
	refused(f, "ord.Map(ord.String,varint.Int64)", ord.NewMapSer(ord.String, varint.Int64), "a key without a value", "010161")
	return f
}

func primitive[T any](f *file, name string, ser mus.Serializer[T], values ...T) {
	for _, value := range values {
		bytes := write(ser, value)
		read, err := read(ser, bytes)
		must(err)
		f.add(vector{
			codec: "mus", direction: "primitive", primitive: name, about: name, bytes: bytes,
			valid: true, canonical: true, meaning: meaning.Of(read),
		})
	}
}

func refused[T any](f *file, name string, ser mus.Serializer[T], pairs ...string) {
	for about, bytes := range ordered(pairs...) {
		_, err := read(ser, bytes)
		f.add(vector{
			codec: "mus", direction: "primitive", primitive: name, about: about, bytes: bytes,
			failure: failure(err), goError: text(err),
		})
	}
}

func pointer[T any](value T) *T { return &value }
