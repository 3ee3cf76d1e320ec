#!/bin/sh
# Measures; see README.md.   tests/bench/run.sh [PART...]   (make bench, BENCH='start echo')
cd "$(dirname "$0")/../.." || exit 2
make -j2 all || exit 1
exec tests/bench/run.py "$@"
