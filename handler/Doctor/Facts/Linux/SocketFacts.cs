namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Where a handler of this user listens.</summary>
internal sealed record SocketFacts
{
    /// <summary>XDG_RUNTIME_DIR; null: not set.</summary>
    public required string? RuntimeDirectory { get; init; }

    /// <summary>Whether that is a directory of this user.</summary>
    public required bool IsRuntimeDirectoryOwn { get; init; }

    /// <summary>The directory that is taken.</summary>
    public required string Directory { get; init; }

    /// <summary>Owner of that; null: it does not exist yet.</summary>
    public required uint? Owner { get; init; }

    /// <summary>Who asks.</summary>
    public required uint User { get; init; }

    /// <summary>Bytes of the longest path of a socket there.</summary>
    public required int PathBytes { get; init; }

    /// <summary>Pids of the handlers that answer there.</summary>
    public required IReadOnlyList<int> Handlers { get; init; }

    /// <summary>Sockets at which nobody answers.</summary>
    public required IReadOnlyList<string> Stale { get; init; }

    /// <summary>Those of them whose lock is held all the same: their handler is stopped.</summary>
    public required IReadOnlyList<string> Stopped { get; init; }
}
