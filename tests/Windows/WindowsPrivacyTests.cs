using System.Text.Json;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Stacks;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>CrashReporterOptions.SanitizeStacks under Wine: what is kept out of a dump, and what is not. By build/test-windows only.</summary>
public sealed class WindowsPrivacyTests
{
    // What the victim has on its stack, and in two registers.
    private static readonly byte[] s_secret = [.. "kept-on-a-stack-"u8];

    [Theory(Explicit = true)]
    [InlineData(false)]
    [InlineData(true)]
    public void ASecretOfStackAndRegistersIsKeptOutOfASanitizedDump(bool isSanitized)
    {
        using WineSandbox sandbox = new();

        sandbox.Die("fault-secret", null, isSanitized ? ["--sanitize"] : []);

        JsonElement listed = Assert.Single(sandbox.Reports());
        string id = listed.GetProperty("id").GetString()!;
        JsonElement report = sandbox.Json("reports", "show", id, "--database", WineSandbox.Named(sandbox.Database), "--json");
        string path = Path.Combine(sandbox.Database, "completed", $"{id}.dmp");
        byte[] bytes = File.ReadAllBytes(path);
        MinidumpFile dump = MinidumpFile.Read(bytes);
        Amd64Context registers = dump.Exception!.Context!.Value;
        XmmSaveArea32 vectors = registers.FltSave;
        DumpMemoryRange stack = dump.CrashedThread!.Stack;
        Assert.Equal(!isSanitized, bytes.AsSpan((int)stack.Offset, (int)stack.Size).IndexOf(s_secret) >= 0);
        // Its first eight letters are a register's.
        Assert.Equal(!isSanitized, bytes.AsSpan().IndexOf(s_secret.AsSpan(0, sizeof(ulong))) >= 0);
        Assert.Equal(isSanitized ? StackSanitizer.Defaced : BitConverter.ToUInt64(s_secret), registers.R15);
        Assert.Equal(!isSanitized, ((ReadOnlySpan<byte>)vectors).IndexOf(s_secret) >= 0);
        Assert.Equal(isSanitized, report.GetProperty("sanitized").GetBoolean());
        string[] softErrors = [.. report.GetProperty("softErrors").EnumerateArray().Select(error => error.GetString()!)];
        Assert.Equal(isSanitized, softErrors is [{ } one] && one.EndsWith(StackSanitizer.Note, StringComparison.Ordinal));
        if (isSanitized)
        {
            Assert.All(dump.Memory, range => Assert.True(dump.Threads.Any(thread => thread.Stack.Address == range.Address) || dump.ModuleAt(range.Address) is not null));
        }

        // It can still be walked.
        Assert.EndsWith("windows_victim_native.dll", report.GetProperty("threads")[0].GetProperty("module").GetString(), StringComparison.OrdinalIgnoreCase);
        string walked = BreakpadTools.StackwalkMachine(path).Output;
        Assert.Contains("Crash|EXCEPTION_ACCESS_VIOLATION_WRITE|0x1230|", walked, StringComparison.Ordinal);
        Assert.Contains($"|0|windows_victim_native.dll||||0x{registers.Rip - dump.ModuleAt(registers.Rip)!.Address:x}", walked, StringComparison.Ordinal);
        // Found by what is left on the stack.
        Assert.Matches(@"(?m)^\d+\|1\|[^|]", walked);
        Assert.Contains("Deaths.Die", report.GetProperty("stacks").GetRawText(), StringComparison.Ordinal);
    }
}
