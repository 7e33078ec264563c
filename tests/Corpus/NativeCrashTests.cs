using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>Each way for a native program to crash: three readers take the dump, and show the stack that GDB shows of the same crash.</summary>
public sealed class NativeCrashTests
{
    private const int Threads = 3;

    /// <summary>Kind, signal, Breakpad's reason, Breakpad's address (empty: any).</summary>
    public static TheoryData<string, string, string, string> Kinds => new()
    {
        { "null", "SIGSEGV", "SIGSEGV /SEGV_MAPERR", "0x0" },
        { "unmapped", "SIGSEGV", "SIGSEGV /SEGV_MAPERR", "0x1230" },
        { "read-only", "SIGSEGV", "SIGSEGV /SEGV_ACCERR", "" },
        { "non-canonical", "SIGSEGV", "SIGSEGV /0x00000080", "0x0" }, // SI_KERNEL, and the processor does not say which address
        { "bus", "SIGBUS", "SIGBUS /BUS_ADRERR", "" },
        { "illegal", "SIGILL", "SIGILL /ILL_ILLOPN", "" },
        { "division", "SIGFPE", "SIGFPE /FPE_INTDIV", "" },
        { "trap", "SIGTRAP", "SIGTRAP", "0x0" }, // SI_KERNEL
        { "system-call", "SIGSYS", "SIGSYS", "" },
        { "abort", "SIGABRT", "SIGABRT", "0x0" },
        { "overflow", "SIGSEGV", "SIGSEGV /SEGV_MAPERR", "" },
        { "call-null", "SIGSEGV", "SIGSEGV /SEGV_MAPERR", "0x0" },
        { "in-libc", "SIGSEGV", "SIGSEGV /SEGV_MAPERR", "0x1230" },
        { "thread", "SIGSEGV", "SIGSEGV /SEGV_MAPERR", "0x0" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryReaderShowsTheStackThatGdbShows(string kind, string signal, string reason, string address)
        => Check(CorpusPrograms.Independent, kind, new Expectation(reason, signal, Threads) { Address = address.Length > 0 ? address : null });

    /// <summary>A program at fixed addresses.</summary>
    [Theory]
    [InlineData("null", "0x0")]
    [InlineData("in-libc", "0x1230")]
    [InlineData("thread", "0x0")]
    public void SoTheyDoOfAProgramAtFixedAddresses(string kind, string address)
        => Check(CorpusPrograms.Fixed, kind, new Expectation("SIGSEGV /SEGV_MAPERR", "SIGSEGV", Threads) { Address = address });

    private static void Check(string program, string kind, Expectation expected)
    {
        using Sandbox sandbox = new(Identities.Own);
        string[] arguments = [kind, $"{expected.Threads}"];
        string dump = CorpusDump.OfCrash(sandbox, program, arguments);
        expected = expected with { Modules = [program, "/libc.so.6", "/libcrashhandler.so"] };

        ToolResult lldb = Readers.Lldb(dump, expected);
        ToolResult walk = Readers.Stackwalk(dump, expected, CorpusPrograms.SymbolsOf(Readers.Modules(lldb)));
        Readers.Dump(dump, expected);

        string[] chain = FunctionChain.FromGdb(Gdb.RunUntilCrash(program, arguments).Output);
        string outermost = kind == "thread" ? "run" : "main";
        Assert.Equal(["inner", "middle", "outer", outermost], chain.TakeLast(4));
        Assert.Equal(chain, FunctionChain.FromLldb(lldb.Output, program));
        Assert.Equal(AsBreakpadWalks(chain), FunctionChain.FromStackwalk(walk.Output, program));
    }

    // At an address in no module Breakpad goes by the frame pointer, which is still that of the function that called there: it passes over that one.
    // No dump can tell it otherwise; the return address is there, on top of the stack, as the other two readers show.
    private static string[] AsBreakpadWalks(string[] chain) => chain[0] == FunctionChain.Nowhere ? [chain[0], .. chain[2..]] : chain;
}
