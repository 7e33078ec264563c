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
        string packages = sandbox.MakeFolder("packages");
        foreach (string package in Directory.EnumerateFiles(Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "packages"), "*.nupkg"))
        {
            sandbox.WriteFile(Path.Combine("packages", Path.GetFileName(package)), File.ReadAllBytes(package));
        }

        string application = sandbox.MakeFolder("application");
        Succeed(Dotnet("new", "console", "-o", application));
        sandbox.WriteFile("application/Program.cs", System.Text.Encoding.UTF8.GetBytes(ThreeLines));
        sandbox.WriteFile("application/nuget.config", System.Text.Encoding.UTF8.GetBytes(
            $"""<configuration><packageSources><clear/><add key="local" value="{packages}"/></packageSources></configuration>"""));
        Succeed(Dotnet("add", application, "package", "CrashHandler.Client"));

        ProcessResult run = Dotnet("run", "--project", application);

        Assert.Equal(134, run.ExitCode);
        Assert.Contains("three lines", run.Error, StringComparison.Ordinal);
        JsonElement report = Assert.Single(sandbox.Json("reports", "list", "--json", "--database", sandbox.PathOf("YourName Crashes")).EnumerateArray());
        Assert.Equal("SIGABRT /SI_TKILL", report.GetProperty("reason").GetString());
        Assert.Equal("YourCompany", report.GetProperty("parameters").GetProperty("_companyName").GetString());

        ProcessResult Dotnet(params string[] arguments)
            => sandbox.Run(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")), arguments);

        static void Succeed(ProcessResult result) => Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }
}
