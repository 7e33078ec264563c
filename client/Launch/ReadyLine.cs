namespace CrashHandler.Launch;

/// <summary>What a launched handler says when it is ready (protocol/README.md, "The ready line").</summary>
/// <param name="IsOurs">Whether the launched handler serves; else another live one already did.</param>
/// <param name="HandlerProcessId">Pid of the handler that serves.</param>
/// <param name="Address">Its socket.</param>
internal sealed record ReadyLine(bool IsOurs, int HandlerProcessId, string Address)
{
    /// <summary>Reads the line.</summary>
    /// <exception cref="HandlerUnavailableException">The handler failed and said why, or the line is none.</exception>
    public static ReadyLine Parse(string line)
    {
        string[] words = line.TrimEnd('\n').Split(' ', 3);
        return words switch
        {
            ["ready", string pid, string address] when ParsePid(pid) is int id => new ReadyLine(true, id, address),
            ["held", string pid, string address] when ParsePid(pid) is int id => new ReadyLine(false, id, address),
            ["failed", ..] => throw new HandlerUnavailableException($"the handler could not start: {line["failed".Length..].Trim()}"),
            _ => throw new HandlerUnavailableException($"the handler said '{line}' instead of a ready line; use one release of client and handler"),
        };
    }

    // Not int.TryParse: its culture, be it the invariant one, loads ICU, into a process that may never need it.
    private static int? ParsePid(string digits)
    {
        int pid = 0;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiDigit(digit) || pid > (int.MaxValue - 9) / 10)
            {
                return null;
            }

            pid = (pid * 10) + (digit - '0');
        }

        return digits.Length > 0 ? pid : null;
    }
}
