package protocol

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

func TestTheReadmeHasTheTypesAndNumbersOfTheProtocol(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(` +`).ReplaceAllString(string(text), " ")
	commands, results, found := strings.Cut(rows, "| # | Result |")
	if !found {
		t.Fatal("the README has no table of Results")
	}
	expect := func(part string, types []reflect.Type) {
		for number, of := range types {
			if row := fmt.Sprintf("\n| %d | `%s` |", number, of.Name()); strings.Count(part, row) != 1 {
				t.Errorf("the README should have once: %s", row)
			}
		}
	}
	expect(commands, CommandTypes)
	expect(results, ResultTypes)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Kinds]()) {
		if row := "\n| `" + field.Name + "` | `"; !strings.Contains(results, row) {
			t.Errorf("the README has no row for Kinds.%s", field.Name)
		}
	}
}

func TestWhatTheReadmeSaysOfMessagePackNumbers(t *testing.T) {
	for value, bytes := range map[any]int{int(1): 1, int64(1): 9, uint64(1): 9, float64(1): 9, 90 * time.Second: 9} {
		if encoded, err := msgpack.Marshal(value); err != nil || len(encoded) != bytes {
			t.Errorf("%T takes %d bytes, %v", value, len(encoded), err)
		}
	}
	var double float64
	if err := msgpack.Unmarshal([]byte{5}, &double); err != nil || double != 5 {
		t.Errorf("an integer is read as the float64 %v, %v", double, err)
	}
	five, err := msgpack.Marshal(5.0)
	if err != nil {
		t.Fatal(err)
	}
	var whole int
	if err := msgpack.Unmarshal(five, &whole); err == nil {
		t.Errorf("a float64 is read as the int %d", whole)
	}
}
