// Package scenario has what the Go client does in the interop tests. Each
// scenario runs against a server of either language and prints one JSON object
// for each outcome.
package scenario

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/meaning"
	"cmd-stream.test/interop/internal/peer"
	"cmd-stream.test/interop/internal/protocol"
)

// Config says where the server is and what the scenarios are to do.
type Config struct {
	Addr       string
	Codec      codecs.Codec
	TLS        *tls.Config
	ServerInfo string
	// Reconnect makes reconnecting clients, in the scenarios where either can be.
	Reconnect bool
	// Clients and Count are the connections and the Commands of the scenario parallel.
	Clients, Count int
	// Idle is how long the scenarios keepalive and idle send nothing: longer than the server's patience.
	Idle time.Duration
	// KeepaliveTime and KeepaliveInterval are those of the scenario keepalive.
	KeepaliveTime, KeepaliveInterval time.Duration
	// Timeout bounds each scenario.
	Timeout time.Duration
	// Wrap may put something around each connection.
	Wrap func(net.Conn) net.Conn
}

// Scenario is something that the client can do.
type Scenario struct {
	Name, About string
	// Standalone scenarios need nothing of the server but that it runs.
	Standalone bool
	run        func(*run) error
}

// All lists the scenarios.
var All = []Scenario{
	{"add", "one Result; numbers at their ends", true, add},
	{"stream", "many Results, in order, the last one marked; two streams at once", true, stream},
	{"find", "several Result types", true, find},
	{"delay", "answers that overtake each other", true, delay},
	{"large", "payloads up to 1 MiB", true, large},
	{"kinds", "every kind of field", true, kinds},
	{"specials", "NaN, the infinities and -0, both ways", true, specials},
	{"timeout", "a deadline passes; the late Result is unexpected; the connection stays good", true, timeout},
	{"parallel", "--count Commands over --clients connections, all at once, each Result matched", true, parallel},
	{"breaker", "a circuit breaker opens, refuses, and closes again", true, breaker},
	{"fail", "a handler fails: the Send gets an error; tells what became of the connection", true, fail},
	{"wrong-server-info", "another ServerInfo is refused", true, wrongServerInfo},
	{"keepalive", "--idle-ms without Commands, with keepalive: the connection is still there", true, keepalive},
	{"idle", "without Commands or keepalive the server closes the connection, within --idle-ms", false, idle},
	{"reconnect", "the server goes away and returns while Commands are sent; it is up to the caller to see to that", false,
		reconnect},
}

// Find finds a scenario by its name.
func Find(name string) (Scenario, bool) {
	for _, scenario := range All {
		if scenario.Name == name {
			return scenario, true
		}
	}
	return Scenario{}, false
}

// Run runs the scenario, hands each line to print, and tells whether all was
// as it should be.
func (s Scenario) Run(config Config, print func(line string)) bool {
	ctx, cancel := context.WithTimeout(context.Background(), config.Timeout)
	defer cancel()
	r := &run{Config: config, ctx: ctx, scenario: s.Name, print: print}
	started := time.Now()
	err := s.run(r)
	line := meaning.Object{{Name: "done", Value: true}, {Name: "ok", Value: err == nil && !r.failed}}
	if err != nil {
		line = append(line, meaning.Member{Name: "error", Value: err.Error()})
	}
	r.line(append(line, meaning.Member{Name: "elapsedMs", Value: time.Since(started).Milliseconds()}))
	return err == nil && !r.failed
}

// run is one scenario under way.
type run struct {
	Config
	ctx      context.Context
	scenario string
	print    func(string)
	mu       sync.Mutex
	failed   bool
}

func (r *run) line(members meaning.Object) {
	line, err := json.Marshal(append(meaning.Object{{Name: "scenario", Value: r.scenario}}, members...))
	if err != nil {
		panic(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.print(string(line))
}

// event prints something that happened, which is neither right nor wrong.
func (r *run) event(name string, details ...meaning.Member) {
	r.line(append(meaning.Object{{Name: "event", Value: name}}, details...))
}

// outcome prints whether a step went as it should; if it did not, the scenario has failed.
func (r *run) outcome(step string, ok bool, details ...meaning.Member) {
	if !ok {
		r.mu.Lock()
		r.failed = true
		r.mu.Unlock()
	}
	r.line(append(meaning.Object{{Name: "step", Value: step}, {Name: "ok", Value: ok}}, details...))
}

func (r *run) options() peer.ClientOptions {
	return peer.ClientOptions{
		Addr:       r.Addr,
		Codec:      r.Codec,
		TLS:        r.TLS,
		ServerInfo: r.ServerInfo,
		Reconnect:  r.Reconnect,
		Wrap:       r.Wrap,
	}
}

// closeTimeout bounds closing a Sender.
const closeTimeout = 2 * time.Second

// with runs body with a Sender that is closed behind it.
func (r *run) with(options peer.ClientOptions, body func(peer.Sender) error) error {
	sender, err := peer.Dial(options)
	if err != nil {
		return err
	}
	err = body(sender)
	if closeErr := sender.CloseAndWait(closeTimeout); err == nil && closeErr != nil {
		return fmt.Errorf("closing: %w", closeErr)
	}
	return err
}

func (r *run) send(sender peer.Sender, command protocol.Command) (core.Result, error) {
	return r.sendIn(r.ctx, sender, command)
}

func (r *run) sendIn(ctx context.Context, sender peer.Sender, command protocol.Command) (core.Result, error) {
	result, err := sender.Send(ctx, r.Codec.Command(command))
	if err != nil {
		return nil, err
	}
	return r.Codec.Plain(result), nil
}

// expect sends a Command and checks its Result.
func (r *run) expect(sender peer.Sender, step string, command protocol.Command, want core.Result) {
	got, err := r.send(sender, command)
	r.check(step, got, err, want)
}

func (r *run) check(step string, got core.Result, err error, want core.Result) {
	if err != nil {
		r.outcome(step, false, failure(err))
		return
	}
	ok := r.equal(got, want)
	details := []meaning.Member{described(got)}
	if !ok {
		details = append(details, meaning.Member{Name: "expected", Value: meaning.Of(want)})
	}
	r.outcome(step, ok, details...)
}

// equal compares meanings, for which NaN is NaN and -0 is not 0.
func (r *run) equal(got, want core.Result) bool {
	if meaning.TypeName(got) != meaning.TypeName(want) {
		return false
	}
	a, _ := json.Marshal(meaning.Of(r.comparable(got)))
	b, _ := json.Marshal(meaning.Of(r.comparable(want)))
	return string(a) == string(b)
}

// comparable leaves out the difference between nil and empty where the codec does.
func (r *run) comparable(result core.Result) core.Result {
	if r.Codec.KeepsNil {
		return result
	}
	switch result := result.(type) {
	case protocol.Kinds:
		return protocol.FlattenNil(result)
	case protocol.Found:
		if result.Tags == nil {
			result.Tags = []string{}
		}
		return result
	case protocol.Echoed:
		if result.Data == nil {
			result.Data = []byte{}
		}
		return result
	default:
		return result
	}
}

// longestShown is the most bytes of a Result's meaning that a line shows.
const longestShown = 4096

func described(result core.Result) meaning.Member {
	value := meaning.Of(result)
	if text, err := json.Marshal(value); err == nil && len(text) > longestShown {
		value = fmt.Sprintf("(%d bytes of JSON)", len(text))
	}
	return meaning.Member{Name: "result", Value: meaning.Object{
		{Name: "type", Value: meaning.TypeName(result)},
		{Name: "value", Value: value},
	}}
}

type member = meaning.Member

func failure(err error) meaning.Member {
	return meaning.Member{Name: "error", Value: err.Error()}
}

func detail(name string, value any) meaning.Member {
	return meaning.Member{Name: name, Value: value}
}
