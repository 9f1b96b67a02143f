// Command bench is one process of the row "go" of the benchmark (npm run bench -- --peers): the library's server, or its
// Sender under load, both with JSON.
//
// It is asked as the other processes are (test/bench/dialogue.ts): one question at a time, in lines of JSON on the file
// descriptor NODE_CHANNEL_FD, each answered by one line, {"value":...} or {"error":"..."}.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
)

type question struct {
	Type        string
	DelayMs     int
	Address     struct{ Port int }
	Connections int
	Load        load
}

func main() {
	fd, err := strconv.Atoi(os.Getenv("NODE_CHANNEL_FD"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: to be run by npm run bench -- --peers")
		os.Exit(2)
	}
	channel := os.NewFile(uintptr(fd), "channel")
	lines := bufio.NewScanner(channel)
	var p participant
	for lines.Scan() {
		var q question
		err := json.Unmarshal(lines.Bytes(), &q)
		var value any
		if err == nil {
			value, err = p.answer(q)
		}
		answer := map[string]any{"value": value}
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		line, err := json.Marshal(answer)
		if err != nil {
			panic(err)
		}
		if _, err := channel.Write(append(line, '\n')); err != nil || q.Type == "stop" {
			return
		}
	}
}

// participant is what this process is: a server or a client.
type participant struct {
	stopServer func()
	client     *client
}

func (p *participant) answer(q question) (any, error) {
	switch q.Type {
	case "serve":
		port, stop, err := serve(q.DelayMs)
		p.stopServer = stop
		return map[string]any{"address": map[string]any{"port": port}, "pids": []int{}}, err
	case "connect":
		p.closeClient()
		c, err := dial(q.Address.Port, q.Connections)
		p.client = c
		return nil, err
	case "run":
		if p.client == nil {
			return nil, errors.New("not connected")
		}
		return p.client.run(q.Load)
	case "usage":
		cpuUs, peakBytes := usage()
		return map[string]any{"cpuUs": cpuUs, "peakBytes": peakBytes}, nil
	case "stop":
		p.closeClient()
		if p.stopServer != nil {
			p.stopServer()
		}
		return nil, nil
	default:
		return nil, fmt.Errorf("no question is called %q", q.Type)
	}
}

func (p *participant) closeClient() {
	if p.client != nil {
		_ = p.client.sender.Close()
	}
}
