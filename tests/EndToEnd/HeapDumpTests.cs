using System.Text.Json;
using CrashHandler.Tests.Contract;
using Microsoft.Diagnostics.Runtime;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>CrashReporterOptions.HeapDump: a core beside the minidump, in which dotnet-dump's library finds the process's objects.</summary>
public sealed class HeapDumpTests
{
    private const string Known = "a string that only the heap has";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Theory]
    [InlineData("unhandled", HeapDumpKind.Heap, 6)]
    [InlineData("failfast", HeapDumpKind.Heap, 6)]
    [InlineData("segv", HeapDumpKind.Heap, 11)]
    [InlineData("abort", HeapDumpKind.Heap, 6)]
    [InlineData("overflow", HeapDumpKind.Heap, 6)]
    [InlineData("unhandled", HeapDumpKind.Full, 6)]
    public void ClrMdFindsAnObjectOfTheDeadProcess(string kind, HeapDumpKind heapDump, int signal)
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.HeapDump = heapDump;
        Application application = world.Launch(options);
        application.Ask("remember", Known);

        Assert.Equal(signal, application.DieLast(kind));

        JsonElement report = world.Sandbox.SingleReport();
        AssertNoProblem(report);
        string path = RequireHeapDump(world, report);
        Assert.Equal([Known], Remembered(path));
        ProcessResult shown = world.Sandbox.Handler("reports", "show", report.GetProperty("id").GetString()!, "--database", world.Sandbox.Database);
        Assert.Contains($"\nHeap dump   {path}, {new FileInfo(path).Length:N0} bytes\n", shown.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HeapDumpKind.Mini)]
    [InlineData(HeapDumpKind.Heap)]
    public void TheSystemsCrashHandlerIsIgnoredAndTheHeapDumpIsMade(HeapDumpKind heapDump)
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.HeapDump = heapDump;
        options.IgnoreSystemCrashHandler = true;
        Application application = world.Launch(options);
        application.Ask("remember", Known);

        Assert.Equal(6, application.DieLast("unhandled"));

        JsonElement report = world.Sandbox.SingleReport();
        AssertNoProblem(report);
        string path = RequireHeapDump(world, report);
        using DataTarget target = DataTarget.LoadDump(path);
        using ClrRuntime runtime = target.ClrVersions.Single().CreateRuntime();
        Assert.Contains(runtime.Threads, thread => thread.CurrentException?.Message == "the victim's exception");
    }

    [Fact]
    public void OnlyTheProcessThatWantsOneHasOne()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.HeapDump = HeapDumpKind.Heap;
        Application application = world.Launch(options);
        string[] kept = Directory.GetFiles(world.Sandbox.Folder, "crash-handler-diagnostic-*");
        Assert.Single(kept);
        application.Child().Start(World.Renderer());
        Assert.Equal(kept, Directory.GetFiles(world.Sandbox.Folder, "crash-handler-diagnostic-*"));

        Assert.Equal(11, application.Die());

        JsonElement report = world.Sandbox.SingleReport();
        Assert.Equal(JsonValueKind.Null, report.GetProperty("heapDump").ValueKind);
        AssertNoProblem(report);
        application.ExitLast();
        world.Sandbox.Until(() => Directory.GetFiles(world.Sandbox.Folder, "crash-handler-diagnostic-*").Length == 0 ? "gone" : null, () => "the end of the second name of the diagnostics port");
        Assert.False(Directory.Exists(Path.Combine(world.Sandbox.Database, "heapdumps")));
    }

    [Fact]
    public void AHandlerThatFollowsAnotherMakesIt()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        options.HeapDump = HeapDumpKind.Heap;
        Application application = world.Launch(options);
        application.Ask("remember", Known);
        world.Sandbox.KillHandler();
        // Any question has it come back.
        application.Ask("uploaded");

        Assert.Equal(6, application.DieLast("failfast"));

        Assert.Equal([Known], Remembered(RequireHeapDump(world, world.Sandbox.SingleReport())));
    }

    [Fact]
    public void WithoutADiagnosticsPortThereIsNoneAndItIsSaid()
    {
        using World world = new();
        CrashReporterOptions options = world.Keeping();
        Application application = world.Launch(options).Child(new ChildWords { Orphan = true, Environment = { ["DOTNET_EnableDiagnostics"] = "0" } });
        options.HeapDump = HeapDumpKind.Full;
        StartResult result = application.Ask("start", options).Deserialize<StartResult>()!;
        Assert.Equal(["HeapDump: DOTNET_EnableDiagnostics=0 closes the runtime's diagnostics port, which makes it; reports are made without"], result.Degraded);

        Assert.Equal(11, application.Die());

        JsonElement report = world.Sandbox.SingleReport();
        Assert.Equal(JsonValueKind.Null, report.GetProperty("heapDump").ValueKind);
        Assert.Contains(report.GetProperty("softErrors").EnumerateArray(), error => error.GetString()!.StartsWith("heap dump: the process has no diagnostics port in ", StringComparison.Ordinal));
        application.ExitLast();
    }

    private static void AssertNoProblem(JsonElement report)
        => Assert.DoesNotContain(report.GetProperty("softErrors").EnumerateArray(), error => error.GetString()!.StartsWith("heap dump", StringComparison.Ordinal));

    private static string RequireHeapDump(World world, JsonElement report)
    {
        JsonElement heapDump = report.GetProperty("heapDump");
        string path = heapDump.GetProperty("path").GetString()!;
        Assert.Equal(Path.Combine(world.Sandbox.Database, "heapdumps", $"{report.GetProperty("id").GetString()}.core"), path);
        Assert.Equal(new FileInfo(path).Length, heapDump.GetProperty("bytes").GetInt64());
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        return path;
    }

    private static string[] Remembered(string core)
    {
        using DataTarget target = DataTarget.LoadDump(core);
        using ClrRuntime runtime = target.ClrVersions.Single().CreateRuntime();
        return [.. runtime.Heap.EnumerateObjects().Where(item => item.Type?.Name == "CrashHandler.Victims.Remembered").Select(item => item.ReadStringField("Text")!)];
    }
}
