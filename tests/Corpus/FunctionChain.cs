using System.Text.RegularExpressions;

namespace CrashHandler.Tests.Corpus;

/// <summary>
/// The functions of a crashed thread, innermost first, as three readers print them, in words that can be compared: the victim's own functions by name,
/// code of libraries as <see cref="Library"/>, no code at all as <see cref="Nowhere"/>. Libraries come without symbols of their own on most machines, where each
/// reader guesses another name, and <c>abort</c> is the C library's for GDB and the shim's in a process that is covered: so their frames are one word, however
/// many follow each other. A chain ends with the victim's outermost function; what the C library calls that from has no common name either.
/// </summary>
internal static partial class FunctionChain
{
    public const string Library = "(library)";
    public const string Nowhere = "(nowhere)";

    private static readonly string[] s_outermost = ["main", "run"];

    /// <summary>What <c>gdb</c> printed for <c>bt</c>: the victim's functions are those of its source file.</summary>
    public static string[] FromGdb(string output)
        => Normalize(GdbFrame().Matches(output).Select(frame => frame switch
        {
            _ when frame.Groups["file"].Value == CorpusPrograms.SourceName => frame.Groups["function"].Value,
            _ when frame.Groups["function"].Value == "??" && !frame.Groups["library"].Success => Nowhere,
            _ => Library,
        }));

    /// <summary>What <c>lldb</c> printed for <c>bt</c>.</summary>
    public static string[] FromLldb(string output, string program)
        => Normalize(LldbFrame().Matches(output).Select(frame => Name(frame, program)));

    /// <summary>What <c>minidump_stackwalk</c> printed for the crashed thread.</summary>
    public static string[] FromStackwalk(string output, string program)
        => Normalize(StackwalkFrame().Matches(CrashedThread().Match(output).Value).Select(frame => Name(frame, program)));

    private static string Name(Match frame, string program) => frame.Groups["module"] switch
    {
        { Success: false } => Nowhere,
        { Value: var module } when module == Path.GetFileName(program) => frame.Groups["function"].Value,
        _ => Library,
    };

    private static string[] Normalize(IEnumerable<string> frames)
    {
        List<string> chain = [];
        foreach (string frame in frames)
        {
            if (frame != Library || chain.LastOrDefault() != Library)
            {
                chain.Add(frame);
            }

            if (s_outermost.Contains(frame))
            {
                break;
            }
        }

        return [.. chain];
    }

    // "#1  0x00005555 in middle (kind=0x7f "null") at /tmp/victim.c:138", "#0  0x0 in ?? ()", "#2  0x7f in ?? () from /lib/libc.so.6".
    [GeneratedRegex(@"^#\d+ +(?:0x[0-9a-f]+ in )?(?<function>\S+) \(.*?\)(?: at (?:\S*/)?(?<file>[^/\s:]+):\d+| from (?<library>\S+))?$", RegexOptions.Multiline)]
    private static partial Regex GdbFrame();

    // "  * frame #0: 0x000055d2 victim`inner(kind="null") at victim.c:105:31", "    frame #1: 0x0000".
    [GeneratedRegex(@"^ +\*? *frame #\d+: 0x[0-9a-f]+(?: (?<module>[^`\n]+)`(?<function>[^\s(]+).*)?$", RegexOptions.Multiline)]
    private static partial Regex LldbFrame();

    // "Thread 0 (crashed)" up to the next empty line.
    [GeneratedRegex(@"^Thread \d+ \(crashed\)[\s\S]*?^$", RegexOptions.Multiline)]
    private static partial Regex CrashedThread();

    // " 1  victim!middle [victim.c : 138 + 0xc]", " 0  libc.so.6 + 0x1234", " 0  0x0".
    [GeneratedRegex(@"^ ?\d+  (?:0x[0-9a-f]+|(?<module>[^!\n]+?)(?:!(?<function>\S+).*| \+ 0x[0-9a-f]+))$", RegexOptions.Multiline)]
    private static partial Regex StackwalkFrame();
}
