using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Packaging;

/// <summary>An application that has the package, published in one shape: what build/package-shapes makes.</summary>
/// <param name="Name">Its folder in artifacts/package-shapes.</param>
/// <param name="HasManagedStacks">Whether the runtime's debugging library is at hand, so that reports have managed stacks.</param>
internal sealed record PackagedShape(string Name, bool HasManagedStacks)
{
    private const string Application = "application";

    private static readonly TimeSpan s_copyLimit = TimeSpan.FromMinutes(1);

    /// <summary>Whether <c>dotnet application.dll</c> runs it, instead of its own executable.</summary>
    public bool IsRunByDotnet { get; init; }

    private string Published => Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "package-shapes", Name);

    /// <summary>Skips the test where this shape's packs cannot be had.</summary>
    public void Require()
    {
        string absent = Path.Combine(Published, "absent");
        Assert.SkipWhen(File.Exists(absent), File.Exists(absent) ? File.ReadAllText(absent).Trim() : "");
        Assert.True(File.Exists(Path.Combine(Published, Application)), $"{Published} is not whole; run build/package-shapes");
    }

    /// <summary>Copies it, with its modes; whoever runs the tests owns it.</summary>
    public void CopyTo(string folder)
    {
        ToolResult result = ToolProcess.Run("cp", s_copyLimit, "-r", "--preserve=mode", Published + "/.", folder);
        Assert.True(result.ExitCode == 0, result.Error);
    }

    /// <summary>The command that runs it.</summary>
    /// <param name="folder">Where it was copied to.</param>
    /// <param name="dotnet">Path of <c>dotnet</c>.</param>
    public string[] Command(string folder, string dotnet)
        => IsRunByDotnet ? [dotnet, Path.Combine(folder, Application + ".dll")] : [Path.Combine(folder, Application)];
}
