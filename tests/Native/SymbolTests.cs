using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>What the shim needs of libc, and what it shows of itself.</summary>
public sealed partial class SymbolTests
{
    private static readonly Version HighestGlibc = new(2, 17);

    /// <summary>What every glibc has had in libc.so.6 itself, though its name is like those that libpthread, libdl, librt and the others had.</summary>
    private static readonly string[] AlwaysInLibc = ["dl_iterate_phdr"];

    [Fact]
    public void NothingAboveGlibc217()
    {
        // GLIBC_PRIVATE and GLIBC_ABI_... are no versions, and nothing to depend on.
        string[] versions = [.. Symbols().SelectMany(line => GlibcVersion().Matches(line)).Select(match => match.Groups[1].Value).Distinct()];

        Assert.NotEmpty(versions);
        Assert.All(versions, version => Assert.True(Version.TryParse(version, out Version? number) && number <= HighestGlibc, version));
    }

    [Fact]
    public void WhatLivedOutsideLibcIsWeak()
    {
        string[] strong = [.. Symbols()
            .Where(line => line.Contains("*UND*", StringComparison.Ordinal) && !line.Contains(" w ", StringComparison.Ordinal))
            .Select(NameOf)];

        Assert.NotEmpty(strong);
        Assert.DoesNotContain(strong.Except(AlwaysInLibc), name => OutsideLibc().IsMatch(name));
    }

    /// <summary>What is in libc.so.6 today was in other libraries once: only that one may be asked for.</summary>
    [Fact]
    public void OnlyLibcIsNeeded()
        => Assert.Equal(["libc.so.6"], Objdump("-p").Where(line => line.Contains(" NEEDED ", StringComparison.Ordinal)).Select(NameOf));

    [Theory]
    [InlineData("pthread_create", true)]
    [InlineData("dlsym", true)]
    [InlineData("sem_wait", true)]
    [InlineData("timer_create", true)]
    [InlineData("getaddrinfo_a", true)]
    [InlineData("sigaction", false)]
    [InlineData("login", true)]
    [InlineData("dl_iterate_phdr", true)] // and so excepted by name
    public void NamesOfTheOldLibrariesAreKnown(string name, bool outside) => Assert.Equal(outside, OutsideLibc().IsMatch(name));

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

    private static string[] Symbols() => Objdump("-T");

    private static string[] Objdump(string option)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("objdump", [option, NativeBuild.Library]) { RedirectStandardOutput = true })!;
            return process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("objdump is not installed (binutils)");
            throw;
        }
    }

    // By their public prefixes: libpthread (also C11 threads and semaphores), libdl, librt, libanl, libutil.
    [GeneratedRegex("^(_*pthread_|thrd_|mtx_|cnd_|tss_|call_once$|sem_|dl|shm_|timer_|mq_|aio_|lio_listio|gai_|getaddrinfo_a$|openpty$|forkpty$|login|logout|logwtmp$)")]
    private static partial Regex OutsideLibc();

    [GeneratedRegex(@"GLIBC_([A-Z0-9._]+)")]
    private static partial Regex GlibcVersion();
}
