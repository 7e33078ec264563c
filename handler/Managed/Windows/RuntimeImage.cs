using CrashHandler.Handler.Stacks;
using Microsoft.Diagnostics.Runtime;

namespace CrashHandler.Handler.Managed;

/// <summary>What of it is Windows': the library's name, and where it says its version, VS_FIXEDFILEINFO in its resources.</summary>
internal sealed partial record RuntimeImage
{
    private const string LibraryName = "coreclr.dll", MonoPrefix = "mono";

    private static string? BuildOf(WalkModule module, IDataReader reader, IProcessMemory memory)
        => ModuleInfo.TryCreate(reader, module.Address, module.Path) is { Version: { Major: > 0 } version } ? version.ToString() : null;

    private static bool IsLibrary(WalkModule module) => System.IO.Path.GetFileName(module.Path).Equals(LibraryName, StringComparison.OrdinalIgnoreCase);

    // A program is one in any case.
    private static bool IsNative(WalkModule module) => true;
}
