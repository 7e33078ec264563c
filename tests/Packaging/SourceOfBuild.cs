using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Packaging;

/// <summary>What build/publish knew of the sources' origin (artifacts/source).</summary>
/// <param name="Commit">40 hex digits; empty outside of a repository.</param>
/// <param name="Repository">The remote's URL; empty without one.</param>
internal sealed record SourceOfBuild(string Commit, string Repository)
{
    public static SourceOfBuild Read()
    {
        string[] lines = File.ReadAllLines(Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "source"));
        return new SourceOfBuild(lines[0], lines[1]);
    }
}
