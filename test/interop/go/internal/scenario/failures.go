package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
	dcln "github.com/cmd-stream/cmd-stream-go/delegate/cln"
	sndr "github.com/cmd-stream/cmd-stream-go/sender"
	hks "github.com/cmd-stream/cmd-stream-go/sender/hooks"
	"github.com/ymz-ncnk/circbrk-go"

	"cmd-stream.test/interop/internal/peer"
	p "cmd-stream.test/interop/internal/protocol"
)

func timeout(r *run) error {
	options := r.options()
	late := make(chan core.Seq, 1)
	options.OnUnexpected = func(seq core.Seq, result core.Result) {
		r.event("unexpected-result", detail("seq", int64(seq)), described(r.Codec.Plain(result)))
		late <- seq
	}
	return r.with(options, func(sender peer.Sender) error {
		ctx, cancel := context.WithTimeout(r.ctx, 50*time.Millisecond)
		defer cancel()
		_, err := r.sendIn(ctx, sender, p.Delay{Ms: 500})
		if err == nil {
			r.outcome("a Send times out", false)
			return nil
		}
		r.outcome("a Send times out", errors.Is(err, sndr.ErrTimeout), failure(err))
		select {
		case seq := <-late:
			r.outcome("its Result comes late", seq == 1)
		case <-r.ctx.Done():
			r.outcome("its Result comes late", false)
		}
		r.expect(sender, "the connection stays good", p.Add{A: 1, B: 1}, p.Sum(2))
		return nil
	})
}

func breaker(r *run) error {
	const openFor = 500 * time.Millisecond
	changes := make(chan circbrk.State, 16)
	cb := circbrk.New(
		circbrk.WithWindowSize(4),
		circbrk.WithFailureRate(0.5),
		circbrk.WithOpenDuration(openFor),
		circbrk.WithSuccessThreshold(2),
		circbrk.WithChangeStateCallback(func(state circbrk.State) { changes <- state }),
	)
	options := r.options()
	options.Hooks = hks.NewCircuitBreakerHooksFactory[*p.Service](cb, hks.NoopHooksFactory[*p.Service]{})
	return r.with(options, func(sender peer.Sender) error {
		r.expect(sender, "closed: a Command passes", p.Add{A: 1, B: 1}, p.Sum(2))
		for i := range 2 {
			ctx, cancel := context.WithTimeout(r.ctx, 20*time.Millisecond)
			_, err := r.sendIn(ctx, sender, p.Delay{Ms: 400})
			cancel()
			r.outcome(fmt.Sprintf("timeout %d", i+1), errors.Is(err, sndr.ErrTimeout))
		}
		r.outcome("it opens", cb.State() == circbrk.Open)
		_, err := r.send(sender, p.Add{A: 1, B: 1})
		r.outcome("open: a Command is refused", errors.Is(err, hks.ErrNotAllowed))
		r.outcome("it half-opens", r.await(changes, circbrk.HalfOpen))
		for i := range 2 {
			r.expect(sender, fmt.Sprintf("half-open: trial %d passes", i+1), p.Add{A: i, B: 1}, p.Sum(i+1))
		}
		r.outcome("it closes", r.await(changes, circbrk.Closed))
		return nil
	})
}

func (r *run) await(changes <-chan circbrk.State, state circbrk.State) bool {
	for {
		select {
		case change := <-changes:
			if change == state {
				return true
			}
		case <-r.ctx.Done():
			return false
		}
	}
}

func fail(r *run) error {
	lost := make(chan error, 100)
	options := r.options()
	options.OnLost = func(err error) { lost <- err }
	sender, err := peer.Dial(options)
	if err != nil {
		return err
	}
	// The library may be unable to close a client whose connection is gone.
	defer func() { _ = sender.CloseAndWait(closeTimeout) }()

	neighbour := make(chan error, 1)
	go func() {
		_, err := r.send(sender, p.Delay{Ms: 600})
		neighbour <- err
	}()
	time.Sleep(50 * time.Millisecond) // the neighbour is at the server

	_, err = r.send(sender, p.Fail{Message: "no <such> luck"})
	if err == nil {
		r.outcome("the Send gets an error", false)
	} else {
		r.outcome("the Send gets an error", !errors.Is(err, sndr.ErrTimeout), failure(err))
	}
	if err := <-neighbour; err != nil {
		r.event("neighbour", detail("ok", false), failure(err))
	} else {
		r.event("neighbour", detail("ok", true))
	}
	select {
	case err := <-lost:
		r.event("connection", detail("closed", true), failure(err))
	case <-time.After(100 * time.Millisecond):
		r.event("connection", detail("closed", false))
	}
	r.event("after", r.usable(sender)...)
	return nil
}

// usable tells whether Commands are answered (again) within a second, or whether the Sender is over.
func (r *run) usable(sender peer.Sender) []member {
	deadline := time.After(time.Second)
	for {
		ctx, cancel := context.WithTimeout(r.ctx, 200*time.Millisecond)
		_, err := r.sendIn(ctx, sender, p.Add{A: 1, B: 1})
		cancel()
		if err == nil {
			return []member{detail("usable", true)}
		}
		select {
		case <-sender.Done():
			return []member{detail("usable", false), detail("senderClosed", true), failure(err)}
		case <-deadline:
			return []member{detail("usable", false), detail("senderClosed", false), failure(err)}
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func wrongServerInfo(r *run) error {
	for _, reconnecting := range []bool{false, true} {
		options := r.options()
		options.ServerInfo += "another"
		options.Reconnect = reconnecting
		sender, err := peer.Dial(options)
		step := fmt.Sprintf("refused (reconnecting client: %t)", reconnecting)
		if err == nil {
			_ = sender.CloseAndWait(closeTimeout)
			r.outcome(step, false)
			continue
		}
		r.outcome(step, errors.Is(err, dcln.ErrServerInfoMismatch), failure(err))
	}
	return nil
}

func keepalive(r *run) error {
	var lost atomic.Bool
	options := r.options()
	options.Reconnect = false
	options.KeepaliveTime, options.KeepaliveInterval = r.KeepaliveTime, r.KeepaliveInterval
	options.OnLost = func(error) { lost.Store(true) }
	return r.with(options, func(sender peer.Sender) error {
		r.expect(sender, "before", p.Add{A: 1, B: 1}, p.Sum(2))
		r.event("idle", detail("ms", r.Idle.Milliseconds()))
		time.Sleep(r.Idle)
		r.outcome("the connection is still there", !lost.Load())
		// With a deadline: a ping leaves its own write deadline on the connection, which a plain Send does not renew.
		result, err := sender.SendWithDeadline(r.ctx, time.Now().Add(time.Second), r.Codec.Command(p.Add{A: 2, B: 2}))
		if err == nil {
			result = r.Codec.Plain(result)
		}
		r.check("after", result, err, p.Sum(4))
		return nil
	})
}

func idle(r *run) error {
	lost := make(chan error, 1)
	options := r.options()
	options.Reconnect = false
	options.OnLost = func(err error) { lost <- err }
	sender, err := peer.Dial(options)
	if err != nil {
		return err
	}
	defer func() { _ = sender.CloseAndWait(closeTimeout) }()
	r.expect(sender, "before", p.Add{A: 1, B: 1}, p.Sum(2))
	r.event("idle", detail("ms", r.Idle.Milliseconds()))
	started := time.Now()
	select {
	case err := <-lost:
		r.outcome("the server closes the connection", true, failure(err), detail("afterMs", time.Since(started).Milliseconds()))
	case <-time.After(r.Idle):
		r.outcome("the server closes the connection", false)
	}
	// A Send that meets the end of its connection may be told of it by its own deadline only.
	ctx, cancel := context.WithTimeout(r.ctx, time.Second)
	defer cancel()
	_, err = r.sendIn(ctx, sender, p.Add{A: 2, B: 2})
	if err == nil {
		r.outcome("a Send gets an error", false)
		return nil
	}
	r.outcome("a Send gets an error", true, failure(err))
	return nil
}

func reconnect(r *run) error {
	var dials, refused atomic.Int64
	lost := make(chan struct{}, 100)
	options := r.options()
	options.Reconnect = true
	options.OnDial = func(err error) {
		dials.Add(1)
		if err != nil {
			refused.Add(1)
		}
	}
	options.OnLost = func(err error) {
		r.event("lost", failure(err))
		lost <- struct{}{}
	}
	sender, err := peer.Dial(options)
	if err != nil {
		return err
	}
	defer func() { _ = sender.CloseAndWait(closeTimeout) }()
	r.expect(sender, "before", p.Add{A: 1, B: 1}, p.Sum(2))
	r.event("ready")
	select {
	case <-lost:
	case <-r.ctx.Done():
		return errors.New("the server did not go away")
	}
	failed := 0
	for r.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(r.ctx, 500*time.Millisecond)
		result, err := r.sendIn(ctx, sender, p.Add{A: 20, B: 22})
		cancel()
		if err == nil {
			r.event("recovered", detail("dials", dials.Load()), detail("refused", refused.Load()), detail("failed", failed))
			r.check("after", result, nil, p.Sum(42))
			return nil
		}
		failed++
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the server did not come back")
}
