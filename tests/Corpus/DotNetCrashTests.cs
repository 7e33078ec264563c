using System.Text.Json;
using CrashHandler.Tests.Contract;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>Each way for a .NET program to crash: three readers take the dump, all of it.</summary>
public sealed class DotNetCrashTests
{
    private static readonly string[] s_modules = ["/libcoreclr.so", "/libcrashhandler.so", "/System.Private.CoreLib.dll", "/victim.dll"];

    [Theory]
    [InlineData("unhandled", "SIGABRT", "SIGABRT")]
    [InlineData("failfast", "SIGABRT", "SIGABRT")]
    [InlineData("abort", "SIGABRT", "SIGABRT")]
    [InlineData("segv", "SIGSEGV", "SIGSEGV /SEGV_MAPERR")]
    [InlineData("overflow", "SIGSEGV", "SIGSEGV /SEGV_MAPERR")]
    public void EveryReaderTakesTheDump(string kind, string signal, string reason)
    {
        using Sandbox sandbox = new(Identities.Own);

        sandbox.RunMain(kind, "--no-upload");

        Check(sandbox, sandbox.SingleReport(), reason, signal);
    }

    [Fact]
    public void EveryReaderTakesASanitizedDump()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.SanitizeStacks = true;
        Application application = world.Launch(options);

        Assert.Equal(11, application.DieLast("segv"));

        JsonElement report = world.Sandbox.SingleReport();
        Assert.True(report.GetProperty("sanitized").GetBoolean());
        Check(world.Sandbox, report, "SIGSEGV /SEGV_MAPERR", "SIGSEGV");
    }

    [Fact]
    public void EveryReaderTakesAReportThatWasAskedFor()
    {
        using World world = new();
        Application application = world.Launch(world.Keeping());

        application.Ask("capture", "because");

        Check(world.Sandbox, world.Sandbox.SingleReport(), "DUMP_REQUESTED", null);
        application.ExitLast();
    }

    private static void Check(Sandbox sandbox, JsonElement report, string reason, string? signal)
    {
        string dump = CorpusDump.PathOf(report);
        int threads = sandbox.Json("minidump", dump, "--json").GetProperty("threads").GetArrayLength();
        Expectation expected = new(reason, signal, threads) { Modules = s_modules };
        Readers.Stackwalk(dump, expected);
        Readers.Lldb(dump, expected);
        Readers.Dump(dump, expected);
    }
}
