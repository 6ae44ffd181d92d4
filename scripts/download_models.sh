#!/usr/bin/env bash
# Downloads the models of the card (the Balanced set) into models/{whisper,bge-m3,clip,…}: says how
# much it is and under which licences, asks, goes on where it was interrupted, and checks every byte.
#
#   scripts/download_models.sh                     the Balanced set
#   scripts/download_models.sh --set best          another set
#   scripts/download_models.sh whisper-small       single models, as `scripts/run models list` names them
#   scripts/download_models.sh --yes               without asking
set -euo pipefail
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
named=
for argument in "$@"; do
    case $argument in
        -h | --help | --set*) named=yes ;;
        -*) ;;
        *) named=yes ;;
    esac
done
if [ -z "$named" ]; then
    set -- --set balanced "$@"
fi
exec "$here/run" models download "$@"
