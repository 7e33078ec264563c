namespace CrashHandler.Handler.Doctor.Gathering;

// What a process has mapped, by its maps.
internal static partial class SymbolLook
{
    /// <summary>Paths by which this process can open it; null: its maps cannot be read.</summary>
    private static IEnumerable<string>? Mapped(int pid)
        // Through its root: it may have another one than this process.
        => ProcText.TryRead($"/proc/{pid}/maps")?.Split('\n').Where(line => line.Contains('/')).Select(line => $"/proc/{pid}/root{line[line.IndexOf('/')..]}");
}
