namespace CrashHandler.Handler.Minidump;

/// <summary>Annotations of one module.</summary>
/// <param name="ModuleIndex">Index into the module list.</param>
/// <param name="Simple">Keys and values; of equal keys the first one.</param>
/// <param name="List">Texts without a key.</param>
/// <param name="Objects">Typed annotations that are texts; of others how many bytes they have.</param>
internal sealed record DumpModuleAnnotations(
    uint ModuleIndex,
    IReadOnlyDictionary<string, string> Simple,
    IReadOnlyList<string> List,
    IReadOnlyDictionary<string, string> Objects);
