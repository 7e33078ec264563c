namespace CrashHandler.Tests.Table;

/// <summary>What a cell came to.</summary>
internal enum Verdict
{
    /// <summary>Everything is as it must be.</summary>
    Right,

    /// <summary>Something is not.</summary>
    Wrong,

    /// <summary>It cannot be tried here, or means nothing.</summary>
    NotApplicable,
}
