package protocol

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"
)

// Service is the Receiver: it does what the Commands ask for, and counts them.
type Service struct {
	mu       sync.Mutex
	executed map[string]int
}

// NewService makes a Service that has executed nothing yet.
func NewService() *Service {
	return &Service{executed: map[string]int{}}
}

// Executed tells how often each Command has been executed, by name.
func (s *Service) Executed() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.executed)
}

func (s *Service) count(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.executed[name]++
}

// Add answers an Add.
func (s *Service) Add(c Add) Sum {
	s.count("Add")
	return Sum(c.A + c.B)
}

// Countdown sends the Ticks of a Countdown, until one cannot be sent.
func (s *Service) Countdown(ctx context.Context, c Countdown, send func(Tick) error) error {
	s.count("Countdown")
	if c.From < 1 {
		return fmt.Errorf("countdown from %d", c.From)
	}
	for n := c.From; n > 0; n-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := send(Tick{N: n, Last: n == 1}); err != nil {
			return err
		}
	}
	return nil
}

// Find answers a Find: with Found or with Missing.
func (s *Service) Find(c Find) interface{ LastOne() bool } {
	s.count("Find")
	switch c.Key {
	case "apple":
		return Found{Key: c.Key, Count: 3, Tags: []string{"fruit", "red"}}
	case UnicodeKey:
		return Found{Key: c.Key, Count: -1, Tags: []string{}}
	default:
		return Missing{Key: c.Key}
	}
}

// UnicodeKey is a key that Find knows; Go's JSON escapes some of its characters.
const UnicodeKey = "<ключ> & 钥"

// Fail fails.
func (s *Service) Fail(c Fail) error {
	s.count("Fail")
	return errors.New(c.Message)
}

// Delay waits, at most until the connection goes.
func (s *Service) Delay(ctx context.Context, c Delay) error {
	s.count("Delay")
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Duration(c.Ms) * time.Millisecond):
		return nil
	}
}

// Echo answers an Echo.
func (s *Service) Echo(c Echo) Echoed {
	s.count("Echo")
	return Echoed(c)
}

// Kinds answers a Kinds.
func (s *Service) Kinds(c Kinds) Kinds {
	s.count("Kinds")
	return c
}

// Special answers a Special.
func (s *Service) Special(c Special) (Number, error) {
	s.count("Special")
	switch c.Name {
	case "NaN":
		return Number(math.NaN()), nil
	case "+Inf":
		return Number(math.Inf(1)), nil
	case "-Inf":
		return Number(math.Inf(-1)), nil
	case "-0":
		return Number(math.Copysign(0, -1)), nil
	default:
		return 0, fmt.Errorf("no special number is called %q", c.Name)
	}
}
