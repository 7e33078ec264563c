using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>The threads of a process, each as it stands: what a walk begins at.</summary>
internal static unsafe partial class ProcessThreads
{
    // Thread Security and Access Rights.
    private const uint THREAD_SUSPEND_RESUME = 0x2, THREAD_GET_CONTEXT = 0x8, THREAD_QUERY_LIMITED_INFORMATION = 0x800;
    private const uint TH32CS_SNAPTHREAD = 4;
    private const int ContextFlagsOffset = 48;
    private const uint SuspendFailed = uint.MaxValue;

    // CONTEXT is declared with DECLSPEC_ALIGN(16).
    private const nuint ContextAlignment = 16;

    /// <summary>All of them, the meant one first; what cannot be read of one is missing in it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="first">The meant one: it is there in any case, as somebody has spoken of it. Null: none is meant.</param>
    /// <param name="registers">Its registers at its exception; null: those it has now.</param>
    /// <exception cref="SyscallException">The system does not list threads.</exception>
    public static List<WalkThread> Read(TargetProcess process, int? first, Amd64Registers? registers)
    {
        List<WalkThread> threads = first is { } meant ? [Read(meant, registers)] : [];
        foreach (int thread in List(process.ProcessId))
        {
            if (thread != first && threads.Count < StacksLimits.Threads)
            {
                threads.Add(Read(thread, null));
            }
        }

        return threads;
    }

    private static List<int> List(int processId)
    {
        nint handle = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
        using FileDescriptor snapshot = handle != PipeCalls.InvalidHandle ? new FileDescriptor((int)handle) : throw PipeCalls.LastFailure("CreateToolhelp32Snapshot");
        List<int> threads = [];
        ThreadEntry entry = new() { Size = (uint)sizeof(ThreadEntry) };
        for (int more = Thread32First(snapshot.Number, &entry); more != 0; more = Thread32Next(snapshot.Number, &entry))
        {
            if (entry.OwnerProcessId == (uint)processId)
            {
                threads.Add((int)entry.ThreadId);
            }
        }

        return threads;
    }

    private static WalkThread Read(int threadId, Amd64Registers? registers)
    {
        nint handle = OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_LIMITED_INFORMATION, 0, (uint)threadId);
        if (handle == 0)
        {
            // It has ended meanwhile.
            return new WalkThread(threadId, "", registers);
        }

        using FileDescriptor thread = new((int)handle);
        return new WalkThread(threadId, NameOf(thread), registers ?? RegistersOf(thread));
    }

    private static Amd64Registers? RegistersOf(FileDescriptor thread)
    {
        if (SuspendThread(thread.Number) == SuspendFailed)
        {
            return null;
        }

        byte* context = (byte*)NativeMemory.AlignedAlloc(Amd64Context.Size, ContextAlignment);
        try
        {
            new Span<byte>(context, Amd64Context.Size).Clear();
            *(Amd64ContextFlags*)(context + ContextFlagsOffset) = Amd64ContextFlags.Amd64 | Amd64ContextFlags.Control | Amd64ContextFlags.Integer | Amd64ContextFlags.Segments;
            return GetThreadContext(thread.Number, context) != 0 ? MemoryMarshal.Read<Amd64Context>(new ReadOnlySpan<byte>(context, Amd64Context.Size)).ToRegisters() : null;
        }
        finally
        {
            NativeMemory.AlignedFree(context);
            _ = ResumeThread(thread.Number);
        }
    }

    private static string NameOf(FileDescriptor thread)
    {
        char* name;
        if (GetThreadDescription(thread.Number, &name) < 0)
        {
            return "";
        }

        string text = Utf8Text.Cut(new string(name), StacksLimits.NameBytes);
        _ = PipeCalls.LocalFree((nint)name);
        return text;
    }

    /// <summary>THREADENTRY32.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ThreadEntry
    {
        public uint Size;
        public uint Usage;
        public uint ThreadId;
        public uint OwnerProcessId;
        public int BasePriority;
        public int DeltaPriority;
        public uint Flags;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint CreateToolhelp32Snapshot(uint flags, uint processId);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int Thread32First(nint snapshot, ThreadEntry* entry);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int Thread32Next(nint snapshot, ThreadEntry* entry);
    [LibraryImport("kernel32", SetLastError = true)] private static partial nint OpenThread(uint access, int inherit, uint threadId);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint SuspendThread(nint thread);
    [LibraryImport("kernel32", SetLastError = true)] private static partial uint ResumeThread(nint thread);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int GetThreadContext(nint thread, byte* context);
    [LibraryImport("kernel32")] private static partial int GetThreadDescription(nint thread, char** name);
}
