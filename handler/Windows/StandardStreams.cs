using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Standard output and standard error, as they come from whoever started this.</summary>
internal static partial class StandardStreams
{
    private const uint CP_UTF8 = 65001;

    // ntifs.h
    private const int FilePipeLocalInformation = 24;
    private const uint FILE_PIPE_CLOSING_STATE = 4;

    // FILE_PIPE_LOCAL_INFORMATION; what is not read here is left out.
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    private struct PipeLocalInformation
    {
        [FieldOffset(32)] public uint State;
    }

    private static uint s_formerCodePage;

    /// <summary>What is written is UTF-8: a console is told so.</summary>
    public static void Occupy()
    {
        if ((Terminal.Is(Terminal.Output) || Terminal.Is(Terminal.Error)) && GetConsoleOutputCP() is var former and not (0 or CP_UTF8) && SetConsoleOutputCP(CP_UTF8) != 0)
        {
            s_formerCodePage = former;
        }
    }

    /// <summary>A console keeps its code page when this process has ended, for those that come after it.</summary>
    public static void GiveBack()
    {
        if (s_formerCodePage != 0)
        {
            _ = SetConsoleOutputCP(s_formerCodePage);
            s_formerCodePage = 0;
        }
    }

    /// <summary>Whatever can be said of a write, is said by it.</summary>
    public static void CloseOutput()
    {
    }

    /// <summary>Whether standard output is a pipe whose reader has gone. Not by a write of nothing, which who reads takes for the end.</summary>
    public static unsafe bool IsOutputClosed()
    {
        nint* block = stackalloc nint[2];
        PipeLocalInformation information;
        return NtQueryInformationFile(Terminal.Output, block, &information, (uint)sizeof(PipeLocalInformation), FilePipeLocalInformation) == 0 && information.State == FILE_PIPE_CLOSING_STATE;
    }

    /// <summary>There is no signal for it: the exit code says it.</summary>
    public static void EndByClosedPipe()
    {
    }

    [LibraryImport("ntdll")] private static unsafe partial int NtQueryInformationFile(nint file, nint* block, PipeLocalInformation* information, uint bytes, int kind);
    [LibraryImport("kernel32")] private static partial uint GetConsoleOutputCP();
    [LibraryImport("kernel32")] private static partial int SetConsoleOutputCP(uint codePage);
}
