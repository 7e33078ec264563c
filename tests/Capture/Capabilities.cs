using System.Runtime.InteropServices;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>capset(2): what root may do beyond others, per thread.</summary>
internal static partial class Capabilities
{
    private const long SYS_capset = 126;
    private const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    /// <summary>Takes every capability off the calling thread, for ever: root's processes are closed to it then.</summary>
    public static unsafe void DropOnThisThread()
    {
        uint* header = stackalloc uint[2] { _LINUX_CAPABILITY_VERSION_3, 0 };
        uint* none = stackalloc uint[6];
        new Span<uint>(none, 6).Clear();
        Assert.Equal(0, syscall(SYS_capset, (nint)header, (nint)none));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, nint first, nint second);
}
