using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>README.md's chapter "Where applications run": its unit files, and a container's PID 1, by the very lines that stand there.</summary>
public sealed partial class ServiceTests
{
    /// <summary>As systemd would start them, but for the places: first the handler, then the worker, which is found by its socket and reported.</summary>
    [Fact]
    public void TheUnitsOfTheReadmeWork()
    {
        using Sandbox sandbox = new(Identities.User);
        string[] units = [.. IniBlocks().Matches(Readme()).Select(block => block.Groups["text"].Value)];
        Assert.Equal(2, units.Length);
        Collector collector = sandbox.StartCollector();
        Unit handler = new(units[0], Here), worker = new(units[1], Here);

        sandbox.Start("env", handler.Command);
        sandbox.Run("/bin/sh", "-c", handler.ReadyScript);
        RunningProcess running = sandbox.Start("env", [.. worker.Command, "--kind", "unhandled", "--hold"]);
        running.ReadUntil("ready");

        Assert.Equal(128 + 6, running.Finish().ExitCode);
        collector.WaitFor(1);
        sandbox.WaitUntilUploaded();
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(("worker", "the victim's exception"), (report.GetProperty("processType").GetString(), report.GetProperty("exception").GetProperty("message").GetString()));

        string Here(string line) => line
            .Replace("/opt/worker/Worker.dll", $"{TestPrograms.Shared.Victim}.dll", StringComparison.Ordinal)
            .Replace("/opt/worker", Path.GetDirectoryName(TestPrograms.Shared.Handler), StringComparison.Ordinal)
            .Replace("/usr/bin/dotnet", Dotnet, StringComparison.Ordinal)
            .Replace("/var/lib/worker-crashes", sandbox.Database, StringComparison.Ordinal)
            .Replace("/run/worker-crashes", sandbox.RuntimeFolder, StringComparison.Ordinal)
            .Replace("https://crashes.example/submit", collector.Url, StringComparison.Ordinal);
    }

    /// <summary>What systemd itself says of the files.</summary>
    [Fact]
    public void TheUnitsOfTheReadmeAreUnits()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "needs systemd-analyze");
        using Sandbox sandbox = new(Identities.Own);
        MatchCollection units = IniBlocks().Matches(Readme());
        string[] names = ["crash-handler.service", "worker.service"];
        string[] files = [.. names.Zip(units, (name, unit) => sandbox.WriteFile(name, System.Text.Encoding.UTF8.GetBytes(
            unit.Groups["text"].Value.Replace("/opt/worker/crash-handler", TestPrograms.Shared.Handler, StringComparison.Ordinal).Replace("/usr/bin/dotnet", Dotnet, StringComparison.Ordinal))))];

        ProcessResult result = sandbox.Run("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", .. files]);

        // It looks at the machine's own units, too, and says what is wrong with them; only these two make it fail. What it ignores of them it says, and exits with 0.
        Assert.DoesNotMatch("crash-handler|worker", result.Error + result.Output);
        Assert.True(result.ExitCode == 0, $"exit code {result.ExitCode}: {result.Error}{result.Output}");
    }

    /// <summary>PID 1 is held until its report is sent: afterwards nothing is left that could send it.</summary>
    [Fact]
    public void AContainersFirstProcessIsReportedBeforeTheContainerIsGone()
    {
        Identities.Require(Identities.Root);
        using Sandbox sandbox = new(Identities.Root);
        string[] isolated = ["--pid", "--fork", "--mount-proc"];
        ProcessResult probe = sandbox.Run("unshare", [.. isolated, "true"]);
        Assert.SkipWhen(probe.ExitCode != 0, $"needs pid namespaces: {probe.Error}");
        Collector collector = sandbox.StartCollector();
        string[] variables = [.. DockerVariables().Matches(DockerfileBlock().Match(Readme()).Groups["text"].Value).Select(variable => variable.Value
            .Replace("/app/", Path.GetDirectoryName(TestPrograms.Shared.Hook) + "/", StringComparison.Ordinal)
            .Replace("/var/crashes/app", sandbox.Database, StringComparison.Ordinal)
            .Replace("https://crashes.example/submit", collector.Url, StringComparison.Ordinal))];
        Assert.Equal(4, variables.Length);

        sandbox.Run("unshare", [.. isolated, "env", .. variables, TestPrograms.Shared.Victim, "--kind", "unhandled"]);

        Dictionary<string, string> fields = Collector.Fields(Assert.Single(collector.Arrived()));
        Assert.Equal(("main", "System.InvalidOperationException"), (fields["process_type"], fields["exception.type"]));
        Assert.Equal(1, sandbox.SingleReport().GetProperty("pid").GetInt32());
    }

    private static string Dotnet => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    private static string Readme() => File.ReadAllText(Path.Combine(TestPrograms.RepositoryRoot(), "README.md"));

    [GeneratedRegex("^```ini\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex IniBlocks();

    [GeneratedRegex("^```dockerfile\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex DockerfileBlock();

    [GeneratedRegex(@"[A-Z_]+=\S+")]
    private static partial Regex DockerVariables();

    /// <summary>Those lines of a unit that say what is started.</summary>
    private sealed class Unit(string text, Func<string, string> here)
    {
        /// <summary>For env(1): the environment, then the program and its arguments.</summary>
        public string[] Command => [.. Values("Environment"), .. Values("ExecStart").Single().Split(' ')];

        /// <summary>What is run until it is ready.</summary>
        public string ReadyScript => Values("ExecStartPost").Single().Split('\'')[1];

        private IEnumerable<string> Values(string name)
            => text.Split('\n').Where(line => line.StartsWith($"{name}=", StringComparison.Ordinal)).Select(line => here(line[(name.Length + 1)..]));
    }
}
