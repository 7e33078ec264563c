namespace CrashHandler.Tests.Managed;

/// <summary>What the report of a kind of death must say.</summary>
/// <param name="Kind">The victim's argument.</param>
/// <param name="Frames">The victim's frames on the crashed thread, innermost first: managed ones, and native ones of its library. Of a stack overflow, those
/// outside of what repeats.</param>
internal sealed record KnownChain(string Kind, KnownFrame[] Frames)
{
    /// <summary>The exception that nobody caught.</summary>
    public KnownException? Exception { get; init; }

    /// <summary>What repeats; null: nothing.</summary>
    public KnownRun? Run { get; init; }

    /// <summary>Other threads of the victim's.</summary>
    public KnownThread[] Others { get; init; } = [];

    /// <summary>What the crashed thread is to the runtime.</summary>
    public string[] Kinds { get; init; } = [];

    /// <summary>Number of the signal that is sent from outside, twice; 0: none.</summary>
    public int Sent { get; init; }

    /// <summary>NAME=VALUE for the runtime.</summary>
    public string[] Environment { get; init; } = [];

    /// <summary>Whether the runtime itself prints the chain when the victim dies.</summary>
    public bool IsPrinted { get; init; }

    public override string ToString() => Kind;
}
