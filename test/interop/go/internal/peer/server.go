package peer

import (
	"crypto/tls"
	"errors"
	"net"
	"time"

	cmdstream "github.com/cmd-stream/cmd-stream-go"
	csrv "github.com/cmd-stream/cmd-stream-go/core/srv"
	dlgt "github.com/cmd-stream/cmd-stream-go/delegate"
	hdlr "github.com/cmd-stream/cmd-stream-go/handler"
	srv "github.com/cmd-stream/cmd-stream-go/server"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/protocol"
)

// ServerOptions say what a Server is like.
type ServerOptions struct {
	// Addr is host:port; port 0 takes any that is free.
	Addr  string
	Codec codecs.Codec
	TLS   *tls.Config
	// ServerInfo is the library's default where it is empty.
	ServerInfo string
	// CommandReceive closes a connection on which nothing arrives for that long; 0 never does.
	CommandReceive time.Duration
	// Workers is how many connections are served at a time; 0 is the library's default.
	Workers int
	// OnLost is told why a connection ended.
	OnLost func(addr net.Addr, err error)
}

// Server is a running server of the library.
type Server struct {
	Service *protocol.Service

	server   *csrv.Server
	listener net.Listener
	stopped  chan error
}

// Serve starts a server; it listens when Serve returns.
func Serve(o ServerOptions) (*Server, error) {
	service := protocol.NewService()
	server, err := cmdstream.NewServer(service, o.Codec.Server, serverOptions(o)...)
	if err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	s := &Server{Service: service, server: server, listener: tcp, stopped: make(chan error, 1)}
	listener := deadlineListener{tcp, tcp.(*net.TCPListener)}
	if o.TLS != nil {
		listener.Listener = tls.NewListener(tcp, o.TLS)
	}
	go func() { s.stopped <- server.Serve(listener) }()
	return s, nil
}

func serverOptions(o ServerOptions) []srv.SetOption {
	core := []csrv.SetOption{}
	if o.Workers > 0 {
		core = append(core, csrv.WithWorkersCount(o.Workers))
	}
	if o.OnLost != nil {
		core = append(core, csrv.WithLostConnCallback(o.OnLost))
	}
	options := []srv.SetOption{
		srv.WithCore(core...),
		srv.WithHandler(hdlr.WithCmdReceiveDuration(o.CommandReceive)),
	}
	if o.ServerInfo != "" {
		options = append(options, srv.WithServerInfo(dlgt.ServerInfo(o.ServerInfo)))
	}
	return options
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Stopped delivers why the server ended, once.
func (s *Server) Stopped() <-chan error { return s.stopped }

// Close ends the server and all its connections, and waits until it has ended.
func (s *Server) Close() error {
	for {
		err := s.server.Close()
		if !errors.Is(err, csrv.ErrNotServing) {
			break
		}
		time.Sleep(time.Millisecond) // its goroutine has not reached Serve yet
	}
	if err := <-s.stopped; !errors.Is(err, csrv.ErrClosed) {
		return err
	}
	return nil
}

// deadlineListener is what the library asks of a listener, for TLS as well.
type deadlineListener struct {
	net.Listener
	tcp *net.TCPListener
}

func (l deadlineListener) SetDeadline(t time.Time) error { return l.tcp.SetDeadline(t) }
