#!/usr/bin/env bash
# Packs a frozen folder as a Debian package: make_deb.sh FROZEN OUTPUT VERSION
#
# Everything lies in /opt/heimdex; outside are only the command, the menu entry, the icon and the
# documents. A person's library is in their home folder and no package script touches it.
#
#   DEBFULLNAME, DEBEMAIL    who answers for the package, as Debian's own tools read them
#   HEIMDEX_DEB_COMPRESSION  options of dpkg-deb, by default the smallest (-Zxz -z9)
set -euo pipefail

frozen=$1 output=$2 version=$3
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P "$here/../.." && pwd)
architecture=$(dpkg --print-architecture)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

install -d "$tree/opt" "$tree/usr/bin" "$tree/usr/share/applications" \
    "$tree/usr/share/icons/hicolor/scalable/apps" "$tree/usr/share/doc/heimdex" \
    "$tree/usr/share/man/man1" "$tree/usr/share/lintian/overrides" "$tree/DEBIAN"
cp -a "$frozen" "$tree/opt/heimdex"
ln -s /opt/heimdex/heimdex "$tree/usr/bin/heimdex"
install -m 644 "$here/heimdex.desktop" "$tree/usr/share/applications/heimdex.desktop"
install -m 644 "$root/resources/icons/heimdex.svg" \
    "$tree/usr/share/icons/hicolor/scalable/apps/heimdex.svg"
gzip -9n <"$here/heimdex.1" >"$tree/usr/share/man/man1/heimdex.1.gz"
install -m 644 "$here/lintian-overrides" "$tree/usr/share/lintian/overrides/heimdex"
gzip -9n <"$root/README.md" >"$tree/usr/share/doc/heimdex/README.md.gz"
gzip -9n <"$root/CHANGELOG.md" >"$tree/usr/share/doc/heimdex/CHANGELOG.md.gz"
install -m 644 "$frozen/lib/notices.txt" "$tree/usr/share/doc/heimdex/copyright"

# What PySide6 stands on and does not carry, as scripts/setup.py knows it; Python's and C++'s
# libraries; and the C library that the frozen ones were built for.
depends=$(python3 - "$root" "$frozen" <<'PYTHON'
import importlib.util, pathlib, re, subprocess, sys

root, frozen = sys.argv[1:]
spec = importlib.util.spec_from_file_location("setup_script", f"{root}/scripts/setup.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
needed = (2, 34)
for path in pathlib.Path(frozen).rglob("*"):
    if path.is_symlink() or not path.is_file() or path.open("rb").read(4) != b"\x7fELF":
        continue
    shown = subprocess.run(["readelf", "-VW", path], capture_output=True, text=True).stdout
    for major, minor in re.findall(r"Name: GLIBC_(\d+)\.(\d+)", shown):
        needed = max(needed, (int(major), int(minor)))
# Debian and Ubuntu renamed glib in the move to 64-bit time.
names = {"libglib2.0-0": "libglib2.0-0 | libglib2.0-0t64"}
own = {f"libc6 (>= {needed[0]}.{needed[1]})", "libstdc++6 (>= 12)", "libgcc-s1", "libfreetype6"}
packages = sorted({*module.WINDOW_LIBRARIES.values(), *own})
print(", ".join(names.get(package, package) for package in packages))
PYTHON
)
maintainer="${DEBFULLNAME:-Heimdex project} <${DEBEMAIL:-heimdex@users.noreply.github.com}>"
gzip -9n >"$tree/usr/share/doc/heimdex/changelog.gz" <<CHANGELOG
heimdex ($version) stable; urgency=medium

  * What is new is in CHANGELOG.md beside this file.

 -- $maintainer  $(date -uR)
CHANGELOG
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
Maintainer: $maintainer
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
# Options in words, so unquoted.
# shellcheck disable=SC2086
dpkg-deb --root-owner-group ${HEIMDEX_DEB_COMPRESSION:--Zxz -z9} --build "$tree" \
    "$output/heimdex_${version}_${architecture}.deb"
