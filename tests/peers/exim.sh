#!/bin/sh
# Unpacks Exim into a tree of its own under build/, as it cannot be installed beside Postfix, and
# prints the path of the program.   tests/peers/exim.sh
cd "$(dirname "$0")/../.." || exit 2
tree=build/peers/exim
if ! [ -x "$tree/usr/sbin/exim4" ]; then
    work=$(mktemp -d) || exit 1
    trap 'rm -rf "$work"' EXIT
    # The client of apt writes into the folder that it is called in.
    (cd "$work" && apt-get download -q exim4-daemon-light) >&2 || exit 1
    mkdir -p "$tree"
    dpkg -x "$work"/exim4-daemon-light_*.deb "$tree" || exit 1
fi
echo "$PWD/$tree/usr/sbin/exim4"
