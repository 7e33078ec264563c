namespace CrashHandler.Handler.Minidump;

/// <summary>A file is no minidump, or a part of it is damaged. The message is one line for people and holds no bytes of the file.</summary>
internal sealed class MinidumpFormatException : Exception
{
    public MinidumpFormatException(string message)
        : base(message)
    {
    }

    public MinidumpFormatException(string what, ulong offset)
        : base($"{what} (at offset 0x{offset:x})")
    {
        Offset = offset;
    }

    /// <summary>Where in the file; null when it is about the file as a whole.</summary>
    public ulong? Offset { get; }
}
