using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>One entry of a minidump's directory.</summary>
/// <param name="Type">What it holds.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Offset">Where in the file.</param>
internal sealed record DumpStream(MinidumpStreamType Type, uint Size, uint Offset)
{
    private readonly List<string> _problems = [];

    /// <summary>Name of the type, or its number.</summary>
    public string Name => Enum.IsDefined(Type) ? Type.ToString() : $"0x{(uint)Type:X8}";

    /// <summary>What of it could not be read, one line each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    internal void AddProblem(string problem) => _problems.Add(problem);

    /// <summary>Keeps a problem of one entry, so that the others can still be read.</summary>
    /// <exception cref="MinidumpFormatException">There are <see cref="MinidumpLimits.MaxProblemsPerStream"/> already: the stream is given up.</exception>
    internal void Note(MinidumpFormatException problem)
    {
        if (_problems.Count >= MinidumpLimits.MaxProblemsPerStream)
        {
            throw new MinidumpFormatException("too much is wrong here; the rest is not read");
        }

        AddProblem(problem.Message);
    }
}
