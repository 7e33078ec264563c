namespace CrashHandler.Tests.Soak;

/// <summary>A victim's end.</summary>
/// <param name="Victim">Which.</param>
/// <param name="ProcessId">Its pid.</param>
/// <param name="ExitCode">128 and its signal.</param>
/// <param name="Output">What it wrote, both streams.</param>
internal sealed record SoakDeath(SoakVictim Victim, int ProcessId, int ExitCode, string Output);
