using CrashHandler.Launch;
using Xunit;

namespace CrashHandler.Tests.Client;

public class ReadyLineTests
{
    [Theory]
    [InlineData("ready 12 /run/a b.sock\n", true, 12, "/run/a b.sock")]
    [InlineData("held 7 /tmp/x.sock", false, 7, "/tmp/x.sock")]
    public void TheTwoGoodLinesAreRead(string line, bool ours, int pid, string address)
        => Assert.Equal(new ReadyLine(ours, pid, address), ReadyLine.Parse(line));

    [Theory]
    [InlineData("failed no room\n", "no room")]
    [InlineData("hello", "hello")]
    [InlineData("", "one release")]
    public void AllElseSaysWhy(string line, string part)
        => Assert.Contains(part, Assert.Throws<HandlerUnavailableException>(() => ReadyLine.Parse(line)).Message, StringComparison.Ordinal);
}
