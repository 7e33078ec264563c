using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashHandler.Tests.Victims.ShimVictim;

/// <summary><c>struct crash_handler_result</c> of client/native/crash_handler.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ShimResult
{
    public int Error;
    public int HandlerProcessId;
    public uint Hooks;
    public uint Reserved;
    public MessageBytes Message;

    /// <summary>UTF-8, NUL-terminated.</summary>
    [InlineArray(512)]
    internal struct MessageBytes
    {
        private byte _first;
    }
}
