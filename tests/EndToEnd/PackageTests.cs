using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A newcomer in an empty directory: a new console application, the package, three lines.</summary>
public class PackageTests
{
    private const string ThreeLines = """
        using CrashHandler;
        CrashReporter.Start(new CrashReporterOptions { ProductName = "YourName", CompanyName = "YourCompany", UploadToServer = false });
        throw new InvalidOperationException("three lines");
        """;

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void ThreeLinesMakeAReport(string identity)
    {
        using Sandbox sandbox = new(identity);
        string application = MakeApplication(sandbox);

        ProcessResult run = Dotnet(sandbox, "run", "--project", application);

        Assert.Equal(134, run.ExitCode);
        Assert.Contains("three lines", run.Error, StringComparison.Ordinal);
        JsonElement report = Assert.Single(sandbox.Json("reports", "list", "--json", "--database", sandbox.PathOf("YourName Crashes")).EnumerateArray());
        Assert.Equal("SIGABRT /SI_TKILL", report.GetProperty("reason").GetString());
        Assert.Equal("YourCompany", report.GetProperty("parameters").GetProperty("_companyName").GetString());
    }

    /// <summary>What lies beside the application is its system's, and nothing of another one's.</summary>
    /// <param name="runtime">The runtime identifier; empty: none, which is the system that builds.</param>
    /// <param name="system">Whose files are there; empty: nobody's.</param>
    [Theory]
    [InlineData("", "linux-x64")]
    [InlineData("linux-x64", "linux-x64")]
    [InlineData("win-x64", "win-x64")]
    [InlineData("linux-arm64", "")]
    public void PublishedFilesAreTheSystems(string runtime, string system)
    {
        string artifacts = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts");
        Assert.SkipWhen(system == "win-x64" && !Directory.Exists(Path.Combine(artifacts, system)), "build/publish could not make artifacts/win-x64 here");
        using Sandbox sandbox = new(Identities.Own);
        string application = MakeApplication(sandbox);
        string published = sandbox.PathOf("published");

        // Without an executable of its own: that would take a pack of the other system.
        Succeed(Dotnet(sandbox, ["publish", application, "-o", published, "-p:UseAppHost=false", .. (ReadOnlySpan<string>)(runtime.Length > 0 ? ["-r", runtime, "--no-self-contained"] : [])]));

        HashSet<string> others = [.. Directory.EnumerateFiles(published).Select(file => Path.GetFileName(file)!)];
        string[] systems = ["linux-x64", "win-x64"];
        Assert.All(systems.Select(name => Path.Combine(artifacts, name)).Where(Directory.Exists), folder => Assert.All(
            // The startup hook is both systems'.
            Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)), name => Assert.Equal(system.Length > 0 && File.Exists(Path.Combine(artifacts, system, name)), others.Contains(name))));
    }

    private static string MakeApplication(Sandbox sandbox)
    {
        string packages = sandbox.MakeFolder("packages");
        foreach (string package in Directory.EnumerateFiles(Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "packages"), "*.nupkg"))
        {
            sandbox.WriteFile(Path.Combine("packages", Path.GetFileName(package)), File.ReadAllBytes(package));
        }

        string application = sandbox.MakeFolder("application");
        Succeed(Dotnet(sandbox, "new", "console", "-o", application));
        sandbox.WriteFile("application/Program.cs", System.Text.Encoding.UTF8.GetBytes(ThreeLines));
        sandbox.WriteFile("application/nuget.config", System.Text.Encoding.UTF8.GetBytes(
            $"""<configuration><packageSources><clear/><add key="local" value="{packages}"/></packageSources></configuration>"""));
        Succeed(Dotnet(sandbox, "add", application, "package", "CrashHandler.Client"));
        return application;
    }

    private static ProcessResult Dotnet(Sandbox sandbox, params string[] arguments)
        => sandbox.Run(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")), arguments);

    private static void Succeed(ProcessResult result) => Assert.True(result.ExitCode == 0, result.Output + result.Error);
}
