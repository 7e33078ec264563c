using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The demo shows what it is to show, and notices when a part is missing.</summary>
public class DemoTests
{
    private static readonly string s_identity = Environment.IsPrivilegedProcess ? Identities.Root : Identities.User;

    [Fact]
    public void WithEverythingInPlaceThreeDeathsAreThreeUploads()
    {
        using Sandbox sandbox = new(s_identity);

        ProcessResult demo = Demo(sandbox, withShim: true);

        Assert.True(demo.ExitCode == 0, demo.Error);
        Assert.Contains("Three deaths, three reports, three uploads.", demo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutTheShimItFails()
    {
        using Sandbox sandbox = new(s_identity);

        ProcessResult demo = Demo(sandbox, withShim: false);

        Assert.Equal(1, demo.ExitCode);
        Assert.Contains("libcrashhandler.so was not found", demo.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void WithTheUploaderSwitchedOffItFails()
    {
        using Sandbox sandbox = new(s_identity);

        ProcessResult demo = Demo(sandbox, withShim: true, "--no-upload");

        Assert.Equal(1, demo.ExitCode);
        Assert.Contains("did not arrive at the collector", demo.Error, StringComparison.Ordinal);
    }

    private static ProcessResult Demo(Sandbox sandbox, bool withShim, params string[] options)
    {
        string artifacts = sandbox.MakeFolder("artifacts");
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(TestPrograms.Shared.Handler)!))
        {
            if (withShim || file != TestPrograms.Shared.Shim)
            {
                ProgramFile.Copy(file, Path.Combine(artifacts, Path.GetFileName(file)));
            }
        }

        return sandbox.Run(Path.Combine(TestPrograms.RepositoryRoot(), "build", "demo"), ["--artifacts", artifacts, .. options]);
    }
}
