using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>What lies beneath, under Wine: the handler's files, and its pipes. By build/test-windows only.</summary>
[Collection(WineCollection.Name)]
public sealed class WindowsPlatformTests(ITestOutputHelper output)
{
    /// <summary>The POSIX calls that the shared rooms make, as handler/Windows makes them.</summary>
    [Fact(Explicit = true)]
    public void FilesAreAsThePosixCallsSay()
    {
        using WineSandbox sandbox = new();

        ProcessResult result = sandbox.Run(WineSandbox.Files);

        output.WriteLine(result.Output);
        Assert.Equal((0, "0 failed"), (result.ExitCode, result.Output.Trim().Split('\n')[^1].Trim()));
    }

    /// <summary>Clients of every kind, told what to say by a script.</summary>
    [Fact(Explicit = true)]
    public void TheDaemonStandsWhatIsDoneToIt()
    {
        using WineSandbox sandbox = new();

        ProcessResult result = sandbox.RunHere("bash", Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Windows", "daemon.sh"), Path.GetDirectoryName(WineSandbox.Handler)!);

        output.WriteLine(result.Output);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }
}
