package scenario

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cmd-stream.test/interop/internal/certs"
	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/peer"
)

// patience is how long the servers of these tests wait for a Command.
const patience = 500 * time.Millisecond

func codec(t *testing.T, name string) codecs.Codec {
	t.Helper()
	codec, err := codecs.New(name, 0)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func serve(t *testing.T, options peer.ServerOptions) *peer.Server {
	t.Helper()
	if options.Addr == "" {
		options.Addr = "127.0.0.1:0"
	}
	server, err := peer.Serve(options)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func closeServer(t *testing.T, server *peer.Server) {
	t.Helper()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

func config(server *peer.Server, codec codecs.Codec) Config {
	return Config{
		Addr: server.Addr(), Codec: codec, Clients: 4, Count: 10_000, Idle: 2 * patience, Timeout: 20 * time.Second,
		KeepaliveTime: 100 * time.Millisecond, KeepaliveInterval: 100 * time.Millisecond,
	}
}

// play runs a scenario and returns what it printed.
func play(t *testing.T, name string, config Config) (ok bool, output string) {
	t.Helper()
	scenario, known := Find(name)
	if !known {
		t.Fatalf("no scenario %s", name)
	}
	var lines []string
	ok = scenario.Run(config, func(line string) { lines = append(lines, line) })
	return ok, strings.Join(lines, "\n")
}

func mustPass(t *testing.T, name string, config Config) (output string) {
	t.Helper()
	ok, output := play(t, name, config)
	if !ok {
		t.Errorf("%s:\n%s", name, output)
	}
	return output
}

func TestEveryScenarioPassesWithEveryCodecOverTCPAndTLS(t *testing.T) {
	files, err := certs.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mutual := files
	mutual.Mutual = true
	for transport, files := range map[string]peer.TLSFiles{"tcp": {}, "tls": files, "mutual": mutual} {
		for _, name := range codecs.Names {
			t.Run(transport+"/"+name, func(t *testing.T) {
				t.Parallel()
				serverTLS, err := files.Server()
				if err != nil {
					t.Fatal(err)
				}
				clientTLS, err := files.Client()
				if err != nil {
					t.Fatal(err)
				}
				codec := codec(t, name)
				server := serve(t, peer.ServerOptions{Codec: codec, TLS: serverTLS})
				defer closeServer(t, server)
				impatient := serve(t, peer.ServerOptions{Codec: codec, TLS: serverTLS, CommandReceive: patience})
				defer closeServer(t, impatient)
				config := config(server, codec)
				config.TLS = clientTLS
				if transport != "tcp" {
					config.Count = 1000
				}
				var waiting sync.WaitGroup
				for _, scenario := range All {
					config := config
					switch scenario.Name {
					case "reconnect": // has a test of its own
					case "idle":
						config.Idle = 10 * patience // at most
						fallthrough
					case "keepalive":
						config.Addr = impatient.Addr()
						fallthrough
					case "delay", "timeout", "breaker", "fail": // these wait more than they work
						waiting.Add(1)
						go func() {
							defer waiting.Done()
							mustPass(t, scenario.Name, config)
						}()
					default:
						mustPass(t, scenario.Name, config)
					}
				}
				waiting.Wait()
			})
		}
	}
}

func TestAMutualTLSServerRefusesAClientWithoutCertificate(t *testing.T) {
	files, err := certs.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	clientTLS, err := files.Client()
	if err != nil {
		t.Fatal(err)
	}
	files.Mutual = true
	serverTLS, err := files.Server()
	if err != nil {
		t.Fatal(err)
	}
	codec := codec(t, "json")
	server := serve(t, peer.ServerOptions{Codec: codec, TLS: serverTLS})
	defer closeServer(t, server)
	config := config(server, codec)
	config.TLS = clientTLS
	if ok, output := play(t, "add", config); ok || !strings.Contains(output, "certificate required") {
		t.Error(output)
	}
}

func TestAReconnectingClientFindsARestartedServer(t *testing.T) {
	for _, name := range codecs.Names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codec := codec(t, name)
			server := serve(t, peer.ServerOptions{Codec: codec})
			scenario, _ := Find("reconnect")
			var (
				lines   []string
				restart sync.WaitGroup
				second  *peer.Server
			)
			ok := scenario.Run(config(server, codec), func(line string) {
				lines = append(lines, line)
				if !strings.Contains(line, `"event":"ready"`) {
					return
				}
				restart.Add(1)
				go func() {
					defer restart.Done()
					closeServer(t, server)
					time.Sleep(100 * time.Millisecond)
					var err error
					if second, err = peer.Serve(peer.ServerOptions{Addr: server.Addr(), Codec: codec}); err != nil {
						t.Error(err)
					}
				}()
			})
			restart.Wait()
			output := strings.Join(lines, "\n")
			if !ok || !strings.Contains(output, `"event":"recovered"`) {
				t.Error(output)
			}
			if second != nil {
				closeServer(t, second)
			}
		})
	}
}

func TestAFailingHandlerClosesTheConnectionWithItsNeighbours(t *testing.T) {
	codec := codec(t, "json")
	server := serve(t, peer.ServerOptions{Codec: codec})
	defer closeServer(t, server)
	for reconnecting, after := range map[bool]string{
		false: `"event":"after","usable":false,"senderClosed":true`,
		true:  `"event":"after","usable":true`,
	} {
		config := config(server, codec)
		config.Reconnect = reconnecting
		output := mustPass(t, "fail", config)
		for _, expected := range []string{`"event":"neighbour","ok":false`, `"event":"connection","closed":true`, after} {
			if !strings.Contains(output, expected) {
				t.Errorf("reconnecting %t: no %s in\n%s", reconnecting, expected, output)
			}
		}
	}
}

func TestScenariosFailWhereTheyShould(t *testing.T) {
	patient := serve(t, peer.ServerOptions{Codec: codec(t, "json")})
	defer closeServer(t, patient)
	impatient := serve(t, peer.ServerOptions{Codec: codec(t, "json"), CommandReceive: patience})
	defer closeServer(t, impatient)
	named := serve(t, peer.ServerOptions{Codec: codec(t, "json"), ServerInfo: "another"})
	defer closeServer(t, named)

	for name, change := range map[string]func(*Config) string{
		"add, another codec":         func(c *Config) string { c.Codec = codec(t, "msgpack"); return "add" },
		"add, another ServerInfo":    func(c *Config) string { c.ServerInfo = "mine"; return "add" },
		"idle, a patient server":     func(*Config) string { return "idle" },
		"wrong-server-info, matched": func(c *Config) string { c.Addr = named.Addr(); return "wrong-server-info" },
		"keepalive, but no pings": func(c *Config) string {
			c.Addr = impatient.Addr()
			c.KeepaliveTime = 0
			return "keepalive"
		},
		"reconnect, but no restart": func(c *Config) string { c.Timeout = 100 * time.Millisecond; return "reconnect" },
	} {
		config := config(patient, codec(t, "json"))
		if ok, output := play(t, change(&config), config); ok {
			t.Errorf("%s:\n%s", name, output)
		}
	}
}

func TestAServerInfoOfOnesOwn(t *testing.T) {
	codec := codec(t, "json")
	server := serve(t, peer.ServerOptions{Codec: codec, ServerInfo: "calc 1.0"})
	defer closeServer(t, server)
	config := config(server, codec)
	config.ServerInfo = "calc 1.0"
	mustPass(t, "add", config)
}

func TestMUSTypeNumbersMayStartAtOne(t *testing.T) {
	codec, err := codecs.New("mus", 1)
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, peer.ServerOptions{Codec: codec})
	defer closeServer(t, server)
	for _, name := range []string{"add", "stream", "find", "kinds"} {
		mustPass(t, name, config(server, codec))
	}
}

func TestTheServerCountsWhatItHasExecuted(t *testing.T) {
	codec := codec(t, "json")
	server := serve(t, peer.ServerOptions{Codec: codec})
	mustPass(t, "parallel", config(server, codec))
	mustPass(t, "find", config(server, codec))
	closeServer(t, server)
	if got := fmt.Sprint(server.Service.Executed()); got != "map[Add:10000 Find:4]" {
		t.Error(got)
	}
}
