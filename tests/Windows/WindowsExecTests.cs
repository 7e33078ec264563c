using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary><c>exec</c> under Wine, of a program that calls nothing of ours. By build/test-windows only.</summary>
public sealed partial class WindowsExecTests
{
    private const int Failed = 1;

    // A native program that Windows and Wine have.
    private const string Native = "hostname";

    /// <summary>Reported as the main process of its tree, and it ends as it would have without.</summary>
    [Theory(Explicit = true)]
    [InlineData("unhandled", "CLR exception")]
    [InlineData("fault", "EXCEPTION_ACCESS_VIOLATION_WRITE")]
    public void AnUnmodifiedProgramIsReportedAndEndsAsItWould(string kind, string reason)
    {
        using WineSandbox sandbox = new();
        string bare = ExitCode(sandbox.Run(WineSandbox.Victim, "run", WineSandbox.Named(WineSandbox.Victim), "unmodified", kind));

        ProcessResult covered = Exec(sandbox, ["--product", "Wrapped", "--annotation", "how=exec"], WineSandbox.Named(WineSandbox.Victim), "unmodified", kind);

        Assert.Equal(bare, ExitCode(covered));
        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal(("main", IdOf(covered)), (report.GetProperty("processType").GetString(), report.GetProperty("pid").GetInt32()));
        Assert.StartsWith(reason, report.GetProperty("reason").GetString(), StringComparison.Ordinal);
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(("Wrapped", "exec"), (parameters.GetProperty("_productName").GetString(), parameters.GetProperty("how").GetString()));
    }

    /// <summary>All 32 bits, 259 (STILL_ACTIVE) among them, and without a report.</summary>
    [Theory(Explicit = true)]
    [InlineData("00000000")]
    [InlineData("00000103")]
    [InlineData("7fffffff")]
    [InlineData("ffffffff")]
    public void AnExitCodeIsThePrograms(string exitCode)
    {
        using WineSandbox sandbox = new();

        ProcessResult result = Exec(sandbox, [], WineSandbox.Named(WineSandbox.Victim), "unmodified", exitCode);

        Assert.Equal(exitCode, ExitCode(result));
        Assert.Equal("", result.Error);
        Assert.Empty(sandbox.Reports());
    }

    [Fact(Explicit = true)]
    public void ArgumentsArriveAsTheyAre()
    {
        string[] arguments = ["0", "two words", "", "say \"hi\"", @"C:\dir\", @"C:\my dir\", @"\\""", "--help", "100%", "a&b|c"];
        using WineSandbox sandbox = new();

        ProcessResult result = sandbox.RunHandler(["exec", "--database", WineSandbox.Named(sandbox.Database), "--", WineSandbox.Named(WineSandbox.Victim), "unmodified", .. arguments]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(arguments, ArgumentLine().Matches(result.Output).Select(match => match.Groups["text"].Value));
    }

    /// <summary>With what is literal between quotes; its own exit code too.</summary>
    [Fact(Explicit = true)]
    public void ABatchFileIsRun()
    {
        using WineSandbox sandbox = new();
        File.WriteAllText(sandbox.PathOf("my batch.cmd"), "@echo batch %1 %2\r\n@exit /b 77\r\n");
        string batch = WineSandbox.Named(sandbox.PathOf("my batch"));

        ProcessResult result = Exec(sandbox, [], batch, "a b", "c&d");
        ProcessResult refused = sandbox.RunHandler("exec", "--database", WineSandbox.Named(sandbox.Database), "--", batch, "100%");

        Assert.Contains("batch \"a b\" \"c&d\"", result.Output, StringComparison.Ordinal);
        Assert.Equal("0000004d", ExitCode(result));
        Assert.Equal(Failed, refused.ExitCode);
        Assert.Contains("is a batch file", Assert.Single(refused.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void WhatCannotBeRunIsOneLine()
    {
        using WineSandbox sandbox = new();
        File.WriteAllText(sandbox.PathOf("text.exe"), "no program");
        string database = WineSandbox.Named(sandbox.Database);

        ProcessResult none = sandbox.RunHandler("exec", "--database", database, "--", "no-such-program");
        ProcessResult text = sandbox.RunHandler("exec", "--database", database, "--", WineSandbox.Named(sandbox.PathOf("text.exe")));

        Assert.Equal((Failed, Failed), (none.ExitCode, text.ExitCode));
        Assert.Contains("no-such-program", Assert.Single(none.Error.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.Contains("text.exe", Assert.Single(text.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void OfANativeProgramItSaysWhatIsNotCovered()
    {
        using WineSandbox sandbox = new();

        ProcessResult result = sandbox.RunHandler("exec", "--database", WineSandbox.Named(sandbox.Database), "--", Native);

        Assert.Equal(0, result.ExitCode);
        Assert.NotEqual("", result.Output.Trim());
        Assert.Contains("is no .NET program", Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void WhoEndsItEndsItsProgram()
    {
        using WineSandbox sandbox = new();
        RunningProcess exec = sandbox.Start(WineSandbox.Handler, "exec", "--database", WineSandbox.Named(sandbox.Database), "--", WineSandbox.Named(WineSandbox.Victim), "unmodified", "0", "--hold");
        Match started = StartedLine().Match(exec.ReadLine());
        exec.ReadUntil("holding");

        Assert.Equal(0, sandbox.Run("taskkill", "/f", "/pid", started.Groups["exec"].Value).ExitCode);

        sandbox.Until(() => sandbox.RunHandler("attach", started.Groups["pid"].Value).Error.Contains("there is no process", StringComparison.Ordinal) ? "gone" : null, () => "the program's end");
    }

    private static ProcessResult Exec(WineSandbox sandbox, string[] options, params string[] program)
        => sandbox.Run(WineSandbox.Victim, ["run", WineSandbox.Named(WineSandbox.Handler), "exec", "--database", WineSandbox.Named(sandbox.Database), .. options, "--", .. program]);

    private static string ExitCode(ProcessResult result)
        => EndLine().Match(result.Output) is { Success: true } end ? end.Groups["code"].Value : throw new InvalidOperationException($"it did not end: {result.Output}{result.Error}");

    private static int IdOf(ProcessResult result) => int.Parse(StartedLine().Match(result.Output).Groups["pid"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^unmodified (?<pid>\d+) under (?<exec>\d*)\r?$", RegexOptions.Multiline)]
    private static partial Regex StartedLine();

    [GeneratedRegex(@"^argument <(?<text>.*)>\r?$", RegexOptions.Multiline)]
    private static partial Regex ArgumentLine();

    [GeneratedRegex(@"^ended with (?<code>[0-9a-f]{8})\r?$", RegexOptions.Multiline)]
    private static partial Regex EndLine();
}
