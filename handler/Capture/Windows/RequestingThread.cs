using System.Runtime.InteropServices;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// The exception of a process that has none: the thread that asks for a dump, where it waits for the answer, as Crashpad's <c>DumpWithoutCrash</c> shows it. In this process's memory,
/// until it is disposed of.
/// </summary>
internal sealed unsafe partial class RequestingThread : IDisposable
{
    // Thread Security and Access Rights.
    private const uint THREAD_SUSPEND_RESUME = 0x2, THREAD_GET_CONTEXT = 0x8, THREAD_QUERY_INFORMATION = 0x40;
    private const uint ContextAll = 0x10000F;
    private const nuint ContextAlignment = 16;
    private const int ContextFlagsOffset = 48, RipOffset = 248;
    private const uint SuspendFailed = uint.MaxValue;

    private Memory* _memory;

    private RequestingThread(Memory* memory, uint threadId)
    {
        _memory = memory;
        Exception = new DumpedException(threadId, (ulong)&memory->PointersToRecord, IsOfClient: false);
    }

    /// <summary>What a dump shows of it.</summary>
    public DumpedException Exception { get; }

    /// <summary>Looks at it.</summary>
    /// <param name="process">Its process.</param>
    /// <param name="threadId">Which; the process may say anything.</param>
    /// <exception cref="CaptureException">It is not there, or is another process's.</exception>
    public static RequestingThread Of(TargetProcess process, uint threadId)
    {
        nint thread = OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION, 0, threadId);
        if (thread == 0)
        {
            throw Failure("OpenThread");
        }

        Memory* memory = (Memory*)NativeMemory.AlignedAlloc((nuint)sizeof(Memory), ContextAlignment);
        try
        {
            new Span<byte>(memory, sizeof(Memory)).Clear();
            if (GetProcessIdOfThread(thread) != (uint)process.ProcessId)
            {
                throw new CaptureException(CaptureStep.ThreadRegisters, process.ProcessId, $"thread {threadId} is another process's");
            }

            if (SuspendThread(thread) == SuspendFailed)
            {
                throw Failure("SuspendThread");
            }

            *(uint*)(memory->Context + ContextFlagsOffset) = ContextAll;
            bool isRead = GetThreadContext(thread, memory->Context) != 0;
            CaptureException? failure = isRead ? null : Failure("GetThreadContext");
            _ = ResumeThread(thread);
            if (failure is not null)
            {
                throw failure;
            }

            memory->Record.Code = ExceptionCodes.DumpRequested;
            memory->Record.Address = *(ulong*)(memory->Context + RipOffset);
            memory->PointersToRecord = &memory->Record;
            memory->PointersToContext = memory->Context;
            return new RequestingThread(memory, threadId);
        }
        catch
        {
            NativeMemory.AlignedFree(memory);
            throw;
        }
        finally
        {
            _ = CloseHandle(thread);
        }

        CaptureException Failure(string call) => TargetProcess.Failure(CaptureStep.ThreadRegisters, process.ProcessId, $"{call} {threadId}", Marshal.GetLastPInvokeError(), advice: null);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Memory
    {
        public fixed byte Context[Amd64Context.Size];
        public DumpedException.ExceptionRecord Record;

        // EXCEPTION_POINTERS.
        public DumpedException.ExceptionRecord* PointersToRecord;
        public byte* PointersToContext;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint OpenThread(uint access, int inherit, uint threadId);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint GetProcessIdOfThread(nint thread);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint SuspendThread(nint thread);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint ResumeThread(nint thread);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetThreadContext(nint thread, byte* context);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int CloseHandle(nint handle);
}
