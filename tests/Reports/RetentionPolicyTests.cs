using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>Which report goes first, and which never, by a clock that stands still.</summary>
public sealed class RetentionPolicyTests
{
    private static readonly TimeProvider s_time = new ManualTimeProvider();

    /// <summary>
    /// What is stored, as <c>NAME:KIND:DAYS[:BYTES[+HEAPDUMP]][!]</c> (p waits, c is done with, u was not sent, q is in quarantine; ! is held; 10 bytes unless said), limits as days, bytes, count; and
    /// what goes, in order: <c>NAME=LIMIT</c>, <c>NAME+</c> for a heap dump alone.
    /// </summary>
    public static TheoryData<string, string, string> Table => new()
    {
        // Nothing over the limits.
        { "", "365 100 10", "" },
        { "a:c:365 b:p:1", "365 100 10", "" },
        // Age: since the crash, whatever became of it; those that wait last.
        { "a:p:400 b:c:366 c:c:500 d:p:1", "365 100 10", "c=age b=age a=age" },
        { "a:c:365.01 b:c:364.99 c:c:0", "365 100 10", "a=age" },
        { "a:c:10 b:c:1", "5 100 10", "a=age" },
        // The newest stays, however old, large or alone.
        { "a:p:400", "365 100 10", "" },
        { "a:c:400:1000 b:p:500:1000", "365 100 1", "b=age" },
        { "a:p:1:1000", "365 100 10", "" },
        // Of two at the same moment one is the newest, always the same one.
        { "a:c:400 b:c:400", "365 100 10", "a=age" },
        // A clock that was set back: what comes from the future is not old, and is the newest.
        { "a:c:-5 b:c:0", "365 10 10", "b=size" },
        { "a:c:-400 b:c:-500", "365 100 10", "" },
        // Count: the oldest that is done with, then the oldest that waits.
        { "a:p:9 b:c:1 c:c:2 d:p:3 e:p:0", "365 100 3", "c=count b=count" },
        { "a:p:9 b:c:1 c:c:2 d:p:3 e:p:0", "365 100 1", "c=count b=count a=count d=count" },
        // Size, likewise; it stops as soon as the rest fits.
        { "a:c:3:40 b:c:2:40 c:c:1:40", "365 100 10", "a=size" },
        { "a:c:3:1 b:c:2:90 c:c:1:20", "365 100 10", "a=size b=size" },
        { "a:p:9:40 b:c:1:40 c:c:0:40", "365 100 10", "b=size" },
        { "a:p:9:60 b:p:8:60 c:c:5:60 d:c:0:40", "365 100 10", "c=size a=size" },
        { "a:c:3:100 b:c:2", "365 110 10", "" },
        { "a:c:3:101 b:c:2", "365 110 10", "a=size" },
        // What was not sent, and may be on request, after what was.
        { "a:u:9:60 b:c:1:60 c:c:0:40", "365 100 10", "b=size" },
        { "a:p:9:60 b:u:8:60 c:c:0:40", "365 100 10", "b=size" },
        { "a:u:9 b:c:1 c:p:2 d:c:0", "365 100 2", "b=count a=count" },
        // What went for another limit makes room.
        { "a:c:400:60 b:c:2:60 c:c:1:40", "365 100 10", "a=age" },
        { "a:c:5:60 b:c:2:60 c:c:1:40", "365 100 2", "a=count" },
        // What is held stays: it is made or sent, or somebody asked for it.
        { "a:c:400! b:p:400! c:c:2 d:c:1", "365 100 1", "c=count" },
        { "a:c:9:90! b:c:8:20 c:c:7:20", "365 100 10", "b=size" },
        { "a:p:9! b:p:8! c:p:7!", "1 1 1", "" },
        // The quarantine goes before any report does, the oldest first.
        { "q1:q:1:60 q2:q:2:60 a:c:300:60", "365 100 10", "q2=size q1=size" },
        { "q1:q:1:60 q2:q:2:60 a:c:300:30", "365 100 10", "q2=size" },
        { "q1:q:366 q2:q:1 a:c:1", "365 100 10", "q1=age" },
        // As many things in quarantine as reports; neither counts for the other.
        { "q1:q:1 q2:q:2 a:c:2 b:c:1", "365 100 2", "" },
        { "q1:q:1 q2:q:2 q3:q:3 a:c:2 b:c:1", "365 100 2", "q3=count" },
        // It has no newest that would stay.
        { "q1:q:0:200", "365 100 10", "q1=size" },
        // Heap dumps count, and go before their reports, the oldest first.
        { "a:c:3:10+50 b:p:4:10+50 c:c:1:10", "365 100 10", "b+=size" },
        { "a:c:3:10+50 b:p:4:10+50 c:c:1:10+50", "365 100 10", "b+=size a+=size" },
        { "a:c:3:10+50! b:c:1:10+50", "365 100 10", "" },
        // The newest's stays, and only other heap dumps go for it.
        { "a:c:3:30 b:p:2:30 c:c:1:30+80", "365 100 10", "" },
        { "q1:q:9:10 a:u:3:30 b:c:2:30 c:c:1:20+800", "365 100 10", "" },
        { "a:u:3:30+10 b:c:2:30 c:c:1:20+800", "365 100 10", "a+=size" },
        { "a:p:3:30 b:p:2:30 c:p:1:30+200", "365 100 10", "" },
        { "a:p:3:50 b:p:2:50 c:p:1:30+200", "365 100 10", "a=size" },
        // A heap dump that goes with its report, for its age, is no thing of its own.
        { "a:c:400:10+50 b:c:1:10+50", "365 100 10", "a=age" },
        // Its report may have to go after it.
        { "a:c:3:90+50 b:c:1:90", "365 100 10", "a+=size a=size" },
        { "q1:q:1:90 a:c:3:10+90 b:c:2:10+90 c:p:1:100", "365 100 10", "q1=size a+=size b+=size a=size b=size" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void WhatGoesAndInWhichOrder(string stored, string limits, string removed)
    {
        string[] numbers = limits.Split(' ');
        RetentionLimits kept = new(TimeSpan.FromDays(int.Parse(numbers[0])), int.Parse(numbers[1]), int.Parse(numbers[2]));
        List<StoredItem> items = [.. Words(stored).Select(Item)];

        string[] inOrder = Decide(items, kept);
        string[] inAnother = Decide(Enumerable.Reverse(items), kept);

        Assert.Equal(Words(removed), inOrder);
        Assert.Equal(inOrder, inAnother);
    }

    [Fact]
    public void TheDefaultsAreThoseThatArePromised()
    {
        Assert.Equal(new RetentionLimits(TimeSpan.FromDays(365), 128L << 20, 10_000), RetentionLimits.Default);
        Assert.Equal(new RetentionLimits(TimeSpan.FromDays(1), 128L << 20, 2), RetentionLimits.Of(1, null, 2));
        Assert.Equal((long)int.MaxValue << 20, RetentionLimits.Of(ReportsLimits.MostDays, int.MaxValue, int.MaxValue).MaxBytes);
    }

    private static string[] Decide(IEnumerable<StoredItem> items, RetentionLimits limits)
        => [.. RetentionPolicy.Decide(items, limits, s_time.GetUtcNow()).Select(removal => $"{removal.Item.Id}{(removal.IsHeapDumpOnly ? "+" : "")}={removal.Reason.ToString().ToLowerInvariant()}")];

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static StoredItem Item(string text)
    {
        string[] parts = text.TrimEnd('!').Split(':');
        long[] bytes = [.. (parts.Length > 3 ? parts[3] : "10").Split('+').Select(long.Parse)];
        return new StoredItem
        {
            Id = parts[0],
            Kind = parts[1] switch { "p" => StoredKind.Pending, "c" => StoredKind.Completed, "u" => StoredKind.Unsent, _ => StoredKind.Quarantined },
            Since = s_time.GetUtcNow() - TimeSpan.FromDays(double.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture)),
            Bytes = bytes[0],
            HeapDumpBytes = bytes.Length > 1 ? bytes[1] : 0,
            IsHeld = text.EndsWith('!'),
        };
    }
}
