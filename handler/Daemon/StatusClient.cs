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

    /// <summary>What a .NET process should have in place and has not, by the same names; <c>None</c>: nothing.</summary>
    public string Missing { get; init; } = nameof(Protocol.Hooks.None);
}
