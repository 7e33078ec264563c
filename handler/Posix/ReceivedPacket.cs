namespace CrashHandler.Handler.Posix;

/// <summary>What one recvmsg brought beside the bytes.</summary>
/// <param name="Length">Bytes in the buffer; 0 means that the peer has closed.</param>
/// <param name="IsTruncated">Whether the packet was longer than the buffer.</param>
/// <param name="Sender">The kernel's word on who sent it (SCM_CREDENTIALS).</param>
/// <param name="Descriptors">Descriptors that came along; the receiver owns them.</param>
/// <param name="LostDescriptors">Whether some were sent that this process could not open: it has as many as it may.</param>
internal sealed record ReceivedPacket(int Length, bool IsTruncated, Libc.UCred? Sender, IReadOnlyList<FileDescriptor> Descriptors, bool LostDescriptors);
