using System.Text.RegularExpressions;
using CrashHandler.Handler.Capture;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>Breakpad's readers take our dumps without complaint and say what the snapshot said.</summary>
public sealed class IndependentReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-minidump-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void X()
    {
        string path = Write(SampleSnapshot.Create());
        foreach (var r in new[]{ BreakpadTools.Dump(path), BreakpadTools.Stackwalk(path), BreakpadTools.StackwalkMachine(path)})
            Console.WriteLine($"{r.Output}\n---err\n{r.Error}\n---{r.ExitCode}");
    }

    private string Write(ProcessSnapshot snapshot)
    {
        string path = Path.Combine(_folder.FullName, "a.dmp");
        File.WriteAllBytes(path, SampleSnapshot.Dump(snapshot));
        return path;
    }
}
