namespace CrashHandler.Handler.Daemon;

/// <summary>One client in a <see cref="StatusDocument"/>.</summary>
internal sealed record StatusClient
{
    public required int Pid { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required string ProcessType { get; init; }

    public required string? Product { get; init; }

    /// <summary>What the shim has in place, as in protocol/README.md.</summary>
    public required string Hooks { get; init; }
}
