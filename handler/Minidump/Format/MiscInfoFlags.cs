namespace CrashHandler.Handler.Minidump.Format;

/// <summary>Which fields of a <see cref="MinidumpMiscInfo4"/> count.</summary>
[Flags]
internal enum MiscInfoFlags : uint
{
    ProcessId = 0x1,
    ProcessTimes = 0x2,
    ProcessorPowerInfo = 0x4,
    ProcessIntegrity = 0x10,
    ProcessExecuteFlags = 0x20,
    TimeZone = 0x40,
    ProtectedProcess = 0x80,
    BuildString = 0x100,
    ProcessCookie = 0x200,
}
