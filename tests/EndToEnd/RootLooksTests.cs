using System.Text.Json;
using CrashHandler.Tests.EndToEnd.Troubles;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What an operator sees with <c>sudo</c> of a user's application that runs, and that nothing of it is his afterwards.</summary>
public sealed class RootLooksTests
{
    [Fact]
    public void RootSeesAUsersHandlerAndReportsAndChangesNothing()
    {
        using Sandbox root = new(Identities.Root);
        using Sandbox sandbox = new(Identities.User);
        // As without a session: the handler listens where nobody is told of.
        RunningProcess victim = sandbox.Start("env", ["-u", "XDG_RUNTIME_DIR", TestPrograms.Shared.Victim, .. sandbox.MainArguments("segv"), "--no-upload", "--hold"]);
        victim.ReadUntil("ready");
        string[] database = ["--database", sandbox.Database];

        JsonElement handler = Look("status", "--json").EnumerateArray().Single();
        Assert.Equal((victim.Pid, sandbox.Database), (handler.GetProperty("clients")[0].GetProperty("pid").GetInt32(), handler.GetProperty("database").GetString()));
        victim.Finish();
        string id = Look("reports", "list", "--json").EnumerateArray().Single().GetProperty("id").GetString()!;
        SortedDictionary<string, string> before = TroubledDatabase.Look(sandbox.Database);
        Look("reports", "show", id, "--json");
        string page = root.PathOf("page.html");
        Assert.Equal(0, root.Handler(["reports", "show", id, "--html", page, .. database]).ExitCode);
        Assert.Equal(0, root.Handler(["reports", "list", .. database]).ExitCode);
        Assert.Equal(0, root.Handler(["uploads", "status", .. database]).ExitCode);
        Assert.True(File.Exists(page));
        Assert.Equal(before, TroubledDatabase.Look(sandbox.Database));

        JsonElement Look(params string[] verb)
        {
            ProcessResult result = root.Run("env", ["-u", "XDG_RUNTIME_DIR", TestPrograms.Shared.Handler, .. verb, .. database]);
            Assert.Equal((0, ""), (result.ExitCode, result.Error));
            return JsonElement.Parse(result.Output);
        }
    }
}
