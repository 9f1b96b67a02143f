#!/bin/sh
# Rewrites interop.pb.go from interop.proto. Needs protoc on the PATH (Debian: protobuf-compiler); the Go plugin is
# built here, at the version that go.mod has of the run-time library.
set -eu
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOBIN="$bin" go install google.golang.org/protobuf/cmd/protoc-gen-go
PATH="$bin:$PATH" protoc --go_out=. --go_opt=paths=source_relative interop.proto
