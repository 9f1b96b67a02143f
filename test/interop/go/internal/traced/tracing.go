package traced

import (
	"context"
	"io"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
	hks "github.com/cmd-stream/cmd-stream-go/sender/hooks"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"encoding/json"
)

var propagator = propagation.TraceContext{}

// NewProvider writes each span as a line of JSON once it has ended.
func NewProvider(out io.Writer) *sdk.TracerProvider {
	return sdk.NewTracerProvider(sdk.WithSyncer(lines{json.NewEncoder(out)}))
}

type lines struct{ out *json.Encoder }

func (l lines) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	for _, span := range spans {
		err := l.out.Encode(map[string]string{
			"span":   span.Name(),
			"kind":   span.SpanKind().String(),
			"trace":  span.SpanContext().TraceID().String(),
			"id":     span.SpanContext().SpanID().String(),
			"parent": span.Parent().SpanID().String(),
			"status": span.Status().Code.String(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (lines) Shutdown(context.Context) error { return nil }

// Invoker runs each Command within a span of its own, a child of that which the Command carries.
type Invoker struct{ Tracer trace.Tracer }

// Invoke executes a Command.
func (i Invoker) Invoke(ctx context.Context, seq core.Seq, at time.Time, _ int, command core.Cmd[Greeter],
	proxy core.Proxy,
) error {
	if c, ok := command.(carrying); ok {
		ctx = propagator.Extract(ctx, propagation.MapCarrier(c.carrier()))
	}
	ctx, span := i.Tracer.Start(ctx, "Invoke Greet (trace)", trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	err := command.Exec(ctx, seq, at, Greeter{}, proxy)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}

// HooksFactory makes hooks that write the span of each send into its Command.
type HooksFactory struct{ Tracer trace.Tracer }

// New makes the hooks of one send.
func (f HooksFactory) New() hks.Hooks[Greeter] { return &hooks{tracer: f.Tracer} }

type hooks struct {
	tracer trace.Tracer
	span   trace.Span
}

func (h *hooks) BeforeSend(ctx context.Context, command core.Cmd[Greeter]) (context.Context, error) {
	ctx, h.span = h.tracer.Start(ctx, "Send Greet (trace)", trace.WithSpanKind(trace.SpanKindClient))
	if c, ok := command.(carrying); ok {
		carrier := propagation.MapCarrier{}
		propagator.Inject(ctx, carrier)
		c.setCarrier(carrier)
	}
	return ctx, nil
}

func (h *hooks) OnError(_ context.Context, _ hks.SentCmd[Greeter], err error) {
	h.span.SetStatus(codes.Error, err.Error())
	h.span.End()
}

func (h *hooks) OnResult(ctx context.Context, command hks.SentCmd[Greeter], _ hks.ReceivedResult, err error) {
	if err != nil {
		h.OnError(ctx, command, err)
		return
	}
	h.span.End()
}

func (h *hooks) OnTimeout(ctx context.Context, command hks.SentCmd[Greeter], err error) {
	h.OnError(ctx, command, err)
}
