#!/usr/bin/env bash
# Packs a frozen folder as a Debian package: make_deb.sh FROZEN OUTPUT VERSION
#
# Everything lies in /opt/heimdex; outside are only the command, the menu entry, the icon and the
# documents. A person's library is in their home folder and no package script touches it.
set -euo pipefail

frozen=$1 output=$2 version=$3
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P "$here/../.." && pwd)
architecture=$(dpkg --print-architecture)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

install -d "$tree/opt" "$tree/usr/bin" "$tree/usr/share/applications" \
    "$tree/usr/share/icons/hicolor/scalable/apps" "$tree/usr/share/doc/heimdex" "$tree/DEBIAN"
cp -a "$frozen" "$tree/opt/heimdex"
ln -s /opt/heimdex/heimdex "$tree/usr/bin/heimdex"
install -m 644 "$here/heimdex.desktop" "$tree/usr/share/applications/heimdex.desktop"
install -m 644 "$root/resources/icons/heimdex.svg" \
    "$tree/usr/share/icons/hicolor/scalable/apps/heimdex.svg"
install -m 644 "$root/README.md" "$tree/usr/share/doc/heimdex/"
gzip -9n <"$root/CHANGELOG.md" >"$tree/usr/share/doc/heimdex/changelog.gz"
install -m 644 "$frozen/lib/notices.txt" "$tree/usr/share/doc/heimdex/copyright"

# What PySide6 stands on and does not carry, as scripts/setup.py knows it.
depends=$(python3 - "$root" <<'PYTHON'
import importlib.util, sys
spec = importlib.util.spec_from_file_location("setup_script", f"{sys.argv[1]}/scripts/setup.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
# Debian and Ubuntu renamed glib in the move to 64-bit time.
names = {"libglib2.0-0": "libglib2.0-0 | libglib2.0-0t64"}
packages = sorted(set(module.WINDOW_LIBRARIES.values()) | {"libc6 (>= 2.34)"})
print(", ".join(names.get(package, package) for package in packages))
PYTHON
)
size=$(du -sk "$tree" | cut -f1)
cat >"$tree/DEBIAN/control" <<CONTROL
Package: heimdex
Version: $version
Section: video
Priority: optional
Architecture: $architecture
Depends: $depends
Recommends: libgl1-mesa-dri, libwayland-egl1, xdg-utils
Installed-Size: $size
Maintainer: The Heimdex developers <maintainers@users.noreply.github.com>
Description: private search engine for your own videos
 Heimdex watches the folders you keep your videos in, understands on your own
 computer what is said, seen and who is there, and answers a sentence in Korean
 or English with the exact second of the exact video. Nothing leaves the
 computer, and no original file is changed.
CONTROL
cat >"$tree/DEBIAN/postinst" <<'SCRIPT'
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    if command -v update-desktop-database >/dev/null; then update-desktop-database -q || true; fi
    if command -v gtk-update-icon-cache >/dev/null; then
        gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || true
    fi
fi
SCRIPT
cat >"$tree/DEBIAN/postrm" <<'SCRIPT'
#!/bin/sh
set -e
if command -v update-desktop-database >/dev/null; then update-desktop-database -q || true; fi
SCRIPT
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/postrm"
chmod -R u+rwX,go+rX,go-w "$tree"
# Wheels mark libraries as programs, which they are not.
find "$tree/opt/heimdex/lib" -type f -name '*.so*' -exec chmod 644 {} +
find "$tree" -type d -name __pycache__ -prune -exec rm -r {} +
dpkg-deb --root-owner-group -Zxz -z6 --build "$tree" \
    "$output/heimdex_${version}_${architecture}.deb"
