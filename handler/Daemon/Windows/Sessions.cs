using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>What of the sessions is Windows's. A process of this user lets its memory be read, and nobody has to be asked for it; a diagnostics port has its name until its process ends.</summary>
internal sealed partial class Sessions
{
    static partial void RequireNotice(ReadOnlySpan<byte> payload) => WindowsCrashNotice.Parse(payload);

    // What MiniDumpWriteDump has suspended stays so when its caller ends: no tracer's end lets it go.
    partial void LetGoBeforeEnd() => SystemDump.GiveUp();
}
