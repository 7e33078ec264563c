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

        // Idle, it gives back what only the start needed.
        sandbox.Until(() => ResidentKiB(sandbox.HandlerPid()) <= MaxResidentKiB ? "small" : null, () => $"the handler to come down to {MaxResidentKiB} KiB");
    }

    private static int ResidentKiB(int pid)
        => int.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
}
