// Command server is a server of cmd-stream-go that speaks the interop protocol.
//
// It prints "listening HOST:PORT" when it is ready, one JSON object for each
// connection that ends ({"event":"lost",...}), and at SIGTERM or SIGINT, after
// closing, how often it has executed each Command:
// {"event":"stopped","executed":{"Add":3}}.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/peer"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		files        peer.TLSFiles
		addr         = flag.String("addr", "127.0.0.1:0", "`host:port` to listen on; port 0 takes any that is free")
		name         = flag.String("codec", "json", fmt.Sprint("payload `format`, one of ", codecs.Names))
		musFirstType = flag.Int("mus-first-type", 0, "type `number` of the first Command and the first Result with MUS")
		info         = flag.String("server-info", "", "ServerInfo `text`; the library's default without it")
		receiveMs    = flag.Int("command-receive-ms", 0, "close a connection that is silent for so many `ms`; 0 never does")
		workers      = flag.Int("workers", 64, "how many connections are served at a time")
	)
	files.AddFlags(flag.CommandLine)
	flag.Parse()

	codec, err := codecs.New(*name, *musFirstType)
	if err != nil {
		return err
	}
	config, err := files.Server()
	if err != nil {
		return err
	}
	var out output
	server, err := peer.Serve(peer.ServerOptions{
		Addr:           *addr,
		Codec:          codec,
		TLS:            config,
		ServerInfo:     *info,
		CommandReceive: time.Duration(*receiveMs) * time.Millisecond,
		Workers:        *workers,
		OnLost: func(addr net.Addr, err error) {
			out.print(map[string]any{"event": "lost", "remote": addr.String(), "error": err.Error()})
		},
	})
	if err != nil {
		return err
	}
	// Before anybody is told that there is something to stop.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	fmt.Println("listening", server.Addr())
	select {
	case err = <-server.Stopped():
		return err
	case <-signals:
	}
	if err := server.Close(); err != nil {
		return err
	}
	out.print(map[string]any{"event": "stopped", "executed": server.Service.Executed()})
	return nil
}

// output prints one line at a time.
type output struct{ mu sync.Mutex }

func (o *output) print(event map[string]any) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	fmt.Println(string(line))
}
