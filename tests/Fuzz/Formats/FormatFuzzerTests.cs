using Xunit;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>The fuzzer finds what it is there to find.</summary>
public sealed class FormatFuzzerTests
{
    private const int Inputs = 500;

    private static readonly byte[] s_seed = [1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public void AnExceptionThatIsNoRefusalIsADefect()
    {
        FormatDefectException defect = Assert.Throws<FormatDefectException>(
            () => new FormatFuzzer(Format(bytes => throw (bytes.Length > 0 && bytes[0] == 0xff ? new NullReferenceException("found") : new InvalidDataException("refused")))).Run(Inputs));

        Assert.IsType<NullReferenceException>(defect.InnerException);
        // Enough to keep it, and to find it again.
        Assert.Contains("seed 2026", defect.Message, StringComparison.Ordinal);
        byte[] kept = Convert.FromBase64String(defect.Message[(defect.Message.LastIndexOf(' ') + 1)..]);
        Assert.Equal(0xff, kept[0]);
    }

    [Fact]
    public void TooMuchMemoryIsADefect()
    {
        FormatDefectException defect = Assert.Throws<FormatDefectException>(() => new FormatFuzzer(Format(bytes => GC.KeepAlive(new byte[BitConverter.ToInt32([.. bytes, 0, 0, 0, 0]) & 0xff_ffff]))).Run(Inputs));

        Assert.Contains("allocates", defect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHangIsADefect()
    {
        using ManualResetEventSlim release = new();

        FormatDefectException defect = Assert.Throws<FormatDefectException>(() => new FormatFuzzer(Format(_ => release.Wait()), patience: TimeSpan.FromMilliseconds(200)).Run(Inputs));

        release.Set();
        Assert.Contains("hangs", defect.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TooMuchTimeIsADefectOnlyWhenItIsTakenTwice()
    {
        TimeSpan time = TimeSpan.FromMilliseconds(20);
        FormatDefectException defect = Assert.Throws<FormatDefectException>(() => new FormatFuzzer(Format(_ => Thread.Sleep(2 * time)), time: time).Run(Inputs));
        Assert.Contains("once more", defect.Message, StringComparison.Ordinal);

        int calls = 0;
        FuzzOutcome outcome = new FormatFuzzer(Format(_ => Thread.Sleep(calls++ == 0 ? 2_000 : 0)), time: TimeSpan.FromSeconds(1)).Run([("one", s_seed)]);
        Assert.Equal(1, outcome.Read);
    }

    [Fact]
    public void RefusalsAreCounted()
    {
        FuzzOutcome outcome = new FormatFuzzer(Format(bytes =>
        {
            if (bytes.Length > 8)
            {
                throw new InvalidDataException("refused");
            }
        })).Run(Inputs);

        Assert.Equal(Inputs, outcome.Read + outcome.Refused);
        Assert.InRange(outcome.Refused, 1, Inputs - 1);
    }

    [Fact]
    public void TheSameSeedMakesTheSameInput()
    {
        byte[][] seeds = [s_seed, [.. """{"a":[1,"x"]}"""u8]];

        string[] one = [.. Enumerable.Range(0, Inputs).Select(seed => Convert.ToHexString(new Mutator(seeds, [], isText: true, seed).Next()))];

        Assert.Equal(one, Enumerable.Range(0, Inputs).Select(seed => Convert.ToHexString(new Mutator(seeds, [], isText: true, seed).Next())));
        Assert.InRange(one.Distinct().Count(), Inputs / 2, Inputs);
    }

    private static FuzzedFormat Format(Action<byte[]> read) => new("made-up", read, typeof(InvalidDataException)) { MakeSeeds = () => [s_seed] };
}
