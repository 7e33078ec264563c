namespace CrashHandler.Handler.Posix;

/// <summary>What a process is started with.</summary>
internal sealed record NewProcess
{
    /// <summary>Absolute path of its executable file.</summary>
    public required string Program { get; init; }

    /// <summary>Its command line, see <see cref="CommandLineText"/>.</summary>
    public required string CommandLine { get; init; }

    /// <summary>Its environment, see <see cref="EnvironmentBlock"/>; null: this process's own.</summary>
    public string? Environment { get; init; }

    /// <summary>Its directory; null: this process's own.</summary>
    public string? Directory { get; init; }

    /// <summary>Of <see cref="ProcessCalls"/>: such as <see cref="ProcessCalls.CREATE_NO_WINDOW"/> or <see cref="ProcessCalls.CREATE_SUSPENDED"/>.</summary>
    public uint Flags { get; init; }

    /// <summary>Standard input, output and error; null: this process's own.</summary>
    public (nint Input, nint Output, nint Error)? Streams { get; init; }

    /// <summary>
    /// The handles that it gets, all inheritable, those of <see cref="Streams"/> among them: exactly these. Null: whatever is inheritable in this process, as it was given to this one.
    /// </summary>
    public IReadOnlyList<nint>? Inherited { get; init; }
}
