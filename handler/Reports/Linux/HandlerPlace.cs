using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>Where a handler runs, as far as its death is concerned: a handler that ran elsewhere ended with it.</summary>
internal static class HandlerPlace
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";
    private const string PidNamespace = "/proc/self/ns/pid";
    private const int BootIdDigits = 8;
    private const int BootIdBytes = 64;

    /// <summary>Names the start of the machine and the pid namespace.</summary>
    public static string Name()
    {
        try
        {
            string boot = DurableFile.Read(BootId, BootIdBytes) is { } id ? System.Text.Encoding.ASCII.GetString(id) : "";
            return string.Create(CultureInfo.InvariantCulture, $"{(boot.Length > BootIdDigits ? boot[..BootIdDigits] : "0")}.{PosixFiles.Identity(PidNamespace).Inode}");
        }
        catch (SyscallException)
        {
            // Without /proc nothing is known of it, and so it is of all handlers here.
            return "0.0";
        }
    }
}
