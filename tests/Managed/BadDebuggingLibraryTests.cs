using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>A real crash of a program whose debugging library (DAC) is bad: it costs the report its managed part only, and the report says why.</summary>
public sealed class BadDebuggingLibraryTests
{
    private const int SegmentationFault = 128 + 11;
    private const UnixFileMode Usual = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // A walk's limit, and time for all else on a machine that runs other tests, too.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(9);

    [Theory]
    [InlineData("text", "^{0} is not loaded: it is no ELF file")]
    [InlineData("group", "^{0} is not loaded: its group or others may write it$")]
    [InlineData("crashes", "^crash-handler-walk: it was killed by SIGSEGV$")]
    [InlineData("spins", @"^the runtime's debugging library \(libmscordaccore\.so\) was not ready within [0-9]+ ms$")]
    public void ItCostsTheManagedPartOnly(string kind, string problem)
    {
        using Sandbox sandbox = new(Identities.Own);
        // It has a runtime of its own beside it.
        string folder = StackVictim.Copy(sandbox, "net9.0");
        string library = Path.Combine(folder, MadeUpDac.Library);
        Assert.True(File.Exists(library), $"{library} is missing; run build/shapes");
        Spoil(folder, library, kind);

        StackVictimReport seen = StackVictim.Run(sandbox, "native-fault", Way.Start, folder);

        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {seen.Died.TotalMilliseconds:0} ms, {seen.Document.Problem}");
        Assert.InRange(seen.Died, TimeSpan.Zero, s_limit);
        Assert.Equal(SegmentationFault, seen.End.ExitCode);
        Assert.Equal("SIGSEGV /SEGV_MAPERR", seen.Record.GetProperty("reason").GetString());
        Assert.Matches(string.Format(System.Globalization.CultureInfo.InvariantCulture, problem, library), seen.Document.Problem);
        Assert.Equal(seen.Document.Problem, seen.Record.GetProperty("managedProblem").GetString());
        Assert.Equal((StackSource.None, "None"), (seen.Document.Source, seen.Record.GetProperty("managedSource").GetString()));
        Assert.Equal(Path.Combine(folder, "libcoreclr.so"), seen.Document.Runtime?.Path);
        Assert.True(seen.Document.Threads[0].Crashed);
        Assert.Equal(("death_fault", StackFrameKind.Native), (seen.Document.Threads[0].Frames[0].Method, seen.Document.Threads[0].Frames[0].Kind));
        Assert.NotNull(seen.Document.Signature);
        CheckDump(seen);
    }

    private static void Spoil(string folder, string library, string kind)
    {
        switch (kind)
        {
            case "text":
                File.WriteAllText(library, "no library");
                break;
            case "crashes":
                MadeUpDac.Compile(folder, MadeUpDac.Crashes);
                break;
            case "spins":
                MadeUpDac.Compile(folder, MadeUpDac.Spins);
                break;
            case "group":
                break;
            default:
                throw new ArgumentException(kind, nameof(kind));
        }

        File.SetUnixFileMode(library, kind == "group" ? Usual | UnixFileMode.GroupWrite : Usual);
    }

    // Whole, and with the same document as the file beside it.
    private static void CheckDump(StackVictimReport seen)
    {
        byte[] dump = File.ReadAllBytes(seen.Dump);
        MinidumpFile read = MinidumpFile.Read(dump);
        Assert.All(read.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal(dump.Length, seen.Record.GetProperty("dumpBytes").GetInt64());
        DumpStream stacks = read.Streams.Single(stream => stream.Type == MinidumpStreamType.CrashHandlerStacks);
        Assert.Equal(File.ReadAllBytes(Path.ChangeExtension(seen.Dump, ".managed.json")), dump[(int)stacks.Offset..(int)(stacks.Offset + stacks.Size)]);
        Assert.Equal(seen.Record.GetProperty("threadId").GetInt32(), seen.Document.Threads[0].ThreadId);
    }
}
