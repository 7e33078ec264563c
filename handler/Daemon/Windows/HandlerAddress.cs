using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>Where the handler of a database listens: a named pipe, the same after every restart.</summary>
internal static class HandlerAddress
{
    /// <summary>Where the machine's pipes are; they can be listed as files.</summary>
    public const string PipeDirectory = @"\\.\pipe\";

    /// <summary>How every handler's pipe begins.</summary>
    public const string Prefix = "crash-handler-";

    /// <summary>How every handler's pipe of this protocol version ends.</summary>
    public static readonly string Suffix = $"-{FrameHeader.ExpectedVersion}";

    /// <summary>Where the handler of a database listens.</summary>
    /// <exception cref="SyscallException">There is no such database.</exception>
    public static string Of(string database)
    {
        (ulong volume, ulong file) = PosixFiles.Identity(database);
        return PipeDirectory + FileName(volume, file);
    }

    /// <summary>The pipe's name for a database, by its volume's serial number and its number there.</summary>
    public static string FileName(ulong volume, ulong file) => Prefix + AddressDigits.Of(volume, file) + Suffix;

    /// <summary>The pipes of such names that there are on this machine, whosever.</summary>
    public static string[] Listed()
    {
        try
        {
            return Directory.GetFiles(PipeDirectory, $"{Prefix}*{Suffix}");
        }
        catch (IOException)
        {
            // Wine lists no pipes (ERROR_BAD_DEVICE).
            return [];
        }
    }
}
