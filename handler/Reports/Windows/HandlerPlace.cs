using System.Globalization;

namespace CrashHandler.Handler.Reports;

/// <summary>Where a handler runs, as far as its death is concerned: a handler that ran before the machine was started ended with it.</summary>
internal static unsafe class HandlerPlace
{
    // KUSER_SHARED_DATA, which every process has at this address: BootId, counted by the boot loader (ntddk.h). 0 where nobody counts.
    private const nint BootIdAddress = 0x7FFE02C4;

    /// <summary>Names the start of the machine.</summary>
    public static string Name() => string.Create(CultureInfo.InvariantCulture, $"w{*(uint*)BootIdAddress:x}");
}
