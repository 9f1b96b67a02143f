// Package pb is the Protobuf twin of package protocol: the same Commands and
// Results, under the same type numbers, as generated messages. codec-go asks
// that a Command or Result is itself what the serializer takes, so the methods
// stand on the messages.
package pb

import (
	"context"
	"reflect"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"

	"cmd-stream.test/interop/internal/protocol"
)

// CommandTypes lists the Commands; the index is the type number.
var CommandTypes = []reflect.Type{
	reflect.TypeFor[*Add](),
	reflect.TypeFor[*Countdown](),
	reflect.TypeFor[*Find](),
	reflect.TypeFor[*Fail](),
	reflect.TypeFor[*Delay](),
	reflect.TypeFor[*Echo](),
	reflect.TypeFor[*Kinds](),
	reflect.TypeFor[*Special](),
}

// ResultTypes lists the Results; the index is the type number.
var ResultTypes = []reflect.Type{
	reflect.TypeFor[*Sum](),
	reflect.TypeFor[*Tick](),
	reflect.TypeFor[*Found](),
	reflect.TypeFor[*Missing](),
	reflect.TypeFor[*Done](),
	reflect.TypeFor[*Echoed](),
	reflect.TypeFor[*Kinds](),
	reflect.TypeFor[*Number](),
}

func (*Sum) LastOne() bool     { return true }
func (r *Tick) LastOne() bool  { return r.GetLast() }
func (*Found) LastOne() bool   { return true }
func (*Missing) LastOne() bool { return true }
func (*Done) LastOne() bool    { return true }
func (*Echoed) LastOne() bool  { return true }
func (*Kinds) LastOne() bool   { return true }
func (*Number) LastOne() bool  { return true }

// proxy turns the Results of the plain Commands into messages on their way out.
type proxy struct{ core.Proxy }

func (p proxy) Send(seq core.Seq, result core.Result) (int, error) {
	return p.Proxy.Send(seq, FromResult(result))
}

type service = protocol.Service

func (c *Add) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Countdown) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Find) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Fail) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Delay) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Echo) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Kinds) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}

func (c *Special) Exec(ctx context.Context, seq core.Seq, at time.Time, s *service, p core.Proxy) error {
	return ToCommand(c).Exec(ctx, seq, at, s, proxy{p})
}
