package vectors

import (
	"bytes"
	"context"
	"math"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
	sndr "github.com/cmd-stream/cmd-stream-go/sender"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/peer"
	p "cmd-stream.test/interop/internal/protocol"
)

// The vectors are written by the transports of the library, one message at a
// time, so that they can have any sequence number. This is the proof that a
// whole Sender and a whole server put the same bytes on a real connection.
func TestASenderAndAServerWriteTheBytesOfTheVectors(t *testing.T) {
	for _, name := range codecs.Names {
		t.Run(name, func(t *testing.T) {
			codec, err := codecs.New(name, 0)
			must(err)
			server, err := peer.Serve(peer.ServerOptions{Addr: "127.0.0.1:0", Codec: codec})
			must(err)
			defer server.Close()
			var sent, received recording
			sender, err := peer.Dial(peer.ClientOptions{
				Addr: server.Addr(), Codec: codec,
				KeepaliveTime: 100 * time.Millisecond, KeepaliveInterval: 100 * time.Millisecond,
				Wrap: func(conn net.Conn) net.Conn { return recordedConn{conn, &sent, &received} },
			})
			must(err)

			sample := p.SampleKinds(name != "json")
			exchanges := []struct {
				command p.Command
				results []core.Result
			}{
				{p.Add{A: 2, B: 3}, []core.Result{p.Sum(5)}},
				{p.Countdown{From: 2}, []core.Result{p.Tick{N: 2}, p.Tick{N: 1, Last: true}}},
				{p.Find{Key: "apple"}, []core.Result{p.Found{Key: "apple", Count: 3, Tags: []string{"fruit", "red"}}}},
				{p.Find{Key: "pear"}, []core.Result{p.Missing{Key: "pear"}}},
				{p.Delay{Ms: 1}, []core.Result{p.Done{}}},
				{p.Echo{Data: []byte{1}, Text: "t"}, []core.Result{p.Echoed{Data: []byte{1}, Text: "t"}}},
				{sample, []core.Result{sample}},
				{p.Special{Name: "-0"}, []core.Result{p.Number(math.Copysign(0, -1))}},
			}
			wantReceived := writeServerInfo("default")
			var wantSent []byte
			for i, exchange := range exchanges {
				seq := core.Seq(i + 1)
				ignore := sndr.ResultHandlerFn(func(_ core.Result, err error) error { return err })
				must(sender.SendMulti(context.Background(), codec.Command(exchange.command), 2, ignore))
				wantSent = slices.Concat(wantSent, writeCommand(codec, seq, codec.Command(exchange.command)))
				for _, result := range exchange.results {
					wantReceived = slices.Concat(wantReceived, writeResult(codec, seq, codec.Result(result)))
				}
			}
			for deadline := time.Now().Add(5 * time.Second); received.length() == len(wantReceived); {
				if time.Now().After(deadline) {
					t.Fatal("no Pong")
				}
				time.Sleep(10 * time.Millisecond)
			}
			must(sender.CloseAndWait(time.Second))
			compare(t, "sent", sent.bytes(), wantSent)
			compare(t, "received", received.bytes(), wantReceived)
		})
	}
}

// compare checks that got is want and, behind it, at least one Ping or Pong.
func compare(t *testing.T, what string, got, want []byte) {
	t.Helper()
	behind, found := bytes.CutPrefix(got, want)
	if !found {
		t.Errorf("%s\n%x instead of\n%x", what, got, want)
		return
	}
	if len(behind) == 0 || len(bytes.Trim(behind, "\x00")) > 0 {
		t.Errorf("%s: %x is not some Pings", what, behind)
	}
}

type recording struct {
	mu   sync.Mutex
	kept []byte
}

func (r *recording) keep(bytes []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, bytes...)
}

func (r *recording) length() int { return len(r.bytes()) }

func (r *recording) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.kept)
}

// recordedConn keeps what goes over a connection.
type recordedConn struct {
	net.Conn
	sent, received *recording
}

func (c recordedConn) Write(bytes []byte) (int, error) {
	n, err := c.Conn.Write(bytes)
	c.sent.keep(bytes[:n])
	return n, err
}

func (c recordedConn) Read(bytes []byte) (int, error) {
	n, err := c.Conn.Read(bytes)
	c.received.keep(bytes[:n])
	return n, err
}
