using CrashHandler.Handler.Posix;
using CrashHandler.Tests.Minidump;
using Xunit;

namespace CrashHandler.Tests.WindowsText;

/// <summary>The records of winnt.h have the sizes and offsets that they have there on x86-64.</summary>
public sealed class WindowsRecordTests
{
    [Fact]
    public void JobLimits() => RecordLayoutTests.Check<JobObjectLimits>(144, "PerProcessUserTimeLimit 0 8", "LimitFlags 16 4", "ActiveProcessLimit 40 4", "ProcessMemoryLimit 112 8");

    [Fact]
    public void Memory() => RecordLayoutTests.Check<MemoryBasicInformation>(
        48, "BaseAddress 0 8", "AllocationBase 8 8", "RegionSize 24 8", "State 32 4", "Protect 36 4", "Type 40 4");

    [Theory]
    [InlineData(0x1000u, 0x20u, true)]
    [InlineData(0x1000u, 0x140u, true)]
    [InlineData(0x1000u, 0x04u, false)]
    [InlineData(0x2000u, 0x20u, false)]
    public void CodeIsWhatIsThereAndRuns(uint state, uint protect, bool isCode) => Assert.Equal(isCode, new MemoryBasicInformation { State = state, Protect = protect }.IsCode());
}
