using System.Text;
using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>What the environment of a process that registered nothing says of its type.</summary>
public sealed class UnsaidProcessTypeTests
{
    [Theory]
    [InlineData("", "child")]
    [InlineData("PATH=/bin\0HOME=/\0", "child")]
    [InlineData("CRASH_HANDLER_PROCESS_TYPE=worker\0", "worker")]
    [InlineData("A=b\0CRASH_HANDLER_PROCESS_TYPE=worker", "worker")]
    [InlineData("CRASH_HANDLER_PROCESS_TYPE=\0", "child")]
    [InlineData("XCRASH_HANDLER_PROCESS_TYPE=no\0CRASH_HANDLER_PROCESS_TYPES=no\0", "child")]
    [InlineData("CRASH_HANDLER_EXEC_PID=17\0", "main")]
    [InlineData("CRASH_HANDLER_EXEC_PID=170\0", "child")]
    [InlineData("CRASH_HANDLER_EXEC_PID=1\0", "child")]
    [InlineData("CRASH_HANDLER_EXEC_PID=17\0CRASH_HANDLER_PROCESS_TYPE=worker\0", "worker")]
    [InlineData("\0\0\0", "child")]
    public void IsWhatTheEnvironmentSays(string environment, string type) => Assert.Equal(type, UnsaidProcessType.Of(Encoding.UTF8.GetBytes(environment), 17));

    [Fact]
    public void ATooLongOneIsNotTaken()
        => Assert.Equal("child", UnsaidProcessType.Of(Encoding.UTF8.GetBytes($"CRASH_HANDLER_PROCESS_TYPE={new string('x', 1_025)}\0"), 17));

    [Fact]
    public void AProcessThatIsGoneIsAsAnyOther() => Assert.Equal("child", UnsaidProcessType.Read(int.MaxValue, int.MaxValue));
}
