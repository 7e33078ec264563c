namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>How many inputs each format gets, and what reading one may cost.</summary>
internal static class FormatLimits
{
    /// <summary>Where the sequence of random numbers begins; input n of a format has the seed that is n more.</summary>
    public const int Seed = 20_261_128;

    /// <summary>Inputs of a format every day: all formats together take 20 s.</summary>
    public const int Inputs = 3_000;

    /// <summary>Inputs of one whose reading takes a millisecond: it shows a whole report, or unwinds a stack.</summary>
    public const int FewInputs = 400;

    /// <summary>Inputs of one that is read from a database of its own, on a disk.</summary>
    public const int InputsOnDisk = 120;

    /// <summary>The same by build/soak, in times of the above unless it is told otherwise.</summary>
    public const int SoakTimes = 100;

    /// <summary>Changes of one input.</summary>
    public const int Changes = 6;

    /// <summary>Bytes of an input: what the changes may make of a seed, beside its own.</summary>
    public const int GrowthBytes = 64 << 10;

    /// <summary>Bytes that reading one input may allocate, garbage included (<see cref="GC.GetAllocatedBytesForCurrentThread"/>): a small text or record.</summary>
    public const long SmallBytes = 2 << 20;

    /// <summary>The same of a whole document that is shown as text, as JSON and as a page.</summary>
    public const long ShownBytes = 32 << 20;

    /// <summary>The same of a whole image, or dump, with its tables.</summary>
    public const long ImageBytes = 80 << 20;

    /// <summary>How long reading one input may take, twice in a row: a machine under load makes one wait.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    /// <summary>After this an input hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
}
