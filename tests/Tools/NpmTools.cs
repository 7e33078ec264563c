using System.ComponentModel;
using Xunit;

namespace CrashHandler.Tests.Tools;

/// <summary>
/// npm packages that judge what we make. They stand below <c>CRASH_HANDLER_TEST_TOOLS</c>; without it they are installed once into
/// <c>artifacts/test-tools</c> of the repository.
/// </summary>
internal static class NpmTools
{
    private const string DirectoryVariable = "CRASH_HANDLER_TEST_TOOLS";

    /// <summary>An installation over a slow line, and the wait for another process that installs.</summary>
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    /// <summary>The directory above <c>node_modules</c>.</summary>
    /// <param name="probes">Paths below it that are there when the packages are.</param>
    /// <param name="packages">Packages with versions.</param>
    public static string Locate(string[] probes, params string[] packages)
    {
        string? given = Environment.GetEnvironmentVariable(DirectoryVariable);
        if (!string.IsNullOrEmpty(given))
        {
            return probes.FirstOrDefault(probe => !Directory.Exists(Path.Combine(given, probe))) is { } missing
                ? throw new DirectoryNotFoundException($"{DirectoryVariable} names {given}, which has no {missing}; npm install --ignore-scripts {string.Join(' ', packages)} --prefix {given}")
                : given;
        }

        string folder = Path.Combine(RepositoryRoot(), "artifacts", "test-tools");
        string mark = Path.Combine(folder, $".{packages[0].Split('@')[0]}-installed");
        if (!File.Exists(mark))
        {
            Install(folder, mark, packages);
        }

        return folder;
    }

    /// <summary>Installs under a lock, since several test processes can come here at once; the mark is the last thing made.</summary>
    private static void Install(string folder, string mark, string[] packages)
    {
        Directory.CreateDirectory(folder);
        const string script = "folder=$1; mark=$2; shift 2; test -e \"$mark\" || { npm install --ignore-scripts --no-audit --no-fund --prefix \"$folder\" \"$@\" && touch \"$mark\"; }";
        ToolResult result;
        try
        {
            result = ToolProcess.Run("flock", InstallLimit, [Path.Combine(folder, ".lock"), "sh", "-c", script, "sh", folder, mark, .. packages]);
        }
        catch (Win32Exception e)
        {
            Assert.Skip($"flock (util-linux) is needed to install {string.Join(' ', packages)}: {e.Message}");
            throw;
        }

        if (result.ExitCode != 0)
        {
            Assert.Skip($"npm could not install {string.Join(' ', packages)} into {folder}; install npm, or name a directory with it in {DirectoryVariable}: {result.Error.Trim()}");
        }
    }

    private static string RepositoryRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CrashHandler.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no CrashHandler.sln above {AppContext.BaseDirectory}; set {DirectoryVariable}");
    }
}
