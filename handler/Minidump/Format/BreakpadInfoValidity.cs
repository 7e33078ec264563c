namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MDBreakpadInfo's validity bits.</summary>
[Flags]
internal enum BreakpadInfoValidity : uint
{
    None = 0,
    DumpThread = 1,
    RequestingThread = 2,
}
