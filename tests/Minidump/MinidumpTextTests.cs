using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using Xunit;

namespace CrashHandler.Tests.Minidump;

public sealed class MinidumpTextTests
{
    [Fact]
    public void SaysWhatAnOperatorAsks()
    {
        string text = Text(SampleSnapshot.Dump(SampleSnapshot.Create()));
        Assert.StartsWith("Crash       SIGSEGV /SEGV_MAPERR at 0x0 in thread 71 (worker 0)\n", text);
        Assert.Contains("Linux 6.8.0, x86-64 GenuineIntel, 255 processors\n", text);
        Assert.Contains("Process     70, started 2026-11-23 00:52:03 UTC, 12 s in user mode, 3 s in the kernel\n", text);
        Assert.Contains("Command     /opt/app/app --first\n", text);
        Assert.Contains("\nCrashed thread 71 (worker 0)\n  app + 0x1000\n", text);
        Assert.Contains("     rax = 0x0000010100000001       rdx = 0x0000010100000004  ", text);
        Assert.Contains("\nThreads (3)\n*       71  worker 0 ", text);
        Assert.Contains("1,040 B stack  app + 0x1000\n", text);
        Assert.Contains("  0x0000555500000000         12,288  /opt/app/app\n", text);
        Assert.Contains("0b16212c37424d58636e79848f9aa5b0bbc6d1dc  2C21160B4237584D636E79848F9AA5B00\n", text);
        Assert.Contains("\nAnnotations (3)\n  _productName = Größe 🦖\n", text);
        Assert.Contains("  ThreadRegisters tid 99: ptrace: No such process (errno 3)\n", text);
        Assert.Contains("  0x00000003  ThreadList ", text);
        Assert.DoesNotContain("Problems", text);
    }

    [Fact]
    public void TheCrashedThreadComesFirst()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        string text = Text(SampleSnapshot.Dump(snapshot with { Threads = [.. snapshot.Threads.Reverse()] }));
        Assert.Contains("\nThreads (3)\n*       71  worker 0 ", text);
    }

    [Fact]
    public void NothingOfTheDumpReachesTheTerminalRaw()
    {
        const string evil = "\u001b]0;owned\u0007\r\n\u009b31m\u202Egpj.exe\u2028\0";
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        string text = Text(SampleSnapshot.Dump(
            snapshot with
            {
                System = SampleSnapshot.System with { Version = evil, CpuVendor = "\u001b[31m" },
                Threads = [.. snapshot.Threads.Select(thread => thread with { Name = evil })],
                Modules = [SampleSnapshot.Module("/" + evil, 0x5555_0000_0000, 0x3000)],
                SoftErrors = [new SoftError(evil, evil, evil)],
                ProcFiles = new Dictionary<ProcFile, byte[]> { [ProcFile.CommandLine] = "\u001b[2J"u8.ToArray() },
            },
            SampleSnapshot.Annotations with { Simple = new Dictionary<string, string> { [evil] = evil } }));
        Assert.DoesNotContain(text, character => char.IsControl(character) && character != '\n');
        Assert.DoesNotContain('\u202E', text);
        Assert.DoesNotContain('\u2028', text);
        Assert.Contains(@"\u{1b}]0;owned\u{7}\u{d}\n\u{9b}31m\u{202e}gpj.exe\u{2028}\u{0}", text);
        Assert.Contains(@"Command     \u{1b}[2J", text);
    }

    [Fact]
    public void ProblemsStandAtTheEnd()
        => Assert.EndsWith("\nProblems (1)\n  SystemInfo: the system info has 0 bytes instead of 56 (at offset 0x2c)\n", Text(RawDump.Of(MinidumpStreamType.SystemInfo)));

    [Fact]
    public void TheStreamOfStacksHasAName()
        => Assert.Contains($"\n  0x43480001  CrashHandlerStacks  {0,12} B at 0x2c\n", Text(RawDump.Of(MinidumpStreamType.CrashHandlerStacks)), StringComparison.Ordinal);

    [Fact]
    public void ADumpWithoutAnythingIsShown() => Assert.StartsWith("Crash       none: the dump has no exception\n", Text(RawDump.Header(0)));

    [Theory]
    [InlineData("plain ÄÖ 🦖", "plain ÄÖ 🦖")]
    [InlineData("", "")]
    [InlineData("a\tb\nc", @"a\tb\nc")]
    [InlineData("\u007f", @"\u{7f}")]
    [InlineData("x\U000E0041", @"x\u{e0041}")]
    public void Escapes(string text, string expected) => Assert.Equal(expected, TerminalText.Escape(text));

    private static string Text(byte[] bytes)
    {
        using StringWriter writer = new();
        MinidumpText.Write(writer, MinidumpFile.Read(bytes));
        return writer.ToString();
    }
}
