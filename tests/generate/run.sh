#!/bin/sh
# Tests of the generator. good/ must become golden/ (whose names end in .golden,
# so that nobody compiles or formats them), byte for byte. Each file of bad/ takes the
# place of the good one that its name begins with, and must be refused with the words of its
# "expected" comment, which begin with the line.
#
# usage: run.sh GENERATE; with UPDATE=1 golden/ is written instead
generate=$1
here=$(dirname "$0")
work=$(mktemp -d build/generate-test-XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); printf 'FAIL %s\n' "$1"; }

# Makes the directories that the generator reads, with the schemas of the house.
prepare() {
    rm -rf "$work/in" "$work/out"
    mkdir -p "$work/in" "$work/out"
    cp -r "$here/good/metadata" "$here/good/services" "$work/in"
    cp metadata/*.xsd "$work/in/metadata"
    cp services/services.xsd "$work/in/services"
}

run() { (cd "$work" && "$OLDPWD/$generate" in/metadata in/services out 2>&1); }

prepare
if output=$(run); then pass; else fail "good: $output"; fi
for made in "$work"/out/*; do
    golden=$here/golden/$(basename "$made").golden
    [ -z "$UPDATE" ] || cp "$made" "$golden"
    if difference=$(diff "$golden" "$made"); then pass; else fail "$golden: $difference"; fi
done

# Nothing is written again when nothing has changed.
touch -d '2001-01-01' "$work"/out/*
run
if [ -z "$(find "$work/out" -newermt '2001-01-02' -type f)" ]; then pass; else fail "written again"; fi

for file in "$here"/bad/*.xml; do
    name=$(basename "$file")
    prepare
    case $name in
    errors-*) target=metadata/errors.xml ;;
    settings-*) target=metadata/settings.xml ;;
    services-*) target=services/c.xml ;;
    esac
    cp "$file" "$work/in/$target"
    expected=$(sed -n 's/.*<!-- expected \(.*\) -->.*/\1/p' "$file")
    if output=$(run); then
        fail "$name: accepted"
    else
        case $output in
        *"in/$target:$expected"*) pass ;;
        *) fail "$name: expected in/$target:$expected, got: $output" ;;
        esac
    fi
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
