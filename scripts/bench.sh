#!/usr/bin/env bash
# Repeats what docs/performance.md reports of the chain and of bbs, and the race against another BBS library (test/bench, own go.mod).
set -euo pipefail
cd "$(dirname "$0")/.."
go test ./app -run '^$' -bench DIDCreations -benchtime 12x -timeout 30m
go test ./app -run '^$' -bench Consents -benchtime 16x -timeout 30m
go test ./x/oracle/keeper ./x/resource/keeper -run '^$' -bench . -timeout 30m
go test ./app -run '^$' -bench Resolver -benchtime 5000x -timeout 30m
(cd test/bench && go test -run '^$' -bench . -timeout 30m ./...)
go test ./tee/dcap ./seal -run '^$' -bench . -timeout 30m
