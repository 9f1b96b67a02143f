package vectors

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	cln "github.com/cmd-stream/cmd-stream-go/client"
	"github.com/cmd-stream/cmd-stream-go/core"
	dlgt "github.com/cmd-stream/cmd-stream-go/delegate"
	dcln "github.com/cmd-stream/cmd-stream-go/delegate/cln"
	srv "github.com/cmd-stream/cmd-stream-go/server"
	tcln "github.com/cmd-stream/cmd-stream-go/transport/cln"
	tsrv "github.com/cmd-stream/cmd-stream-go/transport/srv"
	com "github.com/mus-format/common-go"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/protocol"
)

// memoryConn is a connection that has received some bytes, and then no more;
// it keeps what is sent.
type memoryConn struct {
	received *bytes.Reader
	sent     bytes.Buffer
}

func connWith(received []byte) *memoryConn { return &memoryConn{received: bytes.NewReader(received)} }

func (c *memoryConn) Read(p []byte) (int, error)       { return c.received.Read(p) }
func (c *memoryConn) Write(p []byte) (int, error)      { return c.sent.Write(p) }
func (c *memoryConn) Close() error                     { return nil }
func (c *memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *memoryConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *memoryConn) SetDeadline(time.Time) error      { return nil }
func (c *memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }

func clientTransport(codec codecs.Codec, conn net.Conn) *tcln.ClientCodecTransport[*protocol.Service] {
	options := cln.Options{Keepalive: []dcln.SetKeepaliveOption{}} // not nil: a client that pings
	return tcln.New(conn, cln.AdaptCodec(codec.Client, options))
}

func serverTransport(codec codecs.Codec, conn net.Conn) *tsrv.ServerCodecTransport[*protocol.Service] {
	return tsrv.New(conn, srv.AdaptCodec(codec.Server, srv.Options{}))
}

// writeCommand has the library's client write a Command.
func writeCommand(codec codecs.Codec, seq core.Seq, command protocol.Command) []byte {
	conn := connWith(nil)
	transport := clientTransport(codec, conn)
	_, err := transport.Send(seq, command)
	must(err)
	must(transport.Flush())
	return conn.sent.Bytes()
}

// writeResult has the library's server write a Result.
func writeResult(codec codecs.Codec, seq core.Seq, result core.Result) []byte {
	conn := connWith(nil)
	transport := serverTransport(codec, conn)
	_, err := transport.Send(seq, result)
	must(err)
	must(transport.Flush())
	return conn.sent.Bytes()
}

// writeServerInfo has the library's server write its ServerInfo.
func writeServerInfo(info string) []byte {
	conn := connWith(nil)
	must(serverTransport(anyCodec(), conn).SendServerInfo(dlgt.ServerInfo(info)))
	return conn.sent.Bytes()
}

// readCommand has the library's server read a Command: the whole of the bytes.
func readCommand(codec codecs.Codec, bytes []byte) (seq core.Seq, command protocol.Command, err error) {
	err = reading(bytes, func(conn net.Conn) (n int, err error) {
		seq, command, n, err = serverTransport(codec, conn).Receive()
		return
	})
	return
}

// readResult has the library's client read a Result: the whole of the bytes.
func readResult(codec codecs.Codec, bytes []byte) (seq core.Seq, result core.Result, err error) {
	err = reading(bytes, func(conn net.Conn) (n int, err error) {
		seq, result, n, err = clientTransport(codec, conn).Receive()
		return
	})
	return
}

// readServerInfo has the library's client do its handshake.
func readServerInfo(bytes []byte, expected string) error {
	return reading(bytes, func(conn net.Conn) (int, error) {
		_, err := dcln.New(dlgt.ServerInfo(expected), clientTransport(anyCodec(), conn))
		return len(bytes), err
	})
}

func reading(bytes []byte, read func(net.Conn) (int, error)) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	n, err := read(connWith(bytes))
	if err == nil && n != len(bytes) {
		panic(fmt.Sprintf("read %d of %d bytes", n, len(bytes)))
	}
	return err
}

// failure names the kind of an error of the library.
func failure(err error) string {
	var unexpected com.UnexpectedDTMError
	switch {
	case strings.Contains(err.Error(), "failed to unmarshal value"):
		return "malformed-payload"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case errors.Is(err, com.ErrOverflow):
		return "overflow"
	case errors.Is(err, com.ErrWrongFormat):
		return "wrong-format"
	case errors.Is(err, com.ErrNegativeLength),
		errors.Is(err, dlgt.ErrTooLargeServerInfo),
		strings.Contains(err.Error(), "makeslice"):
		return "too-large"
	case errors.As(err, &unexpected), strings.Contains(err.Error(), "unrecognized DTM"):
		return "unknown-type"
	case errors.Is(err, dcln.ErrServerInfoMismatch):
		return "mismatch"
	default:
		panic(fmt.Sprintf("an error of no known kind: %v", err))
	}
}

// text is what an error says. The Protobuf library puts one of two kinds of
// space into its errors, by chance, so that nobody relies on them.
func text(err error) string { return strings.ReplaceAll(err.Error(), "\u00a0", " ") }

// anyCodec is for what no codec has a part in.
func anyCodec() codecs.Codec {
	codec, err := codecs.New("json", 0)
	must(err)
	return codec
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
