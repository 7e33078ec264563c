using System.Runtime.InteropServices;

namespace CrashHandler.Victims.Deaths;

/// <summary>libdeath.so, and what libc knows.</summary>
internal static partial class NativeDeath
{
    private const string Library = "death";

    [LibraryImport(Library, EntryPoint = "death_fault")]
    public static partial void Fault(ulong address);

    [LibraryImport(Library, EntryPoint = "death_abort")]
    public static partial void Abort();

    [LibraryImport(Library, EntryPoint = "death_raise")]
    public static partial void Raise(int signal);

    [LibraryImport(Library, EntryPoint = "death_cut_mapping")]
    public static partial ulong CutMapping();

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();
}
