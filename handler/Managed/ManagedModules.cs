using CrashHandler.Handler.Stacks;
using Microsoft.Diagnostics.Runtime.AbstractDac;

namespace CrashHandler.Handler.Managed;

/// <summary>The assemblies' modules, each looked at once.</summary>
internal sealed class ManagedModules(RuntimeData runtime, IProcessMemory memory)
{
    private readonly Dictionary<ulong, (string? Path, Guid? Mvid)> _modules = [];

    /// <summary>Path and module version id of a module; null: it has none, or it cannot be read.</summary>
    public (string? Path, Guid? Mvid) Find(ulong module)
    {
        if (module == 0)
        {
            return (null, null);
        }

        if (!_modules.TryGetValue(module, out (string? Path, Guid? Mvid) found))
        {
            ClrModuleInfo info = runtime.Modules.GetModuleInfo(module);
            string? path = info.FileName is { Length: > 0 } file ? file : info.AssemblyName;
            found = (path is { Length: > 0 } ? path : null, info.MetadataAddress == 0 ? null : new MetadataHeader(memory, info.MetadataAddress, info.MetadataSize).Mvid());
            _modules.Add(module, found);
        }

        return found;
    }
}
