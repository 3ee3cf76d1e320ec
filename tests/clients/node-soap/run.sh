#!/bin/sh
# The npm package soap, as package-lock.json pins it; it builds its proxy from the WSDL when it starts.
# Needs: node npm
here=$(cd "$(dirname "$0")" && pwd)
modules=$5/../../node-modules/$(basename "$here")
mkdir -p "$modules" && cd "$modules" || exit 1
if ! cmp -s "$here/package-lock.json" package-lock.json || [ ! -d node_modules ]; then
    cp "$here/package.json" "$here/package-lock.json" . && npm ci --no-audit --no-fund >&2 ||
        { echo 'npm could not install the package' >&2; exit 77; }
fi
cp "$here/story.js" . && exec node story.js "$1" "$2" "$3" "$4"
