using System.Diagnostics;

namespace CrashHandler.Tests.Fuzz.Formats;

/// <summary>Gives inputs to a format's reader, one after the other, on a thread of its own: one that hangs must not take the test along.</summary>
/// <param name="format">Whose.</param>
/// <param name="patience">After this an input hangs; null: <see cref="FormatLimits.Patience"/>.</param>
/// <param name="time">How long one may take; null: <see cref="FormatLimits.Time"/>.</param>
internal sealed class FormatFuzzer(FuzzedFormat format, TimeSpan? patience = null, TimeSpan? time = null)
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    private volatile Current? _current;

    /// <summary>Reads so many changed inputs, always the same ones.</summary>
    /// <exception cref="FormatDefectException">One shows a defect.</exception>
    public FuzzOutcome Run(int count)
    {
        IReadOnlyList<byte[]> kept = [.. format.Kept.Select(File.ReadAllBytes)];
        return Run(Enumerable.Range(FormatLimits.Seed, count).Select(seed => ($"seed {seed}", new Mutator(format.Seeds, kept, format.IsText, seed).Next())));
    }

    /// <summary>Reads inputs as they are.</summary>
    /// <param name="inputs">What each is called, and its bytes.</param>
    /// <exception cref="FormatDefectException">One shows a defect.</exception>
    public FuzzOutcome Run(IEnumerable<(string Name, byte[] Bytes)> inputs)
    {
        TaskCompletionSource<FuzzOutcome> end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                end.SetResult(ReadAll(inputs));
            }
            catch (Exception thrown)
            {
                end.SetException(thrown);
            }
        })
        { IsBackground = true, Name = $"fuzz {format.Name}" }.Start();
        while (Task.WaitAny([end.Task], s_look) < 0)
        {
            if (_current is { } current && Stopwatch.GetElapsedTime(current.Begin) > (patience ?? FormatLimits.Patience))
            {
                throw new FormatDefectException(format.Name, current.Name, current.Bytes, $"it hangs: no end after {Stopwatch.GetElapsedTime(current.Begin).TotalSeconds:0} s");
            }
        }

        return end.Task.GetAwaiter().GetResult();
    }

    private FuzzOutcome ReadAll(IEnumerable<(string Name, byte[] Bytes)> inputs)
    {
        FuzzOutcome sum = new(0, 0, 0, default);
        foreach ((string name, byte[] bytes) in inputs)
        {
            (bool isRead, long allocated, TimeSpan took) = ReadOne(name, bytes);
            if (took > (time ?? FormatLimits.Time) && ReadOne(name, bytes).Took is var again && again > (time ?? FormatLimits.Time))
            {
                throw new FormatDefectException(format.Name, name, bytes, $"it takes {took.TotalSeconds:0.0} s, and {again.TotalSeconds:0.0} s once more");
            }

            if (allocated > format.MostBytes)
            {
                throw new FormatDefectException(format.Name, name, bytes, $"it allocates {allocated} bytes, and may {format.MostBytes}");
            }

            sum = new FuzzOutcome(
                sum.Read + (isRead ? 1 : 0), sum.Refused + (isRead ? 0 : 1), Math.Max(sum.MostBytes, allocated), took > sum.Longest ? took : sum.Longest);
        }

        _current = null;
        return sum;
    }

    private (bool IsRead, long Allocated, TimeSpan Took) ReadOne(string name, byte[] bytes)
    {
        bool isRead = true;
        // A reader that changed it would hide what it was.
        byte[] given = [.. bytes];
        long begin = Stopwatch.GetTimestamp();
        _current = new Current(name, bytes, begin);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            format.Read(given);
        }
        catch (Exception refusal) when (format.IsRefusal(refusal))
        {
            isRead = false;
        }
        catch (Exception thrown)
        {
            throw new FormatDefectException(format.Name, name, bytes, $"{thrown.GetType().Name}: {thrown}", thrown);
        }

        return (isRead, GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(begin));
    }

    private sealed record Current(string Name, byte[] Bytes, long Begin);
}
