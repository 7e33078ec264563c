using System.Buffers.Binary;

namespace CrashHandler.Protocol;

/// <summary>
/// What every message of a client begins with on Windows, in place of SCM_RIGHTS: handles of its own, which the handler duplicates out of the
/// process that the kernel names as the pipe's client (protocol/README.md, "On Windows").
/// </summary>
public static class WindowsHandlePrefix
{
    /// <summary>Bytes of the count.</summary>
    public const int CountBytes = 4;

    /// <summary>Bytes of one handle's value.</summary>
    public const int HandleBytes = 8;

    /// <summary>Handles of one message: the block, and room for two more.</summary>
    public const int MaxHandles = 3;

    /// <summary>Bytes of the longest prefix.</summary>
    public const int MaxBytes = CountBytes + (MaxHandles * HandleBytes);

    /// <summary>Splits a message.</summary>
    /// <param name="message">As it came from the pipe.</param>
    /// <param name="handles">Values in the sender's table; at most <see cref="MaxHandles"/>.</param>
    /// <returns>The frame behind the prefix.</returns>
    /// <exception cref="MalformedFrameException">It is shorter than it says, or has more handles than are allowed.</exception>
    public static ReadOnlySpan<byte> Split(ReadOnlySpan<byte> message, out ulong[] handles)
    {
        uint count = message.Length >= CountBytes ? BinaryPrimitives.ReadUInt32LittleEndian(message)
            : throw new MalformedFrameException($"a message of {message.Length} bytes has no handle count");
        if (count > MaxHandles || message.Length < CountBytes + (count * HandleBytes))
        {
            throw new MalformedFrameException($"a message of {message.Length} bytes announces {count} handles; at most {MaxHandles} go with one");
        }

        handles = new ulong[count];
        for (int i = 0; i < handles.Length; i++)
        {
            handles[i] = BinaryPrimitives.ReadUInt64LittleEndian(message[(CountBytes + (i * HandleBytes))..]);
        }

        return message[(CountBytes + (handles.Length * HandleBytes))..];
    }

    /// <summary>Puts the prefix before a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="handles">At most <see cref="MaxHandles"/>.</param>
    /// <exception cref="ArgumentException">There are more.</exception>
    public static byte[] Prepend(ReadOnlySpan<byte> frame, params ReadOnlySpan<ulong> handles)
    {
        if (handles.Length > MaxHandles)
        {
            throw new ArgumentException($"{handles.Length} handles; at most {MaxHandles} go with one message", nameof(handles));
        }

        byte[] message = new byte[CountBytes + (handles.Length * HandleBytes) + frame.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(message, (uint)handles.Length);
        for (int i = 0; i < handles.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(CountBytes + (i * HandleBytes)), handles[i]);
        }

        frame.CopyTo(message.AsSpan(CountBytes + (handles.Length * HandleBytes)));
        return message;
    }
}
