using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Request;

/// <summary>How a walk's answer begins where it is left in memory that is shared; 8 bytes. The document is behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct WalkAnswerHeader
{
    public const int Size = 8;

    /// <summary>Bytes of the document; 0: it is not whole yet.</summary>
    public uint Length { get; init; }

    private readonly uint _reserved;

    /// <summary>The length in an answer that another process writes.</summary>
    public static uint LengthOf(ReadOnlySpan<byte> answer) => Volatile.Read(in MemoryMarshal.AsRef<uint>(answer));

    /// <summary>Writes an answer: its length last.</summary>
    public static void Write(Span<byte> answer, ReadOnlySpan<byte> document)
    {
        document.CopyTo(answer[Size..]);
        Volatile.Write(ref MemoryMarshal.AsRef<uint>(answer), (uint)document.Length);
    }
}
