package scenario

import (
	"bufio"
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"cmd-stream.test/interop/internal/peer"
	p "cmd-stream.test/interop/internal/protocol"
)

// What follows is not about the interop programs but about the library that
// they are made of: behaviour that a server or client in another language has
// to live with, kept here so that a release that changes it is noticed.

// answering is a server that sends its ServerInfo, reads a Command of three
// bytes or more, sends answer, and then keeps the connection open or closes it.
func answering(t *testing.T, answer string, keepOpen bool) (addr string, accepted func() int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conns := make(chan net.Conn, 100)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns <- conn
			t.Cleanup(func() { conn.Close() })
			go func() {
				conn.Write([]byte("\x07default"))
				if _, err := bufio.NewReader(conn).Peek(3); err != nil {
					return
				}
				conn.Write([]byte(answer))
				if !keepOpen {
					conn.Close()
				}
			}()
		}
	}()
	return listener.Addr().String(), func() int { return len(conns) }
}

func reconnectingSender(t *testing.T, addr string) peer.Sender {
	t.Helper()
	sender, err := peer.Dial(peer.ClientOptions{Addr: addr, Codec: codec(t, "json"), Reconnect: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sender.CloseAndWait(closeTimeout) })
	return sender
}

// sendAdd fails the test when the Command is answered or not settled in time.
func sendAdd(t *testing.T, sender peer.Sender) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := sender.Send(ctx, p.Add{A: 1, B: 1})
	if err == nil || ctx.Err() != nil {
		t.Fatalf("Send: %v", err)
	}
	return err
}

func ended(sender peer.Sender) bool {
	select {
	case <-sender.Done():
		return true
	case <-time.After(time.Second):
		return false
	}
}

func TestAResultOfAnUndeclaredTypeEndsAReconnectingClientForGood(t *testing.T) {
	addr, accepted := answering(t, "\x01\x08\x02{}", true)
	sender := reconnectingSender(t, addr)
	if err := sendAdd(t, sender); !strings.Contains(err.Error(), "unrecognized DTM: 8") {
		t.Error(err)
	}
	if !ended(sender) || accepted() != 1 {
		t.Errorf("ended %t, %d connections", ended(sender), accepted())
	}
}

func TestAConnectionCutInsideAFrameEndsAReconnectingClientForGood(t *testing.T) {
	addr, accepted := answering(t, "\x01\x00\x02", false)
	sender := reconnectingSender(t, addr)
	if err := sendAdd(t, sender); !strings.Contains(err.Error(), "EOF") {
		t.Error(err)
	}
	if !ended(sender) || accepted() != 1 {
		t.Errorf("ended %t, %d connections", ended(sender), accepted())
	}
}

func TestAConnectionClosedBetweenFramesMakesAReconnectingClientDialAgain(t *testing.T) {
	addr, accepted := answering(t, "", false)
	sender := reconnectingSender(t, addr)
	if err := sendAdd(t, sender); err.Error() != "EOF" {
		t.Error(err)
	}
	if ended(sender) || accepted() != 2 {
		t.Errorf("ended %t, %d connections", ended(sender), accepted())
	}
}

func TestACommandThatCannotBeEncodedSpoilsTheNextOne(t *testing.T) {
	codec := codec(t, "json")
	server := serve(t, peer.ServerOptions{Codec: codec})
	defer closeServer(t, server)
	sender, err := peer.Dial(peer.ClientOptions{Addr: server.Addr(), Codec: codec})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	if _, err := sender.Send(context.Background(), p.Kinds{Double: math.NaN()}); !strings.Contains(err.Error(), "NaN") {
		t.Error(err)
	}
	if err := sendAdd(t, sender); errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if executed := server.Service.Executed(); len(executed) != 0 {
		t.Error(executed)
	}
}

func TestNullInPlaceOfANumberIsZero(t *testing.T) {
	// What JSON.stringify writes for NaN and the infinities, Go reads without an error.
	addr, _ := answering(t, "\x01\x00\x04null", true)
	sender := reconnectingSender(t, addr)
	result, err := sender.Send(context.Background(), p.Add{A: 1, B: 1})
	if err != nil || result != p.Sum(0) {
		t.Errorf("%v, %v", result, err)
	}
}
