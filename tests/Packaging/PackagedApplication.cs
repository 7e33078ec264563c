using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Packaging;

/// <summary>One run of an application that has the package: it crashes, and its report says all that it must.</summary>
internal sealed class PackagedApplication
{
    // The version that tests/victims/PackagedApplication gives itself.
    private const string Version = "1.2.3";
    private const string Aborted = "SIGABRT /SI_TKILL";
    private const string Thrown = "System.InvalidOperationException";
    private const string Message = "no such port: x";
    private const int EndedByAbort = 128 + 6;
    private const UnixFileMode ForEveryone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly Sandbox _sandbox;
    private readonly PackagedShape _shape;

    /// <param name="sandbox">Where, and as whom.</param>
    /// <param name="shape">In which shape.</param>
    /// <param name="folder">Name of its folder in the sandbox, which whoever runs the tests owns.</param>
    public PackagedApplication(Sandbox sandbox, PackagedShape shape, string folder = "app")
    {
        _sandbox = sandbox;
        _shape = shape;
        shape.Require();
        Folder = sandbox.PathOf(folder);
        Directory.CreateDirectory(Folder, ForEveryone);
        shape.CopyTo(Folder);
        Command = shape.Command(Folder, Dotnet);
    }

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    /// <summary>What runs it.</summary>
    public string[] Command { get; }

    /// <summary>The product it says; by default its own name.</summary>
    public string Product { get; init; } = "application";

    /// <summary>The directory in which its reports' directory must be: the sandbox, its TMPDIR.</summary>
    public string? Temp { get; init; }

    private static string Dotnet => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Where its reports are.</summary>
    public string Database => Path.Combine(Temp ?? _sandbox.Folder, $"{Product} Crashes");

    /// <summary>Runs it behind another command, and checks how it ended and what was reported.</summary>
    /// <param name="prefix">Such as <c>env -u HOME</c>.</param>
    /// <returns>The report.</returns>
    public JsonElement Crash(params string[] prefix)
    {
        string[] command = [.. prefix, .. Command, .. Product == "application" ? Array.Empty<string>() : [Product]];

        ProcessResult result = _sandbox.Run(command[0], command[1..]);

        Assert.True(result.ExitCode == EndedByAbort, $"exit code {result.ExitCode}: {result.Output}{result.Error}");
        Assert.Contains($"Unhandled exception. {Thrown}: {Message}", result.Error, StringComparison.Ordinal);
        Match said = Regex.Match(result.Output, "^pid ([0-9]+), running: True, degraded: ''\n$");
        Assert.True(said.Success, result.Output);
        JsonElement report = Assert.Single(_sandbox.Json("reports", "list", "--json", "--database", Database).EnumerateArray());
        Check(report, int.Parse(said.Groups[1].Value, CultureInfo.InvariantCulture));
        return report;
    }

    private void Check(JsonElement report, int pid)
    {
        Assert.Equal((pid, Aborted, "main"), (report.GetProperty("pid").GetInt32(), report.GetProperty("reason").GetString(), report.GetProperty("processType").GetString()));
        Assert.Equal(
            (Product, "YourCompany", Version, ".NET"),
            (Parameter(report, "_productName"), Parameter(report, "_companyName"), Parameter(report, "_version"), Parameter(report, "prod")));
        // Where links lead, as the kernel says it.
        Assert.Equal(_shape.IsRunByDotnet ? new FileInfo(Dotnet).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Dotnet : Command[0], report.GetProperty("executable").GetString());
        Assert.Equal((Thrown, Message), (report.GetProperty("exception").GetProperty("type").GetString(), report.GetProperty("exception").GetProperty("message").GetString()));
        Assert.Equal(_shape.HasManagedStacks ? "Walk" : "Client", report.GetProperty("managedSource").GetString());
        JsonElement stacks = _sandbox.Json("reports", "show", report.GetProperty("id").GetString()!, "--json", "--database", Database).GetProperty("stacks");
        Assert.Equal(Thrown, stacks.GetProperty("exception").GetProperty("type").GetString());
        Assert.Contains("Config.Load", stacks.GetProperty("signature").GetString(), StringComparison.Ordinal);
        Assert.Equal(_shape.HasManagedStacks, stacks.GetProperty("threads")[0].GetRawText().Contains("Config.Load(", StringComparison.Ordinal));
    }

    private static string? Parameter(JsonElement report, string name) => report.GetProperty("parameters").GetProperty(name).GetString();
}
