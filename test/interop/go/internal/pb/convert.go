package pb

import (
	"fmt"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cmd-stream.test/interop/internal/protocol"
)

// FromCommand makes the message of a plain Command.
func FromCommand(command protocol.Command) protocol.Command {
	switch c := command.(type) {
	case protocol.Add:
		return &Add{A: int64(c.A), B: int64(c.B)}
	case protocol.Countdown:
		return &Countdown{From: int64(c.From)}
	case protocol.Find:
		return &Find{Key: c.Key}
	case protocol.Fail:
		return &Fail{Message: c.Message}
	case protocol.Delay:
		return &Delay{Ms: int64(c.Ms)}
	case protocol.Echo:
		return &Echo{Data: c.Data, Text: c.Text}
	case protocol.Kinds:
		return fromKinds(c)
	case protocol.Special:
		return &Special{Name: c.Name}
	default:
		panic(fmt.Sprintf("no message for %T", command))
	}
}

// ToCommand makes the plain Command of a message.
func ToCommand(command protocol.Command) protocol.Command {
	switch c := command.(type) {
	case *Add:
		return protocol.Add{A: int(c.A), B: int(c.B)}
	case *Countdown:
		return protocol.Countdown{From: int(c.From)}
	case *Find:
		return protocol.Find{Key: c.Key}
	case *Fail:
		return protocol.Fail{Message: c.Message}
	case *Delay:
		return protocol.Delay{Ms: int(c.Ms)}
	case *Echo:
		return protocol.Echo{Data: c.Data, Text: c.Text}
	case *Kinds:
		return toKinds(c)
	case *Special:
		return protocol.Special{Name: c.Name}
	default:
		panic(fmt.Sprintf("no plain Command for %T", command))
	}
}

// FromResult makes the message of a plain Result.
func FromResult(result core.Result) core.Result {
	switch r := result.(type) {
	case protocol.Sum:
		return &Sum{Value: int64(r)}
	case protocol.Tick:
		return &Tick{N: int64(r.N), Last: r.Last}
	case protocol.Found:
		return &Found{Key: r.Key, Count: int64(r.Count), Tags: r.Tags}
	case protocol.Missing:
		return &Missing{Key: r.Key}
	case protocol.Done:
		return &Done{}
	case protocol.Echoed:
		return &Echoed{Data: r.Data, Text: r.Text}
	case protocol.Kinds:
		return fromKinds(r)
	case protocol.Number:
		return &Number{Value: float64(r)}
	default:
		panic(fmt.Sprintf("no message for %T", result))
	}
}

// ToResult makes the plain Result of a message.
func ToResult(result core.Result) core.Result {
	switch r := result.(type) {
	case *Sum:
		return protocol.Sum(r.Value)
	case *Tick:
		return protocol.Tick{N: int(r.N), Last: r.Last}
	case *Found:
		return protocol.Found{Key: r.Key, Count: int(r.Count), Tags: r.Tags}
	case *Missing:
		return protocol.Missing{Key: r.Key}
	case *Done:
		return protocol.Done{}
	case *Echoed:
		return protocol.Echoed{Data: r.Data, Text: r.Text}
	case *Kinds:
		return toKinds(r)
	case *Number:
		return protocol.Number(r.Value)
	default:
		panic(fmt.Sprintf("no plain Result for %T", result))
	}
}

func fromKinds(k protocol.Kinds) *Kinds {
	message := &Kinds{
		Bool:      k.Bool,
		Int:       int32(k.Int),
		Low:       k.Low,
		High:      k.High,
		Max:       k.Max,
		Byte:      uint32(k.Byte),
		Double:    k.Double,
		Doubles:   k.Doubles,
		Single:    k.Single,
		Text:      k.Text,
		Bytes:     k.Bytes,
		Duration:  int64(k.Duration),
		Inner:     fromInner(&k.Inner),
		Set:       fromInner(k.Set),
		Unset:     fromInner(k.Unset),
		List:      k.List,
		EmptyList: k.EmptyList,
		NilList:   k.NilList,
		Structs:   fromInners(k.Structs),
		Map:       k.Map,
		EmptyMap:  k.EmptyMap,
		NilMap:    k.NilMap,
		Renamed:   k.Renamed,
		Omitted:   k.Omitted,
	}
	if !k.Time.IsZero() {
		message.Time = timestamppb.New(k.Time)
	}
	if k.Number != nil {
		number := int64(*k.Number)
		message.Number = &number
	}
	if k.Nested != nil {
		message.Nested = make(map[string]*InnerList, len(k.Nested))
		for key, list := range k.Nested {
			message.Nested[key] = &InnerList{Items: fromInners(list)}
		}
	}
	return message
}

func toKinds(m *Kinds) protocol.Kinds {
	kinds := protocol.Kinds{
		Bool:      m.Bool,
		Int:       int(m.Int),
		Low:       m.Low,
		High:      m.High,
		Max:       m.Max,
		Byte:      uint8(m.Byte),
		Double:    m.Double,
		Doubles:   m.Doubles,
		Single:    m.Single,
		Text:      m.Text,
		Bytes:     m.Bytes,
		Duration:  time.Duration(m.Duration),
		Set:       toInner(m.Set),
		Unset:     toInner(m.Unset),
		List:      m.List,
		EmptyList: m.EmptyList,
		NilList:   m.NilList,
		Structs:   toInners(m.Structs),
		Map:       m.Map,
		EmptyMap:  m.EmptyMap,
		NilMap:    m.NilMap,
		Renamed:   m.Renamed,
		Omitted:   m.Omitted,
	}
	if m.Time != nil {
		kinds.Time = m.Time.AsTime()
	}
	if inner := toInner(m.Inner); inner != nil {
		kinds.Inner = *inner
	}
	if m.Number != nil {
		number := int(*m.Number)
		kinds.Number = &number
	}
	if m.Nested != nil {
		kinds.Nested = make(map[string][]protocol.Inner, len(m.Nested))
		for key, list := range m.Nested {
			kinds.Nested[key] = toInners(list.GetItems())
		}
	}
	return kinds
}

func fromInner(inner *protocol.Inner) *Inner {
	if inner == nil {
		return nil
	}
	return &Inner{Name: inner.Name, Point: &Point{X: int32(inner.Point.X), Y: int32(inner.Point.Y)}}
}

func toInner(m *Inner) *protocol.Inner {
	if m == nil {
		return nil
	}
	return &protocol.Inner{
		Name:  m.Name,
		Point: protocol.Point{X: int(m.GetPoint().GetX()), Y: int(m.GetPoint().GetY())},
	}
}

func fromInners(list []protocol.Inner) []*Inner {
	messages := make([]*Inner, len(list))
	for i := range list {
		messages[i] = fromInner(&list[i])
	}
	return messages
}

func toInners(messages []*Inner) []protocol.Inner {
	list := make([]protocol.Inner, len(messages))
	for i, m := range messages {
		list[i] = *toInner(m)
	}
	return list
}
