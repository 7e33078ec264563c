using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>What the shim needs of libc, and what it shows of itself.</summary>
public sealed partial class SymbolTests
{
    private static readonly Version HighestGlibc = new(2, 17);

    /// <summary>Names that were outside libc.so.6 before glibc 2.34, as far as a shim could want them.</summary>
    private static readonly string[] OutsideLibc =
        ["dlsym", "dlopen", "dladdr", "dlclose", "dlerror", "pthread_create", "pthread_join", "pthread_key_create", "pthread_once", "shm_open", "timer_create"];

    [Fact]
    public void NothingAboveGlibc217()
    {
        string[] versions = [.. Symbols().SelectMany(line => GlibcVersion().Matches(line)).Select(match => match.Groups[1].Value).Distinct()];

        Assert.NotEmpty(versions);
        Assert.All(versions, version => Assert.True(Version.Parse(version) <= HighestGlibc, version));
    }

    [Fact]
    public void WhatLivedOutsideLibcIsWeak()
    {
        string[] strong = [.. Symbols()
            .Where(line => line.Contains("*UND*", StringComparison.Ordinal) && !line.Contains(" w ", StringComparison.Ordinal))
            .Select(NameOf)];

        Assert.NotEmpty(strong);
        Assert.Empty(strong.Intersect(OutsideLibc));
        Assert.DoesNotContain(strong, name => name.StartsWith("pthread_", StringComparison.Ordinal));
    }

    [Fact]
    public void OnlyTheApiAndTheInterposedNamesAreVisible()
    {
        IEnumerable<string> shown = Symbols().Where(line => line.Contains(" g ", StringComparison.Ordinal)).Select(NameOf);

        Assert.Equal(
            [
                "abort", "crash_handler_block", "crash_handler_connect", "crash_handler_crash", "crash_handler_install", "crash_handler_launch",
                "crash_handler_notify", "crash_handler_register", "crash_handler_request", "crash_handler_version", "crash_handler_wait", "pthread_create",
                "sigaction", "signal",
            ],
            shown.Order(StringComparer.Ordinal));
    }

    /// <summary>A function that the README does not account for may not be one that a signal handler may call.</summary>
    [Fact]
    public void EveryImportIsInTheReadme()
    {
        string readme = File.ReadAllText(Path.Combine(NativeBuild.Repository, "client", "native", "README.md"));
        string[] toolchain = ["_ITM_deregisterTMCloneTable", "_ITM_registerTMCloneTable", "__cxa_finalize", "__gmon_start__"];
        IEnumerable<string> imports = Symbols().Where(line => line.Contains("*UND*", StringComparison.Ordinal)).Select(NameOf).Except(toolchain);

        Assert.All(imports, name => Assert.Contains($"`{name}`", readme, StringComparison.Ordinal));
    }

    private static string NameOf(string line) => line[(line.LastIndexOf(' ') + 1)..];

    private static string[] Symbols()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("objdump", ["-T", NativeBuild.Library]) { RedirectStandardOutput = true })!;
            return process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("objdump is not installed (binutils)");
            throw;
        }
    }

    [GeneratedRegex(@"GLIBC_(2\.\d+)")]
    private static partial Regex GlibcVersion();
}
