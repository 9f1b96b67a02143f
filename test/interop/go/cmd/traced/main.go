// Command traced is a server or a client of cmd-stream-go whose Commands carry their trace, as those of otelcmd-stream-go do.
//
//	traced serve --codec json               prints "listening HOST:PORT", then its spans
//	traced send --codec json --addr A NAME  greets, then prints its span and {"result":"Hello, NAME"}
//
// A span is a line {"span":"Invoke Greet (trace)","kind":"server","trace":"...","id":"...","parent":"...","status":"Unset"}.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"

	cmdstream "github.com/cmd-stream/cmd-stream-go"
	cln "github.com/cmd-stream/cmd-stream-go/client"
	sndr "github.com/cmd-stream/cmd-stream-go/sender"

	"cmd-stream.test/interop/internal/traced"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "traced:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say serve or send")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	codec := flags.String("codec", "json", "payload `format`, json or msgpack")
	addr := flags.String("addr", "127.0.0.1:0", "`host:port`")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] == "serve" {
		return serve(*addr, *codec)
	}
	return send(*addr, *codec, flags.Arg(0))
}

func serve(addr, codec string) error {
	_, serverCodec, err := traced.NewCodecs(codec)
	if err != nil {
		return err
	}
	tracer := traced.NewProvider(os.Stdout).Tracer("traced")
	server, err := cmdstream.NewServerWithInvoker[traced.Greeter](traced.Invoker{Tracer: tracer}, serverCodec)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("listening", listener.Addr())
	return server.Serve(listener.(*net.TCPListener))
}

func send(addr, codec, name string) error {
	clientCodec, _, err := traced.NewCodecs(codec)
	if err != nil {
		return err
	}
	tracer := traced.NewProvider(os.Stdout).Tracer("traced")
	factory := cln.ConnFactoryFn(func() (net.Conn, error) { return net.Dial("tcp", addr) })
	group, err := cmdstream.NewGroup(1, clientCodec, factory)
	if err != nil {
		return err
	}
	sender := sndr.New(group, sndr.WithHooksFactory[traced.Greeter](traced.HooksFactory{Tracer: tracer}))
	result, err := sender.Send(context.Background(), traced.NewCmd(traced.Greet{Name: name}))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"result": result})
}
