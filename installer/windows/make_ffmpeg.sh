#!/usr/bin/env bash
# Builds FFmpeg for Windows with Microsoft's compiler, in an MSYS2 shell that has it in its path:
# make_ffmpeg.sh PREFIX. Version, source and choice are those of ../ffmpeg.py; AV1 is left to what the
# processor's graphics decode, because dav1d is not built here.
set -euo pipefail

prefix=$1
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -e "$prefix/include/libavcodec/avcodec.h" ] && exit 0
facts=$(cd "$here/.." && python -c 'import ffmpeg; print(ffmpeg.ADDRESS, ffmpeg.SHA256)')
choice=$(cd "$here/.." && python -c 'import ffmpeg; print(*ffmpeg.CHOICE)')
read -r address sha256 <<<"$facts"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
curl -sSfLo "$place/ffmpeg.tar.xz" "$address"
echo "$sha256  $place/ffmpeg.tar.xz" | sha256sum -c -
tar -C "$place" -xJf "$place/ffmpeg.tar.xz"
cd "$place"/ffmpeg-*
# Compression libraries are not Microsoft's to give; PNG and compressed Matroska tracks need zlib.
words=()
for word in $choice; do
    case $word in --enable-zlib | --enable-bzlib | --enable-lzma | --enable-libdav1d) ;; *) words+=("$word") ;; esac
done
./configure --toolchain=msvc --prefix="$prefix" "${words[@]}"
make -j"$(nproc)"
make install
cp COPYING.LGPLv2.1 "$prefix/"
# PyAV's build looks for import libraries in lib; Microsoft's are put beside the DLLs.
mv "$prefix"/bin/*.lib "$prefix/lib/"
