package protocol

import (
	"math"
	"time"
)

// Kinds has a field of every kind that a Go payload usually has. It is both a
// Command and the Result that answers it.
type Kinds struct {
	Bool      bool
	Int       int
	Low       int64  // the smallest int64, in the samples
	High      int64  // the largest int64
	Max       uint64 // the largest uint64
	Byte      uint8
	Double    float64
	Doubles   []float64
	Single    float32
	Text      string
	Bytes     []byte
	Time      time.Time // a whole number of milliseconds: JavaScript has no more
	Duration  time.Duration
	Inner     Inner
	Set       *Inner
	Unset     *Inner
	Number    *int
	List      []int64
	EmptyList []string
	NilList   []string
	Structs   []Inner
	Map       map[string]int64
	EmptyMap  map[string]string
	NilMap    map[string]string
	Nested    map[string][]Inner
	Renamed   string `json:"renamed" msgpack:"renamed"`
	Omitted   string `json:"omitted,omitempty" msgpack:"omitted,omitempty"`
}

// Inner is a struct inside Kinds.
type Inner struct {
	Name  string
	Point Point
}

// Point is a struct inside Inner.
type Point struct{ X, Y int }

// SampleTime is the time in the samples.
var SampleTime = time.Date(2026, time.May, 1, 12, 34, 56, 789_000_000, time.UTC)

// SampleText has what a text may have: several planes of Unicode, HTML,
// quotes, controls, and the line separators that JSON may carry but old
// JavaScript source may not.
const SampleText = "Grüße, 世界 🚀 <b>&amp;</b> 'q' \"Q\" \\ / \t\r\n\x00\x7f\u2028\u2029 e\u0301"

// SampleKinds makes the value with every field at an interesting place. With
// singleEntryMaps no map has more than one entry: most codecs write entries in
// an order that changes from run to run.
func SampleKinds(singleEntryMaps bool) Kinds {
	answer := 42
	sample := Kinds{
		Bool:      true,
		Int:       -123456789,
		Low:       math.MinInt64,
		High:      math.MaxInt64,
		Max:       math.MaxUint64,
		Byte:      200,
		Double:    math.Pi,
		Doubles:   []float64{math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), 0.1, 1e21, -1e-7},
		Single:    0.15625,
		Text:      SampleText,
		Bytes:     []byte{0, 1, 127, 128, 255},
		Time:      SampleTime,
		Duration:  90 * time.Second,
		Inner:     Inner{Name: "inner", Point: Point{X: -1, Y: 1}},
		Set:       &Inner{Name: "set", Point: Point{X: math.MaxInt32, Y: math.MinInt32}},
		Number:    &answer,
		List:      []int64{0, -1, 1, 9007199254740991, -9007199254740991, 9007199254740993},
		EmptyList: []string{},
		Structs:   []Inner{{Name: "first"}, {Name: "", Point: Point{X: 3, Y: 4}}},
		Map:       map[string]int64{"one": 1},
		EmptyMap:  map[string]string{},
		Nested:    map[string][]Inner{"list": {{Name: "deep"}}},
		Renamed:   "by its tag",
	}
	if !singleEntryMaps {
		sample.Map["zwei"] = 2
		sample.Map["три"] = 3
		sample.Nested[""] = []Inner{}
		sample.Nested["<&>"] = []Inner{{Name: "x", Point: Point{X: 1}}, {Name: "y", Point: Point{Y: 1}}}
	}
	return sample
}

// FlattenNil makes nil lists and maps empty and omits no difference else:
// what is left of a value that has travelled with a codec that knows no nil
// (MUS, and Protobuf, which cannot tell the two apart either).
func FlattenNil(k Kinds) Kinds {
	k.Bytes = orEmpty(k.Bytes)
	k.Doubles = orEmpty(k.Doubles)
	k.List = orEmpty(k.List)
	k.EmptyList = orEmpty(k.EmptyList)
	k.NilList = orEmpty(k.NilList)
	k.Structs = orEmpty(k.Structs)
	k.Map = orEmptyMap(k.Map)
	k.EmptyMap = orEmptyMap(k.EmptyMap)
	k.NilMap = orEmptyMap(k.NilMap)
	nested := make(map[string][]Inner, len(k.Nested))
	for key, list := range k.Nested {
		nested[key] = orEmpty(list)
	}
	k.Nested = nested
	return k
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orEmptyMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}
