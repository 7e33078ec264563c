namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What came of a request to a server.</summary>
internal sealed record ServerFacts
{
    /// <summary>Without credentials.</summary>
    public required string Url { get; init; }

    /// <summary>The proxy that was asked, without credentials; null: none.</summary>
    public required string? Proxy { get; init; }

    /// <summary>What failed; null: it answered.</summary>
    public required ServerFailure? Failure { get; init; }

    /// <summary>The failure in words.</summary>
    public required string? Reason { get; init; }

    /// <summary>The answer's status; null: there was none.</summary>
    public required int? Status { get; init; }

    /// <summary>The clock of the server, less this one; null: it did not say.</summary>
    public required TimeSpan? ClockOffset { get; init; }

    public required TimeSpan Took { get; init; }
}
