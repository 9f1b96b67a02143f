// Package traced has Commands that carry their trace, in the form in which otelcmd-stream-go sends them, and the hooks and the
// invoker that write and read it. That module cannot be had from everywhere; its wire form is that of one struct.
package traced

import (
	"context"
	"errors"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
)

// Greeter is what the Commands are executed on.
type Greeter struct{}

// Cmd is a Command that carries its trace: MapCarrier is what a propagator has written.
type Cmd[V core.Cmd[Greeter]] struct {
	MapCarrier *map[string]string
	Cmd        V
}

// NewCmd makes one whose trace is yet to be written.
func NewCmd[V core.Cmd[Greeter]](command V) Cmd[V] {
	return Cmd[V]{MapCarrier: new(map[string]string), Cmd: command}
}

// Exec executes the Command within.
func (c Cmd[V]) Exec(ctx context.Context, seq core.Seq, at time.Time, greeter Greeter, proxy core.Proxy) error {
	return c.Cmd.Exec(ctx, seq, at, greeter, proxy)
}

func (c Cmd[V]) carrier() map[string]string {
	if c.MapCarrier == nil {
		return nil
	}
	return *c.MapCarrier
}

func (c Cmd[V]) setCarrier(carrier map[string]string) { *c.MapCarrier = carrier }

// carrying is a Command that carries its trace, whatever it does.
type carrying interface {
	carrier() map[string]string
	setCarrier(map[string]string)
}

// Greet is answered by a Greeting.
type Greet struct{ Name string }

// Exec answers; nobody cannot be greeted.
func (g Greet) Exec(_ context.Context, seq core.Seq, _ time.Time, _ Greeter, proxy core.Proxy) error {
	if g.Name == "" {
		return errors.New("nobody to greet")
	}
	_, err := proxy.Send(seq, Greeting("Hello, "+g.Name))
	return err
}

// Greeting is the last Result of its Command.
type Greeting string

// LastOne is true.
func (Greeting) LastOne() bool { return true }
