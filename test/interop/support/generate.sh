#!/bin/sh
# Rewrites interop_pb.ts from the .proto file of the Go peers. Needs protoc on the PATH (Debian: protobuf-compiler).
set -eu
cd "$(dirname "$0")"
npx --yes --package @bufbuild/protoc-gen-es@2.13.0 -- \
  protoc -I ../go/internal/pb --es_out=. --es_opt=target=ts,import_extension=ts interop.proto
npx biome check --write interop_pb.ts
