#!/bin/sh
# Tells the story of story.md with every client.   tests/clients/run.sh URL USER PASSWORD [CLIENT...]
#
# Each works in build/clients/<url>/<client>, where it generates its code from ?wsdl anew. A client whose
# tools are not installed is skipped. Last line: `N passed, N failed, N skipped`, counting steps.
here=$(cd "$(dirname "$0")" && pwd)
url=$1 user=$2 password=$3
shift 3
[ $# -gt 0 ] || set -- $(cd "$here" && ls -d */run.sh | sed 's#/run.sh##')
# Two runs against two servers do not meet.
folder=$PWD/build/clients/$(printf '%s' "$url" | tr -c 'a-zA-Z0-9\n' -)
steps='login create retrieve reference update null query batch fault delete read-back-account
    read-back-contact read-back-deleted read-back-batched'
passed=0 failed=0 skipped=0

# What the line `# Needs:` of a client's run.sh names: commands, or files from the root on.
lacks() {
    for need in $(sed -n 's/^# Needs: //p' "$here/$1/run.sh"); do
        command -v "$need" >/dev/null 2>&1 || [ -e "$need" ] || { echo "$need"; return; }
    done
}

for client in "$@"; do
    lack=$(lacks "$client")
    if [ -n "$lack" ]; then
        echo "skip $client: $lack is not installed"
        skipped=$((skipped + 1))
        continue
    fi
    work=$folder/$client
    rm -rf "$work" && mkdir -p "$work"
    tag=$client-$(date +%s)
    timeout 600 "$here/$client/run.sh" "$url" "$user" "$password" "$tag" "$work" \
        >"$work/output" 2>"$work/errors"
    if [ $? -eq 77 ]; then # it says itself that it cannot run here
        echo "skip $client: $(tail -n 1 "$work/errors")"
        skipped=$((skipped + 1))
        continue
    fi
    "$here/read_back.py" "$url" "$user" "$password" "$tag" <"$work/output" >"$work/read-back" 2>>"$work/errors"
    bad=0
    for step in $steps; do
        if grep -qx "ok $step" "$work/output" "$work/read-back" -h; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1)) bad=$((bad + 1))
            grep -h "^not ok $step:" "$work/output" "$work/read-back" ||
                echo "not ok $step: it was not reached"
        fi
    done
    if [ "$bad" -eq 0 ]; then
        echo "ok $client"
    else
        echo "not ok $client: $bad steps; see $work"
        tail -n 5 "$work/errors"
    fi
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
