namespace CrashHandler.Handler.Cli;

/// <summary>
/// Scripts that ask <c>crash-handler</c> itself what may come next, by the directive <c>[suggest:CURSOR]</c> of System.CommandLine. The line goes without its first
/// word, so that any name or path of the program will do.
/// </summary>
internal static class CompletionScripts
{
    // Options are offered to whoever began one. Where nothing is, a file's name may be meant.
    private const string Bash = """
        _crash_handler() {
            local word=${COMP_WORDS[COMP_CWORD]} line=${COMP_LINE:0:COMP_POINT} found
            line=${line#"${COMP_WORDS[0]}"}
            line=${line# }
            found=$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
            case $word in
                -*) ;;
                *) found=$(printf '%s\n' "$found" | grep -v '^[-/]') ;;
            esac
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$found" -- "$word"))
        }
        complete -o default -F _crash_handler crash-handler

        """;

    private const string Zsh = """
        #compdef crash-handler
        _crash_handler() {
            local line="${(j: :)words[2,CURRENT]}"
            local -a found
            found=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
            [[ ${words[CURRENT]} == -* ]] || found=(${found:#[-/]*})
            compadd -a found || _files
        }
        if [ "$funcstack[1]" = "_crash-handler" ] || [ "$funcstack[1]" = "_crash_handler" ]; then
            _crash_handler "$@"
        else
            compdef _crash_handler crash-handler
        fi

        """;

    private const string Fish = """
        function __crash_handler_complete
            set -l words (commandline -opc)
            set -l line (string join ' ' -- $words[2..-1] (commandline -ct))
            $words[1] "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end
        complete -c crash-handler -a '(__crash_handler_complete)'

        """;

    /// <summary>Shells that there are scripts for.</summary>
    public static IReadOnlyList<string> Shells => ["bash", "zsh", "fish"];

    /// <summary>The script of a shell; null: there is none.</summary>
    public static string? Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => null,
    };
}
