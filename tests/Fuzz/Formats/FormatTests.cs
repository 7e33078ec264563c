using CrashHandler.Tests.Soak;
using Xunit;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>Whatever is in a file, or comes from somebody else: it is read, or refused by the exception that the reader documents, in bounded time and memory.</summary>
public sealed class FormatTests(ITestOutputHelper output)
{
    private static readonly FuzzedFormat[] s_all = [.. DumpFormats.All, .. ReportFormats.All, .. StackFormats.All, .. TextFormats.All];

    public static TheoryData<string> Names => [.. s_all.Select(format => format.Name)];

    public static TheoryData<string, string> Kept => new(s_all.SelectMany(format => format.Kept.Select(path => (format.Name, Path.GetFileName(path)))));

    [Theory]
    [MemberData(nameof(Names))]
    public void DamagedInputsAreReadOrRefused(string name)
    {
        FuzzedFormat format = Of(name);

        FuzzOutcome outcome = new FormatFuzzer(format).Run(format.Inputs);

        Say(format, outcome);
        // Were all refused, or none though some must be, the loop would have shown nothing.
        Assert.InRange(outcome.Read, 1, format.Inputs);
        Assert.True(format.Refusals.Length == 0 || outcome.Refused > 0, "none is refused");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WholeInputsAreRead(string name)
    {
        FuzzedFormat format = Of(name);

        FuzzOutcome outcome = new FormatFuzzer(format).Run(format.Seeds.Select((seed, index) => ($"whole input {index}", seed)));

        Assert.Equal(format.Seeds.Count, outcome.Read);
    }

    /// <summary>Inputs that found a defect once.</summary>
    [Theory]
    [MemberData(nameof(Kept))]
    public void KeptInputsAreReadOrRefused(string name, string file)
        => new FormatFuzzer(Of(name)).Run(Of(name).Kept.Where(path => Path.GetFileName(path) == file).Select(path => (file, File.ReadAllBytes(path))));

    [Theory(Explicit = true)]
    [MemberData(nameof(Names))]
    public void DamagedInputsAreReadOrRefusedSoak(string name)
        => Say(Of(name), new FormatFuzzer(Of(name)).Run(SoakLimits.Count(FormatLimits.SoakTimes) * Of(name).Inputs));

    private static FuzzedFormat Of(string name) => s_all.Single(format => format.Name == name);

    private void Say(FuzzedFormat format, FuzzOutcome outcome)
        => output.WriteLine($"{format.Name}: {outcome.Read} read, {outcome.Refused} refused, at most {outcome.MostBytes:N0} bytes and {outcome.Longest.TotalMilliseconds:0} ms");
}
