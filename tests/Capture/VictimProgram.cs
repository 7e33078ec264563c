using System.Diagnostics;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>victim.c, compiled once for all tests of this room.</summary>
public sealed class VictimProgram : IDisposable
{
    /// <summary>What the linker is told to write as build id.</summary>
    public const string BuildId = "00112233445566778899aabbccddeeff01234567";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crash-handler-victim-");

    public VictimProgram()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Combine(root, "CrashHandler.sln")))
        {
            root = System.IO.Path.GetDirectoryName(root) ?? throw new DirectoryNotFoundException("no CrashHandler.sln above the tests");
        }

        Path = System.IO.Path.Combine(_directory.FullName, "victim");
        using Process compiler = Process.Start("cc",
        [
            "-g", "-O1", "-Wall", "-Werror", "-Wno-infinite-recursion", "-pthread", $"-Wl,--build-id=0x{BuildId}", "-I",
            System.IO.Path.Combine(root, "protocol"), "-o", Path, System.IO.Path.Combine(root, "tests/Capture/victim.c"),
        ]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
    }

    /// <summary>The executable.</summary>
    public string Path { get; }

    public void Dispose() => _directory.Delete(recursive: true);
}
