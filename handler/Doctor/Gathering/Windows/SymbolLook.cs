namespace CrashHandler.Handler.Doctor.Gathering;

// What a process has mapped, by its address space.
internal static partial class SymbolLook
{
    // Not among them: the system's own.
    private static IEnumerable<string>? Mapped(int pid)
        => TargetLook.Mapped(pid)?.Where(path => !path.StartsWith(Environment.GetFolderPath(Environment.SpecialFolder.Windows), StringComparison.OrdinalIgnoreCase));
}
