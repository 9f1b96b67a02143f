package codecs

import (
	"time"

	"github.com/mus-format/mus-stream-go/ord"
	"github.com/mus-format/mus-stream-go/raw"
	"github.com/mus-format/mus-stream-go/varint"

	p "cmd-stream.test/interop/internal/protocol"
)

// The MUS layout of each type: its fields in order, nothing between them and
// nothing in front but the type number. The primitives and what they write:
//
//	varint.Int, Int64            zig-zag varint
//	varint.Uint64, PositiveInt   varint
//	varint.Float64               the 64 bits as a varint
//	raw.Byte                     one byte
//	raw.Float64, Float32         8 or 4 bytes, little-endian
//	raw.TimeUnixMilliUTC         milliseconds since 1970: int64, 8 bytes, little-endian
//	ord.Bool                     0 or 1
//	ord.String, ByteSlice        varint length in bytes, the bytes
//	ord.NewSliceSer              varint length in elements, the elements
//	ord.NewMapSer                varint length in entries, key and value in turn
//	ord.NewPtrSer                0 and the value, or 1 for nil
var (
	addSer = structOf(
		at(varint.Int, func(c *p.Add) *int { return &c.A }),
		at(varint.Int, func(c *p.Add) *int { return &c.B }))
	countdownSer = structOf(
		at(varint.Int, func(c *p.Countdown) *int { return &c.From }))
	findSer = structOf(
		at(ord.String, func(c *p.Find) *string { return &c.Key }))
	failSer = structOf(
		at(ord.String, func(c *p.Fail) *string { return &c.Message }))
	delaySer = structOf(
		at(varint.PositiveInt, func(c *p.Delay) *int { return &c.Ms }))
	echoSer = structOf(
		at(ord.ByteSlice, func(c *p.Echo) *[]byte { return &c.Data }),
		at(ord.String, func(c *p.Echo) *string { return &c.Text }))
	specialSer = structOf(
		at(ord.String, func(c *p.Special) *string { return &c.Name }))

	sumSer = structOf(
		at(varint.Int, func(r *p.Sum) *int { return (*int)(r) }))
	tickSer = structOf(
		at(varint.Int, func(r *p.Tick) *int { return &r.N }),
		at(ord.Bool, func(r *p.Tick) *bool { return &r.Last }))
	foundSer = structOf(
		at(ord.String, func(r *p.Found) *string { return &r.Key }),
		at(varint.Int, func(r *p.Found) *int { return &r.Count }),
		at(stringsSer, func(r *p.Found) *[]string { return &r.Tags }))
	missingSer = structOf(
		at(ord.String, func(r *p.Missing) *string { return &r.Key }))
	doneSer   = structOf[p.Done]()
	echoedSer = structOf(
		at(ord.ByteSlice, func(r *p.Echoed) *[]byte { return &r.Data }),
		at(ord.String, func(r *p.Echoed) *string { return &r.Text }))
	numberSer = structOf(
		at(raw.Float64, func(r *p.Number) *float64 { return (*float64)(r) }))

	kindsSer = structOf(
		at(ord.Bool, func(k *p.Kinds) *bool { return &k.Bool }),
		at(varint.Int, func(k *p.Kinds) *int { return &k.Int }),
		at(varint.Int64, func(k *p.Kinds) *int64 { return &k.Low }),
		at(varint.Int64, func(k *p.Kinds) *int64 { return &k.High }),
		at(varint.Uint64, func(k *p.Kinds) *uint64 { return &k.Max }),
		at(raw.Byte, func(k *p.Kinds) *byte { return &k.Byte }),
		at(raw.Float64, func(k *p.Kinds) *float64 { return &k.Double }),
		at(ord.NewSliceSer(varint.Float64), func(k *p.Kinds) *[]float64 { return &k.Doubles }),
		at(raw.Float32, func(k *p.Kinds) *float32 { return &k.Single }),
		at(ord.String, func(k *p.Kinds) *string { return &k.Text }),
		at(ord.ByteSlice, func(k *p.Kinds) *[]byte { return &k.Bytes }),
		at(raw.TimeUnixMilliUTC, func(k *p.Kinds) *time.Time { return &k.Time }),
		at(varint.Int64, func(k *p.Kinds) *int64 { return (*int64)(&k.Duration) }),
		at(innerSer, func(k *p.Kinds) *p.Inner { return &k.Inner }),
		at(ord.NewPtrSer(innerSer), func(k *p.Kinds) **p.Inner { return &k.Set }),
		at(ord.NewPtrSer(innerSer), func(k *p.Kinds) **p.Inner { return &k.Unset }),
		at(ord.NewPtrSer(varint.Int), func(k *p.Kinds) **int { return &k.Number }),
		at(ord.NewSliceSer(varint.Int64), func(k *p.Kinds) *[]int64 { return &k.List }),
		at(stringsSer, func(k *p.Kinds) *[]string { return &k.EmptyList }),
		at(stringsSer, func(k *p.Kinds) *[]string { return &k.NilList }),
		at(innersSer, func(k *p.Kinds) *[]p.Inner { return &k.Structs }),
		at(ord.NewMapSer(ord.String, varint.Int64), func(k *p.Kinds) *map[string]int64 { return &k.Map }),
		at(ord.NewMapSer(ord.String, ord.String), func(k *p.Kinds) *map[string]string { return &k.EmptyMap }),
		at(ord.NewMapSer(ord.String, ord.String), func(k *p.Kinds) *map[string]string { return &k.NilMap }),
		at(ord.NewMapSer(ord.String, innersSer), func(k *p.Kinds) *map[string][]p.Inner { return &k.Nested }),
		at(ord.String, func(k *p.Kinds) *string { return &k.Renamed }),
		at(ord.String, func(k *p.Kinds) *string { return &k.Omitted }))
	innerSer = structOf(
		at(ord.String, func(v *p.Inner) *string { return &v.Name }),
		at(pointSer, func(v *p.Inner) *p.Point { return &v.Point }))
	pointSer = structOf(
		at(varint.Int, func(v *p.Point) *int { return &v.X }),
		at(varint.Int, func(v *p.Point) *int { return &v.Y }))
	stringsSer = ord.NewSliceSer(ord.String)
	innersSer  = ord.NewSliceSer(innerSer)
)
