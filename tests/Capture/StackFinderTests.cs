using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Capture;

public sealed class StackFinderTests
{
    private static readonly MemoryMap s_map = MemoryMap.Parse(Encoding.ASCII.GetBytes(
        "10000-20000 r-xp 00000000 08:01 5 /bin/x\n"
        + "400000-401000 ---p 00000000 00:00 0 \n"
        + "401000-480000 rw-p 00000000 00:00 0 \n"
        + "480000-500000 rw-p 00000000 00:00 0 \n"
        + "500000-600000 rw-p 00000000 00:00 0 [heap]\n"
        + "7000000-7001000 ---p 00000000 00:00 0 \n"));

    [Theory]
    // In the mapping: with the red zone, and on into the next of the same kind, not into the heap.
    [InlineData(0x410000, 0x410000 - 128, 0x500000)]
    // The red zone does not reach below the mapping.
    [InlineData(0x401010, 0x401000, 0x500000)]
    // In the guard page.
    [InlineData(0x400ff0, 0x401000, 0x500000)]
    // In nothing, 1 MiB below the next readable one, and one byte more.
    [InlineData(0x301000, 0x401000, 0x500000)]
    [InlineData(0x300fff, 0, 0)]
    // Above everything, or in the last one, which is no stack.
    [InlineData(0x7000010, 0, 0)]
    [InlineData(0x9000000, 0, 0)]
    [InlineData(0, 0x10000, 0x20000)]
    public void A_stack_is_found(ulong pointer, ulong start, ulong end)
        => Assert.Equal(end == 0 ? null : new StackRange(start, end), StackFinder.Find(s_map, pointer));

    [Fact]
    public void Stacks_in_one_mapping_end_where_the_next_begins()
    {
        StackRange?[] stacks = [new(300, 900), null, new(100, 900), new(300, 900), new(950, 990)];

        StackFinder.Separate(stacks);

        Assert.Equal([new(300, 900), null, new(100, 300), null, new(950, 990)], stacks);
    }

    [Fact]
    public void Small_stacks_are_taken_whole()
        => Assert.Equal([8_000_000, 70_000, 0], StackFinder.Allot([8_000_000, 70_000, 0]));

    [Theory]
    [InlineData(2)]
    [InlineData(300)]
    [InlineData(4_096)]
    public void All_stacks_together_keep_to_the_budget(int threads)
    {
        int[] allotted = StackFinder.Allot([.. Enumerable.Repeat(8UL << 20, threads)]);

        Assert.Equal(8 << 20, allotted[0]);
        Assert.InRange(allotted.Skip(1).Sum(bytes => (long)bytes), 1, CaptureLimits.OtherStacksBytes);
        Assert.InRange(allotted.Skip(1).Min(), 4_096, CaptureLimits.StackBytes);
    }

    [Fact]
    public void No_threads_need_nothing() => Assert.Empty(StackFinder.Allot([]));
}
