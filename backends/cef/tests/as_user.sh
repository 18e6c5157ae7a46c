#!/bin/sh
# Runs a program of the build tree as an ordinary user, whom Chromium's sandbox is for, although root built it where
# nobody else may look. usage: as_user.sh RUNTIME MODULE PROGRAM
set -eu
runtime=$1 module=$2 program=$3
user=61234
export MULLION_TEST_RUNTIME="$runtime" MULLION_TEST_MODULE="$module"

if [ "$(id -u)" != 0 ]; then
  exec unshare --user --map-current-user --pid --fork --kill-child --mount-proc "$program"
fi
if [ "${MULLION_AS_USER-}" = '' ]; then
  MULLION_AS_USER=$(mktemp -d /tmp/mullion-user-XXXXXX)
  export MULLION_AS_USER
  code=0
  unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@" || code=$?
  rm -rf "$MULLION_AS_USER"  # what was mounted there has gone with its namespace
  exit $code
fi

place=$MULLION_AS_USER
chmod 755 "$place"
mkdir "$place/sdk" "$place/runtime"
mount --bind "$(dirname "$(dirname "$(readlink -f "$runtime/libcef.so")")")" "$place/sdk"
for file in "$place"/sdk/Release/* "$place"/sdk/Resources/*; do
  ln -s "$file" "$place/runtime/"
done
cp "$module" "$program" "$place/"
chown $user "$place"
cd "$place"
export MULLION_MODULE_DIR="$place" LD_LIBRARY_PATH="$place/runtime"
export MULLION_TEST_RUNTIME="$place/runtime" MULLION_TEST_MODULE="$place/$(basename "$module")"
setpriv --reuid $user --regid $user --clear-groups "$place/$(basename "$program")"
