// Command client runs scenarios of the interop protocol with the Sender of
// cmd-stream-go and prints one JSON object for each outcome:
//
//	{"scenario":"add","step":"2 + 3","ok":true,"result":{"type":"Sum","value":5}}   something checked
//	{"scenario":"fail","event":"connection","closed":true,"error":"EOF"}            something that happened
//	{"scenario":"add","done":true,"ok":true,"elapsedMs":4}                          the scenario is over
//
// It exits with 1 when a scenario has failed, with 2 when it was called wrongly.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"cmd-stream.test/interop/internal/codecs"
	"cmd-stream.test/interop/internal/peer"
	"cmd-stream.test/interop/internal/scenario"
)

func main() {
	config, scenarios, err := parse()
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(2)
	}
	ok := true
	for _, s := range scenarios {
		ok = s.Run(config, func(line string) { fmt.Println(line) }) && ok
	}
	if !ok {
		os.Exit(1)
	}
}

func parse() (scenario.Config, []scenario.Scenario, error) {
	var (
		files        peer.TLSFiles
		config       scenario.Config
		name         = flag.String("codec", "json", fmt.Sprint("payload `format`, one of ", codecs.Names))
		musFirstType = flag.Int("mus-first-type", 0, "type `number` of the first Command and the first Result with MUS")
		names        = flag.String("scenario", "add", "`names` of what to do, with commas between them; or all")
	)
	flag.StringVar(&config.Addr, "addr", "127.0.0.1:9000", "`host:port` of the server")
	flag.StringVar(&config.ServerInfo, "server-info", "", "ServerInfo `text` to expect; the library's default without it")
	flag.BoolVar(&config.Reconnect, "reconnect", false, "reconnecting clients, where the scenario does not decide")
	flag.IntVar(&config.Clients, "clients", 4, "`connections` of the scenario parallel")
	flag.IntVar(&config.Count, "count", 10_000, "`Commands` of the scenario parallel")
	ms := func(target *time.Duration, name string, value int, usage string) {
		*target = time.Duration(value) * time.Millisecond
		flag.Func(name, fmt.Sprintf("%s (default %d)", usage, value), func(text string) error {
			duration, err := time.ParseDuration(text + "ms")
			*target = duration
			return err
		})
	}
	ms(&config.KeepaliveTime, "keepalive-ms", 200, "`ms` without Commands before the scenario keepalive pings")
	ms(&config.KeepaliveInterval, "keepalive-interval-ms", 200, "`ms` between its pings")
	ms(&config.Idle, "idle-ms", 1500, "`ms` without Commands in the scenarios keepalive and idle")
	ms(&config.Timeout, "timeout-ms", 20_000, "`ms` that a scenario may take")
	files.AddFlags(flag.CommandLine)
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: client [flags]\n\nScenarios:")
		for _, s := range scenario.All {
			fmt.Fprintf(flag.CommandLine.Output(), "  %-18s %s\n", s.Name, s.About)
		}
		fmt.Fprintln(flag.CommandLine.Output(), "\nFlags:")
		flag.PrintDefaults()
	}
	flag.Parse()

	scenarios, err := choose(*names)
	if err != nil {
		return config, nil, err
	}
	if config.Codec, err = codecs.New(*name, *musFirstType); err != nil {
		return config, nil, err
	}
	config.TLS, err = files.Client()
	return config, scenarios, err
}

// choose finds the scenarios; all are those that need nothing of the server but that it runs.
func choose(names string) (scenarios []scenario.Scenario, err error) {
	if names == "all" {
		for _, s := range scenario.All {
			if s.Standalone {
				scenarios = append(scenarios, s)
			}
		}
		return scenarios, nil
	}
	for _, name := range strings.Split(names, ",") {
		s, known := scenario.Find(name)
		if !known {
			return nil, fmt.Errorf("no scenario is called %q; see --help", name)
		}
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}
