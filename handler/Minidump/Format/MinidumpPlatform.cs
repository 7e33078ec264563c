namespace CrashHandler.Handler.Minidump.Format;

/// <summary>The operating system of a <see cref="MinidumpSystemInfo"/>.</summary>
internal enum MinidumpPlatform : uint
{
    Windows = 2,
    MacOS = 0x8101,
    IOS = 0x8102,
    Linux = 0x8201,
    Solaris = 0x8202,
    Android = 0x8203,
    PlayStation3 = 0x8204,
    NaCl = 0x8205,
    Fuchsia = 0x8206,
}
