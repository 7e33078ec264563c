namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The seccomp mode of a process (proc(5), Seccomp).</summary>
/// <param name="Mode">0: none, 1: strict, 2: filters; null: this kernel does not say.</param>
/// <param name="Filters">How many; null: this kernel does not say.</param>
internal sealed record SeccompFacts(int? Mode, int? Filters)
{
    /// <summary>Whether calls may be refused by it.</summary>
    public bool IsFiltered => Mode is > 0;
}
