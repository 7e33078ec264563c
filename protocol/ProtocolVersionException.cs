namespace CrashHandler.Protocol;

/// <summary>The other side speaks another version of the protocol.</summary>
/// <param name="version">The version it speaks.</param>
public sealed class ProtocolVersionException(ushort version)
    : Exception($"the other side speaks protocol version {version}, this one speaks {FrameHeader.ExpectedVersion}")
{
    /// <summary>The version the other side speaks.</summary>
    public ushort Version { get; } = version;
}
