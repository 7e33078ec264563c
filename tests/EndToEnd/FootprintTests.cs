using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What the handler costs while nothing happens. Its start is measured by build/bench, which compares medians.</summary>
public class FootprintTests
{
    // A handler idles beside every application of a desktop: KiB, as /proc/PID/status counts.
    private const int MaxResidentKiB = 12 * 1024;

    [Fact]
    public void AnIdleHandlerStaysSmallAfterARegistration()
    {
        using Sandbox sandbox = new(Environment.IsPrivilegedProcess ? Identities.Root : Identities.User);
        RunningProcess main = sandbox.StartMain("none", "--no-upload", "--hold");
        main.ReadUntil("ready");

        string resident = File.ReadLines($"/proc/{sandbox.HandlerPid()}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));

        Assert.InRange(int.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]), 1, MaxResidentKiB);
    }
}
