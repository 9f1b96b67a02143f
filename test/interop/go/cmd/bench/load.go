package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load is how a client is loaded: see test/bench/load.ts, which this follows.
type load struct {
	Kind                        string
	Window, StringLength        int
	DurationMs                  int
	Requests, Shortest, Longest int
}

type result struct {
	Requests   int     `json:"requests"`
	ElapsedMs  float64 `json:"elapsedMs"`
	Answered   int     `json:"answered"`
	Unanswered int     `json:"unanswered"`
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
	P999Ms     float64 `json:"p999Ms"`
	MaxMs      float64 `json:"maxMs"`
	CPUUs      int64   `json:"cpuUs"`
	PeakBytes  int64   `json:"peakBytes"`
}

const (
	windowDrain = 2 * time.Second
	burstDrain  = 2 * time.Minute
)

// tally collects what the requests of one load gave.
type tally struct {
	mu        sync.Mutex
	latencies []time.Duration
	inTime    int
	last      time.Time
	open      atomic.Int64
	err       error
}

func (t *tally) add(latency time.Duration, answered time.Time, inTime bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latencies = append(t.latencies, latency)
	if inTime {
		t.inTime++
	}
	if answered.After(t.last) {
		t.last = answered
	}
	if err != nil {
		t.err = err
	}
}

func (c *client) run(l load) (result, error) {
	var t tally
	before, _ := usage()
	start := time.Now()
	if l.Kind == "window" {
		c.keepWindowFull(l, start, &t)
	} else {
		c.burst(l, start, &t)
	}
	after, peakBytes := usage()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return result{}, t.err
	}
	slices.Sort(t.latencies)
	r := result{
		Requests: len(t.latencies), ElapsedMs: ms(t.last.Sub(start)),
		Answered: len(t.latencies), Unanswered: int(t.open.Load()),
		P50Ms: percentile(t.latencies, 0.5), P99Ms: percentile(t.latencies, 0.99),
		P999Ms: percentile(t.latencies, 0.999), MaxMs: percentile(t.latencies, 1),
		CPUUs: after - before, PeakBytes: peakBytes,
	}
	if l.Kind == "window" && float64(t.inTime)/float64(l.DurationMs) > float64(r.Requests)/r.ElapsedMs {
		r.Requests, r.ElapsedMs = t.inTime, float64(l.DurationMs)
	}
	return r, nil
}

func (c *client) keepWindowFull(l load, start time.Time, t *tally) {
	messages := newMessages(l.StringLength, l.StringLength)
	end := start.Add(time.Duration(l.DurationMs) * time.Millisecond)
	var all sync.WaitGroup
	for range l.Window {
		all.Add(1)
		go func() {
			defer all.Done()
			for now := time.Now(); now.Before(end); {
				t.open.Add(1)
				err := c.ask(messages.next())
				t.open.Add(-1)
				answered := time.Now()
				t.add(answered.Sub(now), answered, answered.Before(end), err)
				now = answered
			}
		}()
	}
	within(time.Until(end)+windowDrain, &all)
}

func (c *client) burst(l load, start time.Time, t *tally) {
	messages := newMessages(l.Shortest, l.Longest)
	var all sync.WaitGroup
	t.open.Store(int64(l.Requests))
	for range l.Requests {
		all.Add(1)
		go func() {
			defer all.Done()
			err := c.ask(messages.next())
			t.open.Add(-1)
			answered := time.Now()
			t.add(answered.Sub(start), answered, true, err)
		}()
	}
	within(burstDrain, &all)
}

func (c *client) ask(sent echo) error {
	answer, err := c.sender.Send(context.Background(), sent)
	if err != nil {
		return err
	}
	if got, ok := answer.(echoed); !ok || got != echoed(sent) {
		return fmt.Errorf("sent %v, got %v back", sent, answer)
	}
	return nil
}

func within(limit time.Duration, all *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// messages that differ, as in test/bench/message.ts.
type messages struct {
	strings []string
	count   atomic.Int64
}

func newMessages(shortest, longest int) *messages {
	const digits = "0123456789abcdef"
	m := &messages{strings: make([]string, 256)}
	for i := range m.strings {
		text := make([]byte, shortest+rand.IntN(longest-shortest+1))
		for j := range text {
			text[j] = digits[rand.IntN(len(digits))]
		}
		m.strings[i] = string(text)
	}
	return m
}

func (m *messages) next() echo {
	count := m.count.Add(1) % 1_000_000
	return echo{
		Bool:    count&1 == 0,
		Int64:   1_000_000_000 + count,
		String:  m.strings[count%int64(len(m.strings))],
		Float64: float64(count) + 0.25,
	}
}

// percentile is the value at its nearest rank, in milliseconds.
func percentile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := max(1, int(math.Ceil(share*float64(len(sorted)))))
	return ms(sorted[rank-1])
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
