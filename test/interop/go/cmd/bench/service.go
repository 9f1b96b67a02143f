package main

import (
	"context"
	"encoding/json"
	"net"
	"reflect"
	"strconv"
	"time"

	cmdstream "github.com/cmd-stream/cmd-stream-go"
	cln "github.com/cmd-stream/cmd-stream-go/client"
	"github.com/cmd-stream/cmd-stream-go/core"
	csrv "github.com/cmd-stream/cmd-stream-go/core/srv"
	sndr "github.com/cmd-stream/cmd-stream-go/sender"
	srv "github.com/cmd-stream/cmd-stream-go/server"
	cdc "github.com/cmd-stream/codec-go"
)

// message is what every row of the benchmark echoes.
type message struct {
	Bool    bool
	Int64   int64
	String  string
	Float64 float64
}

type (
	echo   message
	echoed message
)

// service waits before each answer.
type service struct{ delay time.Duration }

func (c echo) Exec(_ context.Context, seq core.Seq, _ time.Time, s service, p core.Proxy) error {
	if s.delay > 0 {
		time.Sleep(s.delay)
	}
	_, err := p.Send(seq, echoed(c))
	return err
}

func (echoed) LastOne() bool { return true }

var (
	commandTypes = []reflect.Type{reflect.TypeFor[echo]()}
	resultTypes  = []reflect.Type{reflect.TypeFor[echoed]()}
)

// serializer is codec-json-go's: encoding/json.
type serializer[T, V any] struct{}

func (serializer[T, V]) Marshal(value T) ([]byte, error)       { return json.Marshal(value) }
func (serializer[T, V]) Unmarshal(bytes []byte, value V) error { return json.Unmarshal(bytes, value) }

func serve(delayMs int) (port int, stop func(), err error) {
	codec := cdc.NewCodec(resultTypes, commandTypes, serializer[core.Result, core.Cmd[service]]{})
	server, err := cmdstream.NewServer(service{time.Duration(delayMs) * time.Millisecond}, codec,
		srv.WithCore(csrv.WithWorkersCount(64)))
	if err != nil {
		return 0, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	tcp := listener.(*net.TCPListener)
	go func() { _ = server.Serve(tcp) }()
	return tcp.Addr().(*net.TCPAddr).Port, func() { _ = server.Close() }, nil
}

type client struct{ sender sndr.Sender[service] }

func dial(port, connections int) (*client, error) {
	codec := cdc.NewCodec(commandTypes, resultTypes, serializer[core.Cmd[service], core.Result]{})
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	factory := cln.ConnFactoryFn(func() (net.Conn, error) { return net.Dial("tcp", address) })
	group, err := cmdstream.NewGroup[service](connections, codec, factory)
	if err != nil {
		return nil, err
	}
	return &client{sndr.New[service](group)}, nil
}
