using CrashHandler.Handler.Posix;
using CrashHandler.Tests.Minidump;
using Xunit;

namespace CrashHandler.Tests.WindowsText;

/// <summary>The records of winnt.h have the sizes and offsets that they have there on x86-64.</summary>
public sealed class WindowsRecordTests
{
    [Fact]
    public void JobLimits() => RecordLayoutTests.Check<JobObjectLimits>(144, "PerProcessUserTimeLimit 0 8", "LimitFlags 16 4", "ActiveProcessLimit 40 4", "ProcessMemoryLimit 112 8");
}
