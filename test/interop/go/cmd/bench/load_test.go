package main

import "testing"

func TestLoadsThatAreCheckedAndCounted(t *testing.T) {
	port, stop, err := serve(5)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	c, err := dial(port, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer c.sender.Close()

	burst, err := c.run(load{Kind: "burst", Requests: 200, Shortest: 17, Longest: 1024})
	if err != nil {
		t.Fatal(err)
	}
	if burst.Requests != 200 || burst.Answered != 200 || burst.Unanswered != 0 {
		t.Errorf("of 200 requests: %+v", burst)
	}
	if burst.P50Ms < 5 || burst.MaxMs < burst.P999Ms || burst.P999Ms < burst.P50Ms {
		t.Errorf("each answer waits for 5 ms: %+v", burst)
	}

	window, err := c.run(load{Kind: "window", Window: 4, StringLength: 16, DurationMs: 60})
	if err != nil {
		t.Fatal(err)
	}
	// Each of the four waits 5 ms for each answer.
	if window.Answered < 4 || window.Answered > 4*60/5+4 || window.Unanswered != 0 {
		t.Errorf("four at a time for 60 ms: %+v", window)
	}
}

func TestAnswersOnTheChannel(t *testing.T) {
	var p participant
	if _, err := p.answer(question{Type: "sing"}); err == nil {
		t.Error("an unknown question was answered")
	}
	if _, err := p.answer(question{Type: "run"}); err == nil {
		t.Error("a load was run without a connection")
	}
	if cpuUs, peakBytes := usage(); cpuUs <= 0 || peakBytes <= 0 {
		t.Errorf("used %d us, %d bytes", cpuUs, peakBytes)
	}
}
