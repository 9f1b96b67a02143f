package vectors

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestTheCommittedVectorsAreCurrent(t *testing.T) {
	const directory = "../../../vectors"
	texts := Files()
	for name, text := range texts {
		committed, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(withoutGoErrors(committed), withoutGoErrors(text)) {
			t.Errorf("%s is not what the libraries write now; run: go run ./cmd/vectors", name)
		}
	}
	present, err := filepath.Glob(filepath.Join(directory, "*.json"))
	if err != nil || len(present) != len(texts) {
		t.Errorf("the directory holds %v (%v), which is not what is generated", present, err)
	}
}

// withoutGoErrors leaves out what the next release of Go may word differently.
func withoutGoErrors(text []byte) []byte {
	return regexp.MustCompile(`(?m)^    "go": .*$`).ReplaceAll(text, nil)
}

func TestThereAreEnoughVectorsWithUniqueIDs(t *testing.T) {
	texts := Files()
	if valid, invalid := Count(texts); valid < 150 || invalid < 50 {
		t.Errorf("%d valid, %d refused", valid, invalid)
	}
	seen := map[string]bool{}
	for name, text := range texts {
		var list []struct{ ID string }
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(name, err)
		}
		for _, v := range list {
			if v.ID == "" || seen[v.ID] {
				t.Errorf("%s: id %q", name, v.ID)
			}
			seen[v.ID] = true
		}
	}
}
