namespace CrashHandler.Handler.Posix;

/// <summary>Handles that another process has sent, and nobody keeps.</summary>
internal static class ForeignDescriptor
{
    /// <summary>Closes one at once.</summary>
    public static void Close(FileDescriptor descriptor) => descriptor.Dispose();
}
