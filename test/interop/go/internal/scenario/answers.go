package scenario

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/cmd-stream/cmd-stream-go/core"
	sndr "github.com/cmd-stream/cmd-stream-go/sender"

	"cmd-stream.test/interop/internal/peer"
	p "cmd-stream.test/interop/internal/protocol"
)

const maxSafeInteger = 1<<53 - 1

func add(r *run) error {
	return r.with(r.options(), func(sender peer.Sender) error {
		for _, c := range []p.Add{
			{A: 2, B: 3},
			{},
			{A: -1, B: 1},
			{A: math.MinInt32, B: -1},
			{A: maxSafeInteger},
			{A: -maxSafeInteger},
			{A: math.MaxInt64 - 1, B: 1},
			{A: math.MinInt64},
		} {
			r.expect(sender, fmt.Sprintf("%d + %d", c.A, c.B), c, p.Sum(c.A+c.B))
		}
		return nil
	})
}

func stream(r *run) error {
	return r.with(r.options(), func(sender peer.Sender) error {
		for _, from := range []int{1, 5, 1000} {
			step := fmt.Sprintf("countdown from %d", from)
			r.countdown(sender, step, from)
		}
		var both sync.WaitGroup
		for _, from := range []int{300, 400} {
			both.Add(1)
			go func() {
				defer both.Done()
				r.countdown(sender, fmt.Sprintf("at once: countdown from %d", from), from)
			}()
		}
		both.Wait()
		return nil
	})
}

func (r *run) countdown(sender peer.Sender, step string, from int) {
	expected := from
	var problem error
	handle := sndr.ResultHandlerFn(func(result core.Result, err error) error {
		if err != nil {
			problem = err
			return err
		}
		tick, isTick := r.Codec.Plain(result).(p.Tick)
		if want := (p.Tick{N: expected, Last: expected == 1}); !isTick || tick != want {
			problem = fmt.Errorf("got %+v instead of %+v", result, want)
			return problem
		}
		expected--
		return nil
	})
	if err := sender.SendMulti(r.ctx, r.Codec.Command(p.Countdown{From: from}), 16, handle); err != nil {
		problem = err
	}
	if problem == nil && expected != 0 {
		problem = fmt.Errorf("ended before %d", expected)
	}
	if problem != nil {
		r.outcome(step, false, detail("ticks", from-expected), failure(problem))
		return
	}
	r.outcome(step, true, detail("ticks", from))
}

func find(r *run) error {
	return r.with(r.options(), func(sender peer.Sender) error {
		r.expect(sender, "a key that is known", p.Find{Key: "apple"},
			p.Found{Key: "apple", Count: 3, Tags: []string{"fruit", "red"}})
		r.expect(sender, "a key of many characters", p.Find{Key: p.UnicodeKey},
			p.Found{Key: p.UnicodeKey, Count: -1, Tags: []string{}})
		r.expect(sender, "a key that is not known", p.Find{Key: "pear"}, p.Missing{Key: "pear"})
		r.expect(sender, "no key", p.Find{}, p.Missing{})
		return nil
	})
}

func delay(r *run) error {
	return r.with(r.options(), func(sender peer.Sender) error {
		r.expect(sender, "no delay", p.Delay{}, p.Done{})
		var (
			wait  sync.WaitGroup
			mu    sync.Mutex
			order []int
		)
		for _, ms := range []int{600, 20} {
			wait.Add(1)
			go func() {
				defer wait.Done()
				started := time.Now()
				result, err := r.send(sender, p.Delay{Ms: ms})
				step := fmt.Sprintf("delay of %d ms", ms)
				// A timer of JavaScript may fire up to a millisecond early.
				if elapsed := time.Since(started); err == nil && elapsed < time.Duration(ms-1)*time.Millisecond {
					err = fmt.Errorf("answered after %s already", elapsed)
				}
				r.check(step, result, err, p.Done{})
				mu.Lock()
				defer mu.Unlock()
				order = append(order, ms)
			}()
			time.Sleep(10 * time.Millisecond) // the long one is sent first
		}
		wait.Wait()
		r.outcome("the short delay overtakes the long one", len(order) == 2 && order[0] == 20, detail("order", order))
		return nil
	})
}

const sampleText = "ключ🚀<"

func large(r *run) error {
	return r.with(r.options(), func(sender peer.Sender) error {
		for _, size := range []int{0, 1, 127, 128, 16383, 16384, 65535, 65536, 1 << 20} {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(i*7 + i>>8)
			}
			r.expect(sender, fmt.Sprintf("%d bytes", size), p.Echo{Data: data}, p.Echoed{Data: data})
			text := strings.Repeat(sampleText, size/len(sampleText))
			r.expect(sender, fmt.Sprintf("%d bytes of text", len(text)), p.Echo{Data: []byte{}, Text: text},
				p.Echoed{Data: []byte{}, Text: text})
		}
		return nil
	})
}

func kinds(r *run) error {
	return r.with(r.options(), func(sender peer.Sender) error {
		zero := p.Kinds{Time: time.UnixMilli(0).UTC()}
		r.expect(sender, "every field at zero", zero, zero)
		// Last: what a codec cannot read ends the connection.
		sample := p.SampleKinds(false)
		r.expect(sender, "every field at an interesting place", sample, sample)
		return nil
	})
}

func specials(r *run) error {
	numbers := []struct {
		name   string
		number float64
	}{
		{"NaN", math.NaN()}, {"+Inf", math.Inf(1)}, {"-Inf", math.Inf(-1)}, {"-0", math.Copysign(0, -1)},
	}
	for _, special := range numbers {
		// A Sender for each: a Command that cannot be encoded leaves half a frame in the library's buffer, and a server
		// whose Result cannot be encoded closes the connection.
		err := r.with(r.options(), func(sender peer.Sender) error {
			result, err := r.send(sender, p.Special{Name: special.name})
			r.special("a Result of "+special.name, special.number, result, err, p.Number(special.number))
			return nil
		})
		if err != nil {
			return err
		}
		err = r.with(r.options(), func(sender peer.Sender) error {
			command := p.Kinds{Time: time.UnixMilli(0).UTC(), Double: special.number}
			result, err := r.send(sender, command)
			r.special("a Command with "+special.name, special.number, result, err, command)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// special checks that a number arrives, or is refused where the codec cannot say it.
func (r *run) special(step string, number float64, got core.Result, err error, want core.Result) {
	if r.Codec.RefusesSpecials && number != 0 {
		if err == nil {
			r.outcome(step+" is refused", false, described(got))
		} else {
			r.outcome(step+" is refused", !errors.Is(err, sndr.ErrTimeout), failure(err))
		}
		return
	}
	r.check(step, got, err, want)
}

func parallel(r *run) error {
	options := r.options()
	options.Clients = r.Clients
	return r.with(options, func(sender peer.Sender) error {
		var (
			wait  sync.WaitGroup
			mu    sync.Mutex
			wrong int
			first error
		)
		started := time.Now()
		for i := range r.Count {
			wait.Add(1)
			go func() {
				defer wait.Done()
				result, err := r.send(sender, p.Add{A: i, B: 1_000_000})
				if err == nil && !r.equal(result, p.Sum(i+1_000_000)) {
					err = fmt.Errorf("%d + 1000000 = %v", i, result)
				}
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					wrong++
					if first == nil {
						first = err
					}
				}
			}()
		}
		wait.Wait()
		details := []member{
			detail("count", r.Count), detail("clients", r.Clients), detail("wrong", wrong),
			detail("elapsedMs", time.Since(started).Milliseconds()),
		}
		if first != nil {
			details = append(details, failure(first))
		}
		r.outcome("all matched", wrong == 0, details...)
		return nil
	})
}
