using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The process that is to be covered.</summary>
internal sealed record ExaminedProcess
{
    public required int ProcessId { get; init; }

    /// <summary>Its program's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its user's SID; null: that is hidden from this process.</summary>
    public required string? User { get; init; }

    /// <summary>Whether it is elevated; null: hidden.</summary>
    public required bool? IsElevated { get; init; }

    /// <summary>Whether it is a 32-bit process; null: hidden.</summary>
    public required bool? IsWow64 { get; init; }

    /// <summary>Whether a debugger is attached; null: hidden.</summary>
    public required bool? IsDebugged { get; init; }

    /// <summary>Why it cannot be opened with the rights that a dump takes; null: it can.</summary>
    public required string? WhyClosed { get; init; }

    /// <summary>What it runs on; null: what it has mapped cannot be seen.</summary>
    public required ProcessRuntime? Runtime { get; init; }

    /// <summary>Path of the crashhandler.dll that it has loaded; null: none, as far as can be seen.</summary>
    public required string? Library { get; init; }

    /// <summary>Whether the runtime's diagnostics port is there.</summary>
    public required bool HasDiagnosticsPort { get; init; }

    /// <summary>What its handler says that it should have in place and has not; null: no handler that was found has it.</summary>
    public Hooks? Missing { get; init; }
}
