using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>Each of the table's ways to die, of a native program and of a .NET one: three readers take the dump, all of it.</summary>
public sealed class DeathTests
{
    private const string DotNet = "net10.0-shared";
    private const string Native = "native";

    // A report's reason, and what Breakpad calls it: it knows no codes of signals that were sent.
    private static readonly Dictionary<string, string> s_reasons = new()
    {
        ["SIGABRT /SI_TKILL"] = "SIGABRT",
        ["SIGTRAP /SI_TKILL"] = "SIGTRAP",
        ["SIGFPE /SI_TKILL"] = "SIGFPE /0xfffffffa",
        ["SIGSEGV /SI_USER"] = "SIGSEGV /0x00000000",
        ["SIGSEGV /SEGV_MAPERR"] = "SIGSEGV /SEGV_MAPERR",
        ["SIGSEGV /SEGV_ACCERR"] = "SIGSEGV /SEGV_ACCERR",
        ["SIGBUS /BUS_ADRERR"] = "SIGBUS /BUS_ADRERR",
    };

    /// <summary>Kind and shape.</summary>
    public static TheoryData<string, string> Deaths
    {
        get
        {
            TheoryData<string, string> deaths = [];
            foreach (Kind kind in Kind.All.Where(kind => kind.IsDeath))
            {
                deaths.Add(kind.Name, DotNet);
                if (kind.IsNative)
                {
                    deaths.Add(kind.Name, Native);
                }
            }

            return deaths;
        }
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public void EveryReaderTakesTheDump(string kind, string shape)
    {
        using Sandbox sandbox = new(Identities.Own);
        Cell cell = new(Kind.All.Single(death => death.Name == kind), Way.Exec, Shape.All().Single(one => one.Name == shape)) { Nulls = 1, Divisions = 1 };
        Assert.SkipWhen(cell.WhyNot is not null, cell.WhyNot ?? "");

        VictimRun.Run(sandbox, cell, isCovered: true, sandbox.Database, sandbox.PathOf("facts"));

        JsonElement report = sandbox.SingleReport();
        string reason = report.GetProperty("reason").GetString()!;
        Assert.Contains(reason, cell.Kind.Reasons);
        string dump = CorpusDump.PathOf(report);
        Expectation expected = new(s_reasons[reason], reason.Split(' ')[0], sandbox.Json("minidump", dump, "--json").GetProperty("threads").GetArrayLength())
        {
            Modules = [cell.Shape.Victim, "/libc.so.6", "/libcrashhandler.so", .. shape == DotNet ? ["/libcoreclr.so", "/System.Private.CoreLib.dll", "/deathvictim.dll"] : Array.Empty<string>()],
        };
        Readers.Stackwalk(dump, expected);
        Readers.Lldb(dump, expected);
        Readers.Dump(dump, expected);
    }
}
