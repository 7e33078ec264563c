using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>The C library's allocator: glibc's own functions, where it is that library.</summary>
internal static unsafe class Malloc
{
    // mallopt(3)
    private const int M_ARENA_MAX = -8;

    /// <summary>One heap for all threads, which allocate little: by default each gets its own, and keeps it.</summary>
    public static void ShareOneArena()
    {
        if (TryFind("mallopt", out nint function))
        {
            _ = ((delegate* unmanaged<int, int, int>)function)(M_ARENA_MAX, 1);
        }
    }

    /// <summary>Gives what is free back to the kernel.</summary>
    public static void Trim()
    {
        if (TryFind("malloc_trim", out nint function))
        {
            _ = ((delegate* unmanaged<nuint, int>)function)(0);
        }
    }

    // Another C library has none of them; then it keeps what it keeps.
    private static bool TryFind(string name, out nint function) => NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out function);
}
