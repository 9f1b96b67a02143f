// Command vectors rewrites the conformance vectors.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"cmd-stream.test/interop/internal/vectors"
)

func main() {
	out := flag.String("out", filepath.Join("..", "vectors"), "`directory` to write the files to")
	flag.Parse()
	files := vectors.Files()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(*out, name), text, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "vectors:", err)
			os.Exit(1)
		}
	}
	valid, invalid := vectors.Count(files)
	fmt.Printf("%d vectors: %d valid, %d refused\n", valid+invalid, valid, invalid)
}
