namespace CrashHandler.Handler.Posix;

/// <summary>Descriptors that another process has sent, and nobody keeps.</summary>
internal static unsafe class ForeignDescriptor
{
    /// <summary>Closes one at once: a socket that lingers (socket(7), SO_LINGER) would be waited for until its peer has read everything, or never.</summary>
    public static void Close(FileDescriptor descriptor)
    {
        if (descriptor.IsClosed)
        {
            return;
        }

        long off = 0;
        // struct linger, two ints. What is no socket does not linger.
        _ = Libc.setsockopt(descriptor.Number, Libc.SOL_SOCKET, Libc.SO_LINGER, &off, sizeof(long));
        descriptor.Dispose();
    }
}
