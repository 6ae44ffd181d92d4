#!/usr/bin/env bash
# Signs Heimdex.app where a certificate is given, packs it as a disk image and has it notarised:
# make_dmg.sh APP OUTPUT VERSION
#
#   HEIMDEX_SIGN_IDENTITY    "Developer ID Application: …" in the key chain; unset: an ad-hoc
#                            signature, which runs only where it was built or after a right click
#   HEIMDEX_NOTARY_PROFILE   a profile of `xcrun notarytool store-credentials`; unset: not notarised
set -euo pipefail

app=$1 output=$2 version=$3
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
identity=${HEIMDEX_SIGN_IDENTITY:--}
image=$output/Heimdex-$version-$(uname -m).dmg
sign=(codesign --force --sign "$identity")
# Apple's clock vouches for a certificate's signature only.
[ "$identity" = - ] && sign+=(--timestamp=none) || sign+=(--timestamp)
program=(--options runtime --entitlements "$here/entitlements.plist")

# From the inside out: a bundle's seal covers what lies in it.
find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' -o -perm -u+x \) -print0 |
    while IFS= read -r -d '' file; do
        if file -b "$file" | grep -q Mach-O; then
            "${sign[@]}" "${program[@]}" "$file"
        fi
    done
"${sign[@]}" "${program[@]}" "$app"
codesign --verify --deep --strict "$app"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Keeps the times of the weights, by which the program knows that they are whole.
ditto "$app" "$folder/$(basename "$app")"
ln -s /Applications "$folder/Applications"
hdiutil create -quiet -volname "Heimdex $version" -srcfolder "$folder" -format ULMO "$image"
[ "$identity" = - ] || "${sign[@]}" "$image"
if [ -n "${HEIMDEX_NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$HEIMDEX_NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
