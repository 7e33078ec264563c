using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A tree of four processes that know nothing of us, dotnet, shell, native, dotnet, under <c>crash-handler exec</c>: all of them crash, the last one first.</summary>
public sealed class ExecTreeTests
{
    [Fact]
    public void EachCrashIsReportedWithItsCommandLineAndProcessType()
    {
        using Sandbox sandbox = new(Identities.User);
        string victim = TestPrograms.Shared.Victim;
        string native = sandbox.CompileScript("fault_after.c");
        const string script = "CRASH_HANDLER_PROCESS_TYPE=tool \"$0\" \"$1\" --kind failfast --word 'of the tree'; kill -SEGV $$";
        RunningProcess root = sandbox.Start(
            TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--product", "Tree", "--", victim, "--converse", "--handler", TestPrograms.Shared.Handler);
        root.ReadLine();

        root.WriteLine(JsonSerializer.Serialize<string[]>(["run", "/bin/sh", "-c", script, native, victim]));
        root.ReadUntil($"{{\"value\":{128 + 11}}}");
        root.WriteLine(JsonSerializer.Serialize<string[]>(["die", "unhandled"]));
        ProcessResult end = root.Finish();

        Assert.Equal(128 + 6, end.ExitCode);
        Assert.Contains("tool: 6\n", end.Output, StringComparison.Ordinal);
        List<(string Reason, string Type, string Prod, string Product, string Command)> expected =
        [
            ("SIGABRT /SI_TKILL", "tool", ".NET", "Tree", $"{victim}|--kind|failfast|--word|of the tree"),
            ("SIGSEGV /SEGV_MAPERR", "tool", "native", "Tree", $"{native}|{victim}|--kind|failfast|--word|of the tree"),
            ("SIGSEGV /SI_USER", "child", "native", "Tree", $"/bin/sh|-c|{script}|{native}|{victim}"),
            ("SIGABRT /SI_TKILL", "main", ".NET", "Tree", $"{victim}|--converse|--handler|{TestPrograms.Shared.Handler}"),
        ];
        Assert.Equal(expected, sandbox.Reports().Reverse().Select(report => Seen(sandbox, report)));
        Assert.Equal("the victim's exception", sandbox.Reports()[0].GetProperty("exception").GetProperty("message").GetString());
        Assert.Contains(end.Pid, sandbox.Reports().Select(report => report.GetProperty("pid").GetInt32()));
    }

    private static (string, string, string, string, string) Seen(Sandbox sandbox, JsonElement report)
    {
        JsonElement shown = sandbox.Json("reports", "show", Text(report, "id"), "--database", sandbox.Database, "--json");
        JsonElement parameters = shown.GetProperty("parameters");
        string command = string.Join('|', shown.GetProperty("commandLine").EnumerateArray().Select(argument => argument.GetString()));
        return (Text(shown, "reason"), Text(shown, "processType"), Text(parameters, "prod"), Text(parameters, "_productName"), command);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
