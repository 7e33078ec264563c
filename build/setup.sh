# Sourced by the other scripts: where things are, and what must be installed.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# obtain COMMAND DEBIAN-PACKAGE [APT-OPTION...]: whether it is there, installed where that is possible.
obtain() {
    command -v "$1" >/dev/null && return
    [ -n "$2" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return
    { apt-get install -y "${@:3}" "$2" || { apt-get update && apt-get install -y "${@:3}" "$2"; }; } >/dev/null 2>&1 || true
    command -v "$1" >/dev/null
}

# require COMMAND DEBIAN-PACKAGE WHAT-FOR [APT-OPTION...]: likewise; says in one line what to install where it is not, and ends.
require() {
    obtain "$1" "$2" "${@:4}" && return
    echo "$(basename "$0"): $1 is missing ($3); install it${2:+, e.g. 'apt-get install $2'}" >&2
    exit 1
}

require_sdk() {
    require dotnet "" "the .NET 10 SDK, https://dotnet.microsoft.com/download"
    if ! (cd "$root" && dotnet --version >/dev/null 2>&1); then
        echo "$(basename "$0"): the .NET 10 SDK is missing (global.json asks for 10.0); install it from https://dotnet.microsoft.com/download" >&2
        exit 1
    fi
    require gcc gcc "a C compiler, for the signal shim and for linking the handler"
    require objdump binutils "to check which glibc is needed"
}

# hash_of PATH...: one hash over the files below, to see whether anything changed.
hash_of() {
    (cd "$root" && find "$@" -type f -not -path '*/bin/*' -not -path '*/obj/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# quietly LOG COMMAND...: the output only when it fails.
quietly() {
    local log=$1
    shift
    mkdir -p "$(dirname "$log")"
    "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}
