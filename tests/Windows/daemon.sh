#!/usr/bin/env bash
# The handler's daemon under Wine, from outside: tests/Windows/daemon.sh DIRECTORY, which has crash-handler.exe. Says what failed, and answers 1 if anything did.
# The database is made in a temporary directory; WINEPREFIX is the caller's, and so is the end of its wineserver.
set -u
bin=$(cd "$1" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
export WINEDEBUG=${WINEDEBUG:--all} WINEDLLOVERRIDES=${WINEDLLOVERRIDES:-winedbg.exe=d}
database="Z:${work//\//\\}\\database"
failures=0

handler() { timeout -k 5 60 wine "$bin/crash-handler.exe" "$@" | tr -d '\r'; return "${PIPESTATUS[0]}"; }
client() { timeout -k 5 60 wine "$work/pipe_client.exe" "$1" "$address" "${@:2}" | tr -d '\r'; return "${PIPESTATUS[0]}"; }
status() { handler status --database "$database" --json | tr -d ' \n'; }
log() { tr -d '\r' < "$work/database/handler.log"; }
now_has() { # NAME PATTERN COMMAND...: within 10 s
    local name=$1 pattern=$2 found
    for _ in $(seq 20); do
        found=$("${@:3}" 2>&1)
        grep -Eq -- "$pattern" <<< "$found" && return
        sleep 0.5
    done
    failures=$((failures + 1))
    printf 'daemon.sh: %s: no "%s" in:\n%s\n' "$name" "$pattern" "$found" >&2
}
start() { # OPTION...
    (timeout -k 5 300 wine "$bin/crash-handler.exe" run --database "$database" "$@" > "$work/run.log" 2>&1; echo "exit $?" >> "$work/run.log") &
    now_has "the handler answers" '"handlerPid":' status
    address=$(status | sed -n 's/.*"address":"\([^"]*\)".*/\1/p' | sed 's/\\\\/\\/g')
    pid=$(status | sed -n 's/.*"handlerPid":\([0-9]*\).*/\1/p')
}

x86_64-w64-mingw32-gcc -O1 -Wall -Wextra -Werror -o "$work/pipe_client.exe" "$here/pipe_client.c" || exit 1
start --persistent

now_has "who holds the address" "pid $pid" handler run --database "$database"
handler run --database "$database" > /dev/null 2>&1 && { failures=$((failures + 1)); echo "daemon.sh: a second handler ran at $address" >&2; }
now_has "no other users" "own user only" handler run --database "$database" --serve-user somebody

client stay 6000 0 > "$work/stay.log" 2>&1 &
now_has "a client that registered" '"processType":"tester","product":"pipe_client"' status
wait $!
now_has "it is gone" '"clients":\[\]' status
now_has "another version" "another version: Refusal 1: .*version 99" client nonsense
now_has "half a frame" "half a frame: Refusal 2" client nonsense
now_has "a message that is too long" "300,000 bytes: Refusal 2: .*longer than a frame" client nonsense
now_has "what is no block" "a short section: Refusal 2" client blocks
now_has "one that says nothing" "no Hello within" client silent
now_has "one that does not read" "answers, then end" client deaf
now_has "its end is counted" '"unread":[1-9]' status
now_has "answers" "GetLastRun: 17 with 8 bytes" client requests
now_has "the crash dialogue" "^Release [01]" client crash
now_has "its death is known" "Pid [0-9]+ dies" log

client stay 0 0xC0000005 > /dev/null 2>&1
now_has "a death without a notice" "exit code 0xC0000005 .*without a notice" log
client leave 500 0xE0434352 > /dev/null 2>&1
now_has "a death after its connections" "exit code 0xE0434352 .*without a notice" log
client stay 0 0x800703E9 > /dev/null 2>&1
now_has "a full stack of .NET" "exit code 0x800703E9 .stack overflow., without a notice" log
client stay 0 0xCFFFFFFF > /dev/null 2>&1
client stay 0 3 > /dev/null 2>&1

client crowd 25 8 1000 > "$work/crowd.log" 2>&1
now_has "200 connections at once" "^25$" grep -c '^8 of 8 welcomed' "$work/crowd.log"
# By now it has seen them end.
now_has "an exit code is none" "^0$" eval 'log | grep -c "exit code 0x00000003"'
now_has "a hung program that was closed is none" "^0$" eval 'log | grep -c "exit code 0xCFFFFFFF"'
now_has "nine of one process" "8 of 9 welcomed" client many 9

client hasty 500 > "$work/hasty.log" 2>&1
now_has "those that do not wait" '"clients":\[\]' status
client crowd 10 8 500 > "$work/crowd.log" 2>&1
now_has "the others, after them" "^10$" grep -c '^8 of 8 welcomed' "$work/crowd.log"
now_has "they are gone" '"clients":\[\]' status

# Without a pipe behind it, which would keep what it says to itself.
timeout -k 5 60 wine "$work/pipe_client.exe" follow "$address" > "$work/follow.log" 2>&1 &
follower=$!
now_has "the follower is there" Welcome cat "$work/follow.log"
wine taskkill /F /PID "$pid" > /dev/null
now_has "the handler was killed" exit cat "$work/run.log"
killed=$pid
start
wait "$follower"
now_has "a client finds the next one at the same address" Done cat "$work/follow.log"
now_has "the death of a handler" "Handler $killed of this database ended out of order" log

for _ in $(seq 45); do grep -q exit "$work/run.log" && break; sleep 1; done
now_has "an idle handler ends" "exit 0" cat "$work/run.log"
[ "$failures" -eq 0 ] && echo "daemon.sh: all as it should be" && rm -rf "$work"
exit $((failures > 0))
