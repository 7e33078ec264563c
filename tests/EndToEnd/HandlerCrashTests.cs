using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The handler itself crashes: it is followed by another one, which logs and counts it, and makes no report of it.</summary>
public sealed class HandlerCrashTests
{
    [Fact]
    public void HoweverItDiesItIsLoggedAndCountedAndFollowed()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = sandbox.StartMain("none", "--no-upload", "--commands");
        main.ReadUntil("ready");
        List<int> died = [];
        foreach (string signal in new[] { "SEGV", "KILL", "ABRT" })
        {
            int handler = Follower(sandbox, died);
            // A SIGSEGV that was sent, and is no fault, is survived by .NET's own handler once.
            sandbox.Until(() => sandbox.Run("kill", $"-{signal}", $"{handler}").ExitCode != 0 || IsDead(handler) ? "dead" : null, () => $"the end of handler {handler}");
            died.Add(handler);
        }

        Follower(sandbox, died);
        sandbox.Until(() => Deaths(sandbox).Count == died.Count && Deaths(sandbox).TrueForAll(death => death.GetProperty("noticed").ValueKind == JsonValueKind.String) ? "noticed" : null, () => "every death to be noticed");

        Assert.Equal(died.Order(), Deaths(sandbox).Select(death => death.GetProperty("pid").GetInt32()).Order());
        string log = sandbox.Handler("log", "--database", sandbox.Database).Output;
        Assert.All(died, handler => Assert.Contains($"Handler {handler} of this database ended out of order", log, StringComparison.Ordinal));
        Assert.Contains("3 handlers killed or crashed", sandbox.Handler("status", "--database", sandbox.Database).Output.Replace("Deaths     ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(sandbox.Reports());
        main.WriteLine("die failfast");
        Assert.Equal(128 + 6, main.Finish().ExitCode);
        sandbox.SingleReport();
    }

    // It notes that it lives a little after it listens: before that, its death is nobody's.
    private static int Follower(Sandbox sandbox, List<int> died)
    {
        string runs = Path.Combine(sandbox.Database, "handlers");
        string name = sandbox.Until(
            () => Directory.Exists(runs) ? Directory.GetFiles(runs, "run-*").FirstOrDefault(path => !died.Exists(pid => path.EndsWith($"-{pid}", StringComparison.Ordinal))) : null,
            () => "the next handler to note its life");
        return int.Parse(name[(name.LastIndexOf('-') + 1)..]);
    }

    // Reaped or not.
    private static bool IsDead(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Length == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static List<JsonElement> Deaths(Sandbox sandbox)
        => sandbox.RunningHandlers() is [var running] ? [.. running.GetProperty("handlerDeaths").EnumerateArray()] : [];
}
