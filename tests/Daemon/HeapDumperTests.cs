using System.Runtime.InteropServices;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Serilog;
using Serilog.Core;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class HeapDumperTests
{
    private const long Megabyte = 1 << 20;

    [Theory]
    [InlineData("heap", 100, 200, true)]
    [InlineData("heap", 100, 199, false)]
    [InlineData("full", 4_000, 8_000, true)]
    [InlineData("full", 4_000, 7_999, false)]
    [InlineData("mini", 4_000, 128, true)]
    [InlineData("mini", 4_000, 127, false)]
    public void ItNeedsRoomForItselfAndForOthers(string kind, long residentMegabytes, long freeMegabytes, bool isRoom)
    {
        string? problem = HeapDumper.RoomProblem(kind, residentMegabytes * Megabyte, freeMegabytes * Megabyte);

        Assert.Equal(isRoom, problem is null);
        Assert.Contains($"{freeMegabytes * Megabyte} bytes are free", problem ?? $"{freeMegabytes * Megabyte} bytes are free", StringComparison.Ordinal);
    }

    [Fact]
    public void ACreatedumpThatHangsIsKilledAndTheProcessGoesOn()
    {
        using Sandbox sandbox = new(Identities.Own);
        string dotnet = RuntimeWith(sandbox, sandbox.CompileScript("hold_parent.c"));
        RunningProcess victim = sandbox.Start("env", $"DOTNET_ROOT={dotnet}", TestPrograms.Shared.Victim, "--kind", "none", "--hold");
        victim.ReadUntil("ready");
        ReportDatabase database = ReportDatabase.Create(sandbox.Database);
        int signs = 0;

        string? problem = new HeapDumper(database, new Lazy<ILogger>(Logger.None), TimeSpan.FromSeconds(2)).Write(victim.Pid, Guid.NewGuid().ToString(), "heap", () => signs++);

        Assert.Matches(@"^it was not done within 2 s; its createdump, process \d+, was killed$", problem);
        Assert.InRange(signs, 2, 5);
        Assert.Empty(Directory.GetFiles(Path.Combine(database.Path, "heapdumps")));
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    [Fact]
    public void WhatTheRuntimeSaysIsSaid()
    {
        using Sandbox sandbox = new(Identities.Own);
        string dotnet = RuntimeWith(sandbox, createdump: null);
        RunningProcess victim = sandbox.Start("env", $"DOTNET_ROOT={dotnet}", TestPrograms.Shared.Victim, "--kind", "none", "--hold");
        victim.ReadUntil("ready");

        string? problem = new HeapDumper(ReportDatabase.Create(sandbox.Database), new Lazy<ILogger>(Logger.None)).Write(victim.Pid, Guid.NewGuid().ToString(), "heap", () => { });

        Assert.StartsWith("the runtime could not make it: ", problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem!);
    }

    [Fact]
    public void AnUnknownKindIsSaid()
    {
        using Sandbox sandbox = new(Identities.Own);

        string? problem = new HeapDumper(ReportDatabase.Create(sandbox.Database), new Lazy<ILogger>(Logger.None)).Write(Environment.ProcessId, Guid.NewGuid().ToString(), "huge", () => { });

        Assert.Equal("there is no kind of it called 'huge'", problem);
    }

    /// <summary>A .NET installation like this one, but for its createdump; null: it has none.</summary>
    private static string RuntimeWith(Sandbox sandbox, string? createdump)
    {
        string runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        string shared = Path.GetDirectoryName(Path.GetDirectoryName(runtime)!)!;
        string dotnet = sandbox.MakeFolder("dotnet");
        string copy = Directory.CreateDirectory(Path.Combine(dotnet, "shared", Path.GetFileName(Path.GetDirectoryName(runtime)!), Path.GetFileName(runtime))).FullName;
        Directory.CreateSymbolicLink(Path.Combine(dotnet, "host"), Path.Combine(Path.GetDirectoryName(shared)!, "host"));
        foreach (string file in Directory.EnumerateFiles(runtime))
        {
            string name = Path.GetFileName(file);
            // createdump is looked for beside the runtime itself.
            if (name == "libcoreclr.so")
            {
                ProgramFile.Copy(file, Path.Combine(copy, name));
            }
            else if (name != "createdump")
            {
                File.CreateSymbolicLink(Path.Combine(copy, name), file);
            }
        }

        if (createdump is not null)
        {
            ProgramFile.Copy(createdump, Path.Combine(copy, "createdump"));
        }

        return dotnet;
    }
}
