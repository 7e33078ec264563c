using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace CrashHandler.Tests.Tools;

/// <summary>
/// Breakpad's own readers, from the npm package <c>minidump</c>: what they accept, others accept. They stand below
/// <c>CRASH_HANDLER_TEST_TOOLS</c>; without it they are installed once into <c>artifacts/test-tools</c> of the repository.
/// </summary>
public static class BreakpadTools
{
    private const string DirectoryVariable = "CRASH_HANDLER_TEST_TOOLS";
    private const string Package = "minidump@0.26.0";
    private const string BinaryFolder = "node_modules/minidump/bin/linux-x64";

    /// <summary>Far above what a tool needs; it is killed then and the test fails.</summary>
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(60);

    /// <summary>An installation over a slow line, and the wait for another process that installs.</summary>
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    private static readonly Lazy<string> Folder = new(Locate);

    /// <summary>Runs <c>minidump_stackwalk</c>: output for people, complaints in <see cref="ToolResult.Error"/>.</summary>
    public static ToolResult Stackwalk(string path) => RunTool("minidump_stackwalk", path);

    /// <summary>Runs <c>minidump_stackwalk -m</c>: output by fields.</summary>
    public static ToolResult StackwalkMachine(string path) => RunTool("minidump_stackwalk", "-m", path);

    /// <summary>Runs <c>minidump_dump</c>, which exits with 1 when an optional stream is absent: judge by the texts.</summary>
    public static ToolResult Dump(string path) => RunTool("minidump_dump", path);

    private static ToolResult RunTool(string tool, params string[] arguments)
        => Run(Path.Combine(Folder.Value, BinaryFolder, tool), ToolLimit, arguments);

    private static string Locate()
    {
        string? given = Environment.GetEnvironmentVariable(DirectoryVariable);
        if (!string.IsNullOrEmpty(given))
        {
            return Directory.Exists(Path.Combine(given, BinaryFolder))
                ? given
                : throw new DirectoryNotFoundException($"{DirectoryVariable} names {given}, which has no {BinaryFolder}; npm install --ignore-scripts {Package} --prefix {given}");
        }

        string folder = Path.Combine(RepositoryRoot(), "artifacts", "test-tools");
        if (!IsInstalled(folder))
        {
            Install(folder);
        }

        return folder;
    }

    private static bool IsInstalled(string folder) => File.Exists(Path.Combine(folder, ".minidump-installed"));

    /// <summary>Installs under a lock, since several test processes can come here at once; the mark is the last thing made.</summary>
    private static void Install(string folder)
    {
        Directory.CreateDirectory(folder);
        const string script = "test -e \"$1/.minidump-installed\" || { npm install --ignore-scripts --no-audit --no-fund --prefix \"$1\" \"$2\" && touch \"$1/.minidump-installed\"; }";
        ToolResult result;
        try
        {
            result = Run("flock", InstallLimit, Path.Combine(folder, ".lock"), "sh", "-c", script, "sh", folder, Package);
        }
        catch (Win32Exception e)
        {
            Assert.Skip($"flock (util-linux) is needed to install {Package}: {e.Message}");
            throw;
        }

        if (result.ExitCode != 0)
        {
            Assert.Skip($"npm could not install {Package} into {folder}; install npm, or name a directory with it in {DirectoryVariable}: {result.Error.Trim()}");
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

    private static ToolResult Run(string program, TimeSpan limit, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {limit}");
        }

        return new ToolResult(output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult(), process.ExitCode);
    }
}
