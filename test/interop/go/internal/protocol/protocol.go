// Package protocol defines the interop protocol: the Commands and Results that
// the Go peers and the TypeScript tests share. A TypeScript protocol that
// lists the same names in the same order speaks the same bytes.
//
// The type number of a Command or a Result is its row; it is the same with
// every codec.
//
//	Commands
//	 # name       Go fields                    answered by
//	 0 Add        A int, B int                 Sum: A + B
//	 1 Countdown  From int                     Tick, From times: N = From ... 1, Last with N = 1
//	                                           (From < 1: the handler fails)
//	 2 Find       Key string                   Found for a key of the table below, else Missing
//	 3 Fail       Message string               nothing: the handler returns an error, the connection closes
//	 4 Delay      Ms int                       Done, after Ms milliseconds
//	 5 Echo       Data []byte, Text string     Echoed with the same fields
//	 6 Kinds      see type Kinds               Kinds with the same fields
//	 7 Special    Name string                  Number: "NaN", "+Inf", "-Inf" or "-0" (else the handler fails)
//
//	Results
//	 # name       Go type                                            last one of its Command
//	 0 Sum        int                                                yes
//	 1 Tick       struct{ N int; Last bool }                         when Last
//	 2 Found      struct{ Key string; Count int; Tags []string }     yes
//	 3 Missing    struct{ Key string }                               yes
//	 4 Done       struct{}                                           yes
//	 5 Echoed     struct{ Data []byte; Text string }                 yes
//	 6 Kinds      see type Kinds                                     yes
//	 7 Number     float64                                            yes
//
//	What Find knows
//	 "apple"      Found{Key: "apple", Count: 3, Tags: ["fruit", "red"]}
//	 "<ключ> & 钥" Found{Key: "<ключ> & 钥", Count: -1, Tags: []}
//
// Where the codecs differ in how a payload is laid out, see packages codecs
// (JSON, MessagePack, MUS) and pb (Protobuf).
package protocol

import (
	"context"
	"reflect"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
)

// Command is a Command of the interop protocol, or of its Protobuf twin.
type Command = core.Cmd[*Service]

// CommandTypes lists the Commands; the index is the type number.
var CommandTypes = []reflect.Type{
	reflect.TypeFor[Add](),
	reflect.TypeFor[Countdown](),
	reflect.TypeFor[Find](),
	reflect.TypeFor[Fail](),
	reflect.TypeFor[Delay](),
	reflect.TypeFor[Echo](),
	reflect.TypeFor[Kinds](),
	reflect.TypeFor[Special](),
}

// ResultTypes lists the Results; the index is the type number.
var ResultTypes = []reflect.Type{
	reflect.TypeFor[Sum](),
	reflect.TypeFor[Tick](),
	reflect.TypeFor[Found](),
	reflect.TypeFor[Missing](),
	reflect.TypeFor[Done](),
	reflect.TypeFor[Echoed](),
	reflect.TypeFor[Kinds](),
	reflect.TypeFor[Number](),
}

// Commands of the protocol.
type (
	// Add asks for A + B.
	Add struct{ A, B int }
	// Countdown asks for the numbers from From down to 1.
	Countdown struct{ From int }
	// Find asks for what is known of Key.
	Find struct{ Key string }
	// Fail asks the handler to return an error with the given message.
	Fail struct{ Message string }
	// Delay asks for an answer after Ms milliseconds.
	Delay struct{ Ms int }
	// Echo asks for its own payload.
	Echo struct {
		Data []byte
		Text string
	}
	// Special asks for a number that JSON cannot write (or loses).
	Special struct{ Name string }
)

// Results of the protocol.
type (
	// Sum answers Add.
	Sum int
	// Tick answers Countdown, many times.
	Tick struct {
		N    int
		Last bool
	}
	// Found answers Find when the key is known.
	Found struct {
		Key   string
		Count int
		Tags  []string
	}
	// Missing answers Find when the key is not known.
	Missing struct{ Key string }
	// Done answers Delay.
	Done struct{}
	// Echoed answers Echo.
	Echoed struct {
		Data []byte
		Text string
	}
	// Number answers Special.
	Number float64
)

func (Sum) LastOne() bool     { return true }
func (r Tick) LastOne() bool  { return r.Last }
func (Found) LastOne() bool   { return true }
func (Missing) LastOne() bool { return true }
func (Done) LastOne() bool    { return true }
func (Echoed) LastOne() bool  { return true }
func (Kinds) LastOne() bool   { return true }
func (Number) LastOne() bool  { return true }

func (c Add) Exec(_ context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	return reply(p, seq, s.Add(c))
}

func (c Countdown) Exec(ctx context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	return s.Countdown(ctx, c, func(tick Tick) error { return reply(p, seq, tick) })
}

func (c Find) Exec(_ context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	return reply(p, seq, s.Find(c))
}

func (c Fail) Exec(_ context.Context, _ core.Seq, _ time.Time, s *Service, _ core.Proxy) error {
	return s.Fail(c)
}

func (c Delay) Exec(ctx context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	if err := s.Delay(ctx, c); err != nil {
		return err
	}
	return reply(p, seq, Done{})
}

func (c Echo) Exec(_ context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	return reply(p, seq, s.Echo(c))
}

func (c Kinds) Exec(_ context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	return reply(p, seq, s.Kinds(c))
}

func (c Special) Exec(_ context.Context, seq core.Seq, _ time.Time, s *Service, p core.Proxy) error {
	number, err := s.Special(c)
	if err != nil {
		return err
	}
	return reply(p, seq, number)
}

func reply(p core.Proxy, seq core.Seq, result core.Result) error {
	_, err := p.Send(seq, result)
	return err
}
