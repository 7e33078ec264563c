namespace CrashHandler.Handler.Stacks;

/// <summary>What the handler tells the walk process: everything it knows of the frozen process, and what the walk may do.</summary>
internal sealed record WalkRequest
{
    /// <summary>Descriptor of <c>/proc/PID/mem</c> in the walk process.</summary>
    public const int MemoryDescriptor = 3;

    /// <summary>Descriptor of the directory <c>/proc/PID/root</c> in the walk process, where <see cref="HasOwnRoot"/> says so.</summary>
    public const int RootDescriptor = 4;

    /// <summary><see cref="UserId"/> or <see cref="GroupId"/> that is not known; setresuid(2) takes it for "as it is", so nobody may become it.</summary>
    public const uint NoUser = uint.MaxValue;

    /// <summary>Pid as the process sees itself.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The user that the walk becomes before it opens any file of the process's choice.</summary>
    public required uint UserId { get; init; }

    /// <summary>The group, likewise.</summary>
    public required uint GroupId { get; init; }

    /// <summary>The process has a mount namespace or root directory of its own: its paths begin at <see cref="RootDescriptor"/>.</summary>
    public bool HasOwnRoot { get; init; }

    /// <summary>Whether the process is a .NET one.</summary>
    public bool IsDotNet { get; init; }

    /// <summary>The report is sanitized: messages of exceptions are data of the process, and are left out wherever they would stand.</summary>
    public bool LeavesOutMessages { get; init; }

    /// <summary>How long the walk may take.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>Whether the first thread crashed; false: the process lives on.</summary>
    public bool HasCrashed { get; init; }

    /// <summary>The signal; 0: it lives on.</summary>
    public int Signal { get; init; }

    /// <summary>The threads, the crashed or asking one first.</summary>
    public required IReadOnlyList<WalkThread> Threads { get; init; }

    /// <summary>The modules, the main executable first.</summary>
    public required IReadOnlyList<WalkModule> Modules { get; init; }

    /// <summary><c>/proc/PID/maps</c>, as read.</summary>
    public required byte[] Maps { get; init; }

    /// <summary>The exception that the process said would end it: full type name; null: it said of none.</summary>
    public string? ExceptionType { get; init; }

    /// <summary>Its message.</summary>
    public string? ExceptionMessage { get; init; }

    /// <summary>Its whole text.</summary>
    public string? ExceptionText { get; init; }
}
