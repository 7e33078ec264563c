using System.Runtime.InteropServices;

namespace CrashHandler.Native;

/// <summary>The calling thread as the kernel knows it.</summary>
internal static partial class NativeThread
{
    // glibc wraps gettid only since 2.30. Of x86-64.
    private const nint GetThreadId = 186;

    /// <summary>Its tid; of Windows its thread id.</summary>
    public static int Id => OperatingSystem.IsWindows() ? GetCurrentThreadId() : (int)SystemCall(GetThreadId);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number);

    [LibraryImport("kernel32")]
    private static partial int GetCurrentThreadId();
}
