# Runs a program whose standard output is a pipe that nobody reads any more, from the beginning ("before") or once it runs ("later").
when=$1; shift
pipe=$(mktemp -u) && mkfifo "$pipe" && exec 3<>"$pipe" 4>"$pipe" && rm "$pipe" || exit 99
if [ "$when" = before ]; then
    exec 3>&-
    exec "$@" >&4 4>&-
fi
"$@" >&4 4>&- 3>&- &
exec 4>&-
# Its first line says that it is there.
read -r line <&3
exec 3>&-
wait $!
