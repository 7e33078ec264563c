using System.Runtime.InteropServices;

namespace CrashHandler.Victims;

/// <summary>Native code to die in, and what the C library knows.</summary>
internal static partial class NativeVictim
{
    private const string Library = "victim_native";
    private const int ChildGone = 10; // ECHILD

    /// <summary>Below vm.mmap_min_addr, so never mapped; not 0, so that an exception's address 0 is no accident.</summary>
    public const ulong UnmappedAddress = 0x1230;

    [LibraryImport(Library, EntryPoint = "victim_fault")]
    public static partial void Fault(ulong address);

    [LibraryImport(Library, EntryPoint = "victim_abort")]
    public static partial void Abort();

    /// <summary>Puts this process under the restrictions of a sandboxed renderer.</summary>
    /// <returns>0, or the errno of what the system refused.</returns>
    [LibraryImport(Library, EntryPoint = "victim_restrict")]
    public static partial int Restrict();

    /// <summary>Starts threads that wait in the kernel, each in another call.</summary>
    /// <returns>How many.</returns>
    [LibraryImport(Library, EntryPoint = "victim_block")]
    public static partial int Block();

    /// <summary>Wakes them.</summary>
    /// <returns>0, or the errno that one of the calls answered instead of what it waited for.</returns>
    [LibraryImport(Library, EntryPoint = "victim_unblock")]
    public static partial int Unblock();

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    /// <summary>Addresses of the faulting function: its first byte, and the first after it.</summary>
    public static (ulong Start, ulong End) FaultRange()
    {
        nint library = NativeLibrary.Load(Library, typeof(NativeVictim).Assembly, null);
        return ((ulong)NativeLibrary.GetExport(library, "victim_fault"), (ulong)NativeLibrary.GetExport(library, "victim_fault_end"));
    }

    /// <summary>Waits for children until there is none; returns how many there were.</summary>
    public static int WaitForAllChildren()
    {
        int children = 0;
        while (WaitForChild(-1, out _, 0) > 0)
        {
            children++;
        }

        return Marshal.GetLastPInvokeError() == ChildGone ? children
            : throw new InvalidOperationException($"waitpid: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitForChild(int pid, out int status, int options);
}
