using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>A format that the product reads, of whoever wrote it.</summary>
/// <param name="Name">As its kept seeds' directory is called.</param>
/// <param name="Read">Reads an input as the product does, and uses what it read.</param>
/// <param name="Refusals">The exceptions by which an input is refused: the reader's documented ones. Any other is a defect.</param>
internal sealed record FuzzedFormat(string Name, Action<byte[]> Read, params Type[] Refusals)
{
    private IReadOnlyList<byte[]>? _seeds;

    /// <summary>Makes whole inputs, which are read.</summary>
    public required Func<IEnumerable<byte[]>> MakeSeeds { private get; init; }

    /// <summary>Whether an input is text, and is changed word by word, too.</summary>
    public bool IsText { get; init; }

    /// <summary>Inputs every day.</summary>
    public int Inputs { get; init; } = FormatLimits.Inputs;

    /// <summary>Bytes that reading one may allocate.</summary>
    public long MostBytes { get; init; } = FormatLimits.SmallBytes;

    /// <summary>The whole inputs.</summary>
    public IReadOnlyList<byte[]> Seeds => _seeds ??= [.. MakeSeeds()];

    /// <summary>Inputs that found a defect once, as files; they are changed as the others are.</summary>
    public IEnumerable<string> Kept
        => Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Fuzz", "Formats", "seeds", Name) is var folder && Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal) : [];

    /// <summary>Whether an exception is a refusal.</summary>
    public bool IsRefusal(Exception thrown) => Refusals.Any(type => type.IsInstanceOfType(thrown));

    public override string ToString() => Name;
}
