namespace CrashHandler.Tests.Corpus;

/// <summary>Complaints of Breakpad's readers about what a dump honestly lacks. No stream is rejected for any of them.</summary>
internal static class Excuses
{
    /// <summary>A thread without a stack: Breakpad's own code calls it harmless, and takes the thread.</summary>
    public const string NoStack = @"MinidumpThread has a memory region problem, 0x0\+0x0, RVA 0x0x0"
        + @"|No memory region for \S+:\d+/\d+ id 0x[0-9a-f]+ name \[.*\]|Can't get caller frame without memory or stack";

    /// <summary>A thread without registers.</summary>
    public const string NoRegisters = @"MinidumpThread cannot read context|Can't choose a stackwalker implementation without context|No stackwalker for \S+:\d+/\d+ id 0x[0-9a-f]+ name \[.*\]";

    /// <summary>An empty list of modules, in which there is no main one.</summary>
    public const string NoModules = "MinidumpModuleList index out of range: 0/0";

    /// <summary>No list of mappings, the one stream whose absence <c>minidump_dump</c> calls an error.</summary>
    public const string NoMappings = @"minidump\.GetMemoryInfoList\(\) failed";
}
