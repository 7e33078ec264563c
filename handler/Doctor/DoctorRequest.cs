namespace CrashHandler.Handler.Doctor;

/// <summary>What is to be looked at.</summary>
internal sealed record DoctorRequest
{
    /// <summary>Absolute path of the reports' database, which need not exist; null: none was named, and not just one was found.</summary>
    public required string? Database { get; init; }

    /// <summary>Where reports are sent; null: nowhere, as far as is known.</summary>
    public required Uri? Url { get; init; }

    /// <summary>The process that is to be covered; null: none in particular.</summary>
    public required int? ProcessId { get; init; }

    /// <summary>Absolute path of the directory of this program.</summary>
    public required string Installation { get; init; }

    /// <summary>Absolute path of this program, which starts itself for what it tries.</summary>
    public required string Program { get; init; }

    /// <summary>This process's environment.</summary>
    public required Func<string, string?> Variable { get; init; }
}
