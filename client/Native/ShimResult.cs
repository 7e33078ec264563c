using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Native;

/// <summary><c>struct crash_handler_result</c> of client/native/crash_handler.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ShimResult
{
    private const int MessageBytes = 512;

    public int Error;
    public int HandlerProcessId;
    public uint Hooks;
    private readonly uint _reserved;
#pragma warning disable IDE0044 // A fixed buffer cannot be readonly.
    private fixed byte _message[MessageBytes];
#pragma warning restore IDE0044

    /// <summary>What failed and what to do, or the ready line.</summary>
    public string Message
    {
        get
        {
            fixed (byte* message = _message)
            {
                ReadOnlySpan<byte> bytes = new(message, MessageBytes);
                int end = bytes.IndexOf((byte)0);
                return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
            }
        }
    }
}
