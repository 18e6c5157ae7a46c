# Sourced by the commands beside it: how they speak, and how they make and build a tree under build/.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
command_name=tools/${0##*/}

say() { printf '%s: %s\n' "$command_name" "$*"; }
fail() {
  printf '%s: %s\n' "$command_name" "$*" >&2
  exit 1
}

# locked COMMAND...: runs it alone; two commands at once must not write one tree.
locked() {
  local lock=$root/build/.lock
  mkdir -p "$root/build"
  flock -n "$lock" true || say "waiting for another command that builds here"
  flock -o "$lock" "$@"
}

# configure NAME COMPILER OPTION...: build/NAME is set up with exactly these. A tree with others is begun anew, which
# costs little where ccache has seen the sources.
configure() {
  local tree=$root/build/$1 log=$root/build/$1.setup.log compiler=$2 wanted="${*:2}"
  shift 2
  [ -f "$tree/build.ninja" ] && [ "$(cat "$tree/.wanted" 2>/dev/null)" = "$wanted" ] && return 0
  say "configuring build/${tree##*/} with $compiler"
  locked rm -rf "$tree"
  if ! locked env -u CXXFLAGS -u CPPFLAGS -u LDFLAGS CXX="ccache $compiler" \
    meson setup "$tree" "$root" --wrap-mode=nodownload "$@" >"$log" 2>&1; then
    cat "$log" >&2
    say "meson could not configure build/${tree##*/}; its output is above and in build/${log##*/}" >&2
    return 1
  fi
  printf '%s' "$wanted" >"$tree/.wanted"
}

# The tree that the demo, the benchmarks and the tests share: optimised, warnings are errors.
configure_release() { configure release g++ --buildtype=release -Doptimization=2 -Dwerror=true; }

# The same with the CEF backend, by the distribution in that folder.
configure_cef() {
  configure cef g++ --buildtype=release -Doptimization=2 -Dwerror=true "-Dcef_root=$1"
}

# build NAME [NINJA ARGUMENT...]
build() {
  say "building build/$1"
  locked ninja -C "$root/build/$1" "${@:2}"
}
