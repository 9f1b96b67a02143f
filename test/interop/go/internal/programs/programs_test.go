// Package programs tests the programs as a test in another language runs them.
package programs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cmd-stream.test/interop/internal/certs"
)

var directory string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if directory, err = os.MkdirTemp("", "interop"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(directory)
		build := exec.Command("go", "build", "-o", directory, "cmd-stream.test/interop/cmd/...")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// startServer returns where the server listens, and stop, which ends it and returns what else it printed.
func startServer(t *testing.T, args ...string) (addr string, stop func() []string) {
	t.Helper()
	server := exec.Command(filepath.Join(directory, "server"), args...)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(out)
	line, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addr, found := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if !found {
		t.Fatalf("the server said %q first", line)
	}
	return addr, func() []string {
		if err := server.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		rest, _ := io.ReadAll(reader)
		if err := server.Wait(); err != nil {
			t.Error(err)
		}
		return strings.Split(strings.TrimSpace(string(rest)), "\n")
	}
}

func runClient(t *testing.T, args ...string) (exitCode int, lines []map[string]any) {
	t.Helper()
	out, err := exec.Command(filepath.Join(directory, "client"), args...).Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		var object map[string]any
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, object)
	}
	if failed != nil {
		exitCode = failed.ExitCode()
	}
	return exitCode, lines
}

func TestTheClientTalksToTheServer(t *testing.T) {
	files, err := certs.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tlsFlags := []string{"--tls-cert", files.Cert, "--tls-key", files.Key, "--tls-ca", files.CA, "--mutual"}
	for _, flags := range [][]string{
		{"--codec", "mus", "--mus-first-type", "1"},
		append([]string{"--codec", "protobuf"}, tlsFlags...),
		{"--codec", "msgpack", "--server-info", "calc 1.0"},
	} {
		addr, stop := startServer(t, flags...)
		code, lines := runClient(t, append([]string{"--addr", addr, "--scenario", "add,find"}, flags...)...)
		if last := lines[len(lines)-1]; code != 0 || last["done"] != true || last["ok"] != true {
			t.Errorf("%v: exit code %d, %v", flags, code, lines)
		}
		if first := lines[0]; first["scenario"] != "add" || first["step"] != "2 + 3" || first["ok"] != true {
			t.Errorf("%v: %v", flags, first)
		}
		printed := stop()
		if last := printed[len(printed)-1]; last != `{"event":"stopped","executed":{"Add":8,"Find":4}}` {
			t.Errorf("%v: %v", flags, printed)
		}
	}
}

func TestTheClientSaysByItsExitCodeThatAScenarioFailed(t *testing.T) {
	addr, stop := startServer(t, "--codec", "json")
	defer stop()
	if code, lines := runClient(t, "--addr", addr, "--codec", "msgpack", "--scenario", "add"); code != 1 {
		t.Errorf("exit code %d, %v", code, lines)
	}
	if code, _ := runClient(t, "--addr", addr, "--scenario", "nothing"); code != 2 {
		t.Errorf("exit code %d", code)
	}
}

func TestTheServerClosesASilentConnection(t *testing.T) {
	addr, stop := startServer(t, "--command-receive-ms", "400")
	code, lines := runClient(t, "--addr", addr, "--scenario", "idle", "--idle-ms", "5000")
	if code != 0 {
		t.Errorf("exit code %d, %v", code, lines)
	}
	code, lines = runClient(t, "--addr", addr, "--scenario", "keepalive", "--idle-ms", "900",
		"--keepalive-ms", "50", "--keepalive-interval-ms", "50")
	if code != 0 {
		t.Errorf("exit code %d, %v", code, lines)
	}
	if printed := strings.Join(stop(), "\n"); !strings.Contains(printed, `"event":"lost"`) || !strings.Contains(printed, "timeout") {
		t.Error(printed)
	}
}
