namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// What a dump holds (handler/README.md, "What a dump of Windows holds"): enough for every thread's stack with its locals, and what a person asks next; no heap, and
/// nothing where secrets usually lie unless it was asked for.
/// </summary>
internal static class DumpTypes
{
    private const DumpType Always = DumpType.HandleData | DumpType.UnloadedModules | DumpType.FullMemoryInfo | DumpType.ThreadInfo | DumpType.IgnoreInaccessibleMemory;

    /// <summary>The flags of a dump.</summary>
    /// <param name="isSanitized">Without what the stacks point at: <see cref="Minidump.SanitizedDump"/> has nothing of it.</param>
    /// <param name="hasEnvironment">With the environment.</param>
    public static DumpType Of(bool isSanitized, bool hasEnvironment)
        => Always | (isSanitized ? DumpType.Normal : DumpType.IndirectlyReferencedMemory) | (hasEnvironment ? DumpType.ProcessThreadData : DumpType.Normal);
}
