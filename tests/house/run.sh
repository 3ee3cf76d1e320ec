#!/bin/sh
# The rules of the house that a program can check; one line each.   tests/house/run.sh
cd "$(dirname "$0")/../.." || exit 2
passed=0 failed=0
check() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok $name"
    else
        failed=$((failed + 1))
        printf '%s\n' "$output"
        echo "not ok $name"
    fi
}

format() { clang-format --dry-run -Werror $(git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]'); }
# What is left for later belongs into an issue, not into the code.
words() { ! git grep -nIwE 'TO''DO|FIX''ME|X''XX|HA''CK' -- src include services metadata tests .ci Makefile; }
# Whoever includes a header needs no other before it.
headers() {
    status=0
    for header in $(git ls-files 'src/*.h' 'include/*.h'); do
        flags=$(pkg-config --cflags libxml-2.0 odbc openssl xmlsec1-openssl libsodium icu-uc zlib inih gsoap gmime-3.0 libical 2>/dev/null)
        printf '#include "%s"\ntypedef int not_empty;\n' "${header#src/}" |
            gcc -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -Wall -Wextra -Wpedantic -Werror \
                -Isrc -Ibuild -Iinclude $flags -fsyntax-only -x c - ||
            { echo "$header does not stand alone."; status=1; }
    done
    return $status
}
# Each folder says what it is for.
readmes() {
    status=0
    for folder in metadata services wsdl src/* tests/*; do
        [ -d "$folder" ] && [ -n "$(git ls-files "$folder")" ] || continue
        git ls-files --error-unmatch "$folder/README.md" >/dev/null 2>&1 ||
            { echo "$folder has no README.md."; status=1; }
    done
    return $status
}
top_level() {
    extra=$(git ls-files | cut -d/ -f1 | sort -u |
        grep -vxE '\..*|metadata|services|wsdl|include|src|tests|Makefile|README\.md|LICENSE')
    [ -z "$extra" ] || { echo "the top level has more than the design names: $extra"; return 1; }
}

check lengths tests/house/lengths.py
check words words
check full-stops tests/house/full_stops.py
check headers headers
check readmes readmes
check settings tests/house/settings.py
check top-level top_level
check format format
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
