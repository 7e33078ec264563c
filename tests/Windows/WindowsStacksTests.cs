using System.Diagnostics;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>The stacks in reports of Windows programs, found by a walk under Wine. By build/test-windows only.</summary>
public sealed class WindowsStacksTests
{
    private const string Victims = "CrashHandler.Victims.Windows.";

    /// <summary>Two exceptions, each with the methods that it came through and the lines of what threw it.</summary>
    [Fact(Explicit = true)]
    public void AnUnhandledExceptionHasItsChainFramesAndLines()
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die("unhandled-chain");

        JsonElement report = OfWalk(sandbox, out JsonElement stacks);
        JsonElement exception = stacks.GetProperty("exception");
        Assert.Equal(("System.InvalidOperationException", "the outer one"), (Text(exception, "type"), Text(exception, "message")));
        Assert.Contains(Frames(exception), frame => IsOf(frame, "Deaths.Wrapped") && HasLine(frame, "Deaths.cs"));
        JsonElement inner = Assert.Single(exception.GetProperty("inner").EnumerateArray());
        Assert.Equal("System.FormatException", Text(inner, "type"));
        Assert.Contains(Frames(inner), frame => IsOf(frame, "Deaths.Parse") && HasLine(frame, "Deaths.cs"));
        JsonElement crashed = Crashed(stacks, victim.ThreadId);
        Assert.Contains(Frames(crashed), frame => IsOf(frame, "Deaths.Wrapped") && HasLine(frame, "Deaths.cs"));
        Assert.Contains(Frames(crashed), frame => Text(frame, "method")?.StartsWith("Program.<Main>", StringComparison.Ordinal) == true);
        Assert.Equal($"System.InvalidOperationException | {Victims}Deaths.Wrapped | {Victims}Deaths.Die", Text(report, "signature"));
        Assert.StartsWith("10.", Text(stacks.GetProperty("runtime"), "version"), StringComparison.Ordinal);
        AssertInDump(sandbox, report);
    }

    /// <summary>The native function that faulted, then the methods that called it; and a thread that waits in a method.</summary>
    [Fact(Explicit = true)]
    public void AFaultUnderPInvokeHasNativeFramesOnTopOfManagedOnes()
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die("fault-waiting");

        JsonElement report = OfWalk(sandbox, out JsonElement stacks);
        JsonElement[] frames = [.. Frames(Crashed(stacks, victim.ThreadId))];
        Assert.Equal(("Native", "Context", "victim_fault"), (Text(frames[0], "kind"), Text(frames[0], "origin"), Text(frames[0], "method")));
        Assert.EndsWith("windows_victim_native.dll", Text(frames[0], "module"), StringComparison.OrdinalIgnoreCase);
        // Between them stands the runtime's mark of the call.
        int call = Array.FindIndex(frames, frame => Text(frame, "kind") == "Transition" && Text(frame, "method")!.Contains("NativeVictim.Fault", StringComparison.Ordinal));
        Assert.InRange(call, 1, int.MaxValue);
        Assert.InRange(Array.FindIndex(frames, frame => IsOf(frame, "Deaths.Die") && HasLine(frame, "Deaths.cs")), call + 1, int.MaxValue);
        Assert.Equal($"victim_fault | {Victims}Deaths.Die", Text(report, "signature"));
        AssertWaiting(stacks);
    }

    /// <summary>A report of a process that goes on has the stacks of all its threads, and no exception.</summary>
    [Fact(Explicit = true)]
    public void ADemandHasThem()
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die("capture");

        Assert.True(victim.Output.Contains("goes on", StringComparison.Ordinal), victim.Output);
        OfWalk(sandbox, out JsonElement stacks);
        Assert.False(stacks.TryGetProperty("exception", out _));
        JsonElement asking = stacks.GetProperty("threads")[0];
        Assert.Equal((victim.ThreadId, false), (asking.GetProperty("threadId").GetInt32(), asking.GetProperty("crashed").GetBoolean()));
        Assert.Contains(Frames(asking), frame => IsOf(frame, "Deaths.Die"));
        AssertWaiting(stacks);
    }

    /// <summary>
    /// The runtime's debugging library is the program's choice. One that never comes back, or ends who loads it, costs the managed part: the report is there, with native frames, with what the program said
    /// itself, and says why.
    /// </summary>
    [Theory(Explicit = true)]
    [InlineData("hangs", new byte[] { 0xEB, 0xFE })]
    [InlineData("ends", new byte[] { 0xB9, 7, 0, 0, 0, 0xCD, 0x29 })]
    public void AHostileDebuggingLibraryCostsTheManagedPart(string what, byte[] code)
    {
        using WineSandbox sandbox = new();
        string program = CopyOfVictim(sandbox.PathOf("program"));
        Overwrite(Path.Combine(Path.GetDirectoryName(program)!, "mscordaccore.dll"), code);
        Stopwatch watch = Stopwatch.StartNew();

        WindowsVictim victim = WindowsVictim.Of(sandbox.Run(program, "unhandled-chain", "--directory", WineSandbox.Named(sandbox.Database)));

        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {watch.Elapsed.TotalSeconds:0.0} s with the dump");
        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal("Client", Text(report, "managedSource"));
        Assert.Matches("mscordaccore.dll|exit code|no answer", Text(report, "managedProblem"));
        JsonElement stacks = Stacks(sandbox, report);
        Assert.Equal("System.InvalidOperationException", Text(stacks.GetProperty("exception"), "type"));
        Assert.NotEmpty(Frames(Crashed(stacks, victim.ThreadId)));
        AssertInDump(sandbox, report);
    }

    private static JsonElement OfWalk(WineSandbox sandbox, out JsonElement stacks)
    {
        JsonElement report = Assert.Single(sandbox.Reports());
        stacks = Stacks(sandbox, report);
        TestContext.Current.TestOutputHelper?.WriteLine($"walked in {stacks.GetProperty("milliseconds").GetDouble():0} ms");
        Assert.Equal(("Walk", null), (Text(report, "managedSource"), Text(report, "managedProblem")));
        return report;
    }

    private static JsonElement Stacks(WineSandbox sandbox, JsonElement report)
        => sandbox.Json("reports", "show", Text(report, "id")!, "--database", WineSandbox.Named(sandbox.Database), "--json").GetProperty("stacks");

    private static void AssertInDump(WineSandbox sandbox, JsonElement report)
    {
        MinidumpFile dump = MinidumpFile.Read(Path.Combine(sandbox.Database, "completed", $"{Text(report, "id")}.dmp"));
        Assert.Contains(dump.Streams, stream => stream.Type == MinidumpStreamType.CrashHandlerStacks);
    }

    private static void AssertWaiting(JsonElement stacks)
    {
        JsonElement waiting = Assert.Single(stacks.GetProperty("threads").EnumerateArray(), thread => Text(thread, "managedName") == "the waiting one");
        Assert.Contains(Frames(waiting), frame => IsOf(frame, "Deaths.WaitForEver"));
    }

    private static JsonElement Crashed(JsonElement stacks, int threadId)
    {
        JsonElement crashed = Assert.Single(stacks.GetProperty("threads").EnumerateArray(), thread => thread.GetProperty("crashed").GetBoolean());
        Assert.Equal(threadId, crashed.GetProperty("threadId").GetInt32());
        return crashed;
    }

    private static IEnumerable<JsonElement> Frames(JsonElement element) => element.GetProperty("frames").EnumerateArray();

    private static bool IsOf(JsonElement frame, string method) => Text(frame, "kind") == "Managed" && Text(frame, "method")?.StartsWith(Victims + method + "(", StringComparison.Ordinal) == true;

    private static bool HasLine(JsonElement frame, string file) => Text(frame, "file")?.EndsWith(file, StringComparison.Ordinal) == true && frame.GetProperty("line").GetInt32() > 0;

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string CopyOfVictim(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(WineSandbox.Victim)!))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        return Path.Combine(directory, Path.GetFileName(WineSandbox.Victim));
    }

    // What the loader calls first; all else, its version included, stays as it was.
    private static void Overwrite(string library, byte[] code)
    {
        byte[] bytes = File.ReadAllBytes(library);
        int entry;
        using (PEReader image = new(new MemoryStream(bytes)))
        {
            int address = image.PEHeaders.PEHeader!.AddressOfEntryPoint;
            SectionHeader section = image.PEHeaders.SectionHeaders[image.PEHeaders.GetContainingSectionIndex(address)];
            entry = address - section.VirtualAddress + section.PointerToRawData;
        }

        code.CopyTo(bytes, entry);
        File.WriteAllBytes(library, bytes);
    }
}
