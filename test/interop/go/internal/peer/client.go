package peer

import (
	"crypto/tls"
	"net"
	"sync"
	"time"

	cmdstream "github.com/cmd-stream/cmd-stream-go"
	cln "github.com/cmd-stream/cmd-stream-go/client"
	ccln "github.com/cmd-stream/cmd-stream-go/core/cln"
	dlgt "github.com/cmd-stream/cmd-stream-go/delegate"
	dcln "github.com/cmd-stream/cmd-stream-go/delegate/cln"
	grp "github.com/cmd-stream/cmd-stream-go/group"
	sndr "github.com/cmd-stream/cmd-stream-go/sender"
	hks "github.com/cmd-stream/cmd-stream-go/sender/hooks"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/protocol"
)

// ClientOptions say what a Sender is like.
type ClientOptions struct {
	Addr  string
	Codec codecs.Codec
	TLS   *tls.Config
	// ServerInfo is the library's default where it is empty.
	ServerInfo string
	// Clients is how many connections there are; 0 is 1.
	Clients   int
	Reconnect bool
	// KeepaliveTime turns keepalive on: how long a connection is idle before it is pinged. KeepaliveInterval is the
	// time between two pings.
	KeepaliveTime, KeepaliveInterval time.Duration
	// Hooks is asked for the hooks of each send; nil is none.
	Hooks hks.Factory[*protocol.Service]
	// OnUnexpected takes Results that nobody waits for.
	OnUnexpected ccln.UnexpectedResultCallback
	// OnDial is told of each attempt to connect, OnLost of each connection that fails or ends.
	OnDial func(err error)
	OnLost func(err error)
	// Wrap may put something around each connection.
	Wrap func(net.Conn) net.Conn
}

// Sender is the library's Sender of interop Commands.
type Sender = sndr.Sender[*protocol.Service]

// failedDialPause is here because a reconnecting client of the library dials
// again at once, for as long as it takes.
const failedDialPause = 10 * time.Millisecond

// Dial makes a Sender whose clients are all connected.
func Dial(o ClientOptions) (Sender, error) {
	factory := cln.ConnFactoryFn(func() (net.Conn, error) { return dial(o) })
	options := []grp.SetOption[*protocol.Service]{grp.WithClient[*protocol.Service](clientOptions(o)...)}
	if o.Reconnect {
		options = append(options, grp.WithReconnect[*protocol.Service]())
	}
	group, err := cmdstream.NewGroup(max(o.Clients, 1), o.Codec.Client, factory, options...)
	if err != nil {
		return Sender{}, err
	}
	if o.Hooks == nil {
		return sndr.New[*protocol.Service](group), nil
	}
	return sndr.New(group, sndr.WithHooksFactory(o.Hooks)), nil
}

func clientOptions(o ClientOptions) []cln.SetOption {
	options := []cln.SetOption{
		cln.WithDelegate(dcln.WithServerInfoReceiveDuration(5 * time.Second)),
	}
	if o.ServerInfo != "" {
		options = append(options, cln.WithServerInfo(dlgt.ServerInfo(o.ServerInfo)))
	}
	if o.KeepaliveTime > 0 {
		options = append(options, cln.WithKeepalive(
			dcln.WithKeepaliveTime(o.KeepaliveTime), dcln.WithKeepaliveIntvl(o.KeepaliveInterval)))
	}
	if o.OnUnexpected != nil {
		options = append(options, cln.WithCore(ccln.WithUnexpectedResultCallback(o.OnUnexpected)))
	}
	return options
}

func dial(o ClientOptions) (conn net.Conn, err error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if o.TLS == nil {
		conn, err = dialer.Dial("tcp", o.Addr)
	} else {
		conn, err = tls.DialWithDialer(dialer, "tcp", o.Addr, o.TLS)
	}
	if o.OnDial != nil {
		o.OnDial(err)
	}
	if err != nil {
		time.Sleep(failedDialPause)
		return nil, err
	}
	if o.OnLost != nil {
		conn = &watchedConn{Conn: conn, onLost: o.OnLost}
	}
	if o.Wrap != nil {
		conn = o.Wrap(conn)
	}
	return conn, nil
}

// watchedConn tells when reading fails, once.
type watchedConn struct {
	net.Conn
	once   sync.Once
	onLost func(error)
}

func (c *watchedConn) Read(bytes []byte) (int, error) {
	n, err := c.Conn.Read(bytes)
	if err != nil {
		c.once.Do(func() { c.onLost(err) })
	}
	return n, err
}
