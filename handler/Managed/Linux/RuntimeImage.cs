using CrashHandler.Handler.Stacks;
using Microsoft.Diagnostics.Runtime;

namespace CrashHandler.Handler.Managed;

/// <summary>What of it is Linux's: the library's name, and where it says its version.</summary>
internal sealed partial record RuntimeImage
{
    private const string LibraryName = "libcoreclr.so", MonoPrefix = "libmono";

    /// <exception cref="InvalidDataException">It is no library of x86-64.</exception>
    private static string? BuildOf(WalkModule module, IDataReader reader, IProcessMemory memory) => ElfView.OfProcess(memory, module.Address).FindVersion();

    private static bool IsLibrary(WalkModule module) => module.IsElf && System.IO.Path.GetFileName(module.Path) == LibraryName;

    private static bool IsNative(WalkModule module) => module.IsElf;
}
