#!/usr/bin/env bash
# Packs a frozen folder as an AppImage: make_appimage.sh FROZEN OUTPUT VERSION. Needs appimagetool.
set -euo pipefail

frozen=$1 output=$2 version=$3
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P "$here/../.." && pwd)
tree=$(mktemp -d)/Heimdex.AppDir
trap 'rm -rf "$(dirname "$tree")"' EXIT

install -d "$tree/usr/lib"
cp -a "$frozen" "$tree/usr/lib/heimdex"
cp "$root/resources/icons/heimdex.svg" "$tree/heimdex.svg"
cp "$here/heimdex.desktop" "$tree/heimdex.desktop"
cat >"$tree/AppRun" <<'SCRIPT'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
exec "$here/usr/lib/heimdex/heimdex" "$@"
SCRIPT
chmod 755 "$tree/AppRun"
appimagetool "$tree" "$output/Heimdex-$version-$(uname -m).AppImage"
