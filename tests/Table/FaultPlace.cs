namespace CrashHandler.Tests.Table;

/// <summary>Where a death's fault address must lie.</summary>
internal enum FaultPlace
{
    /// <summary>There was no fault: the report's address means nothing.</summary>
    None,

    /// <summary>The address that the victim wrote down before.</summary>
    AsTold,

    /// <summary>Close to 0.</summary>
    Null,

    /// <summary>Below the thread's stack.</summary>
    BelowStack,
}
