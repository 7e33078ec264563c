namespace CrashHandler.Handler.Attach;

/// <summary>How far a runtime is with its start.</summary>
internal enum StartStage
{
    /// <summary>No assembly is mapped: it keeps a hook that it is given now, and runs it before <c>Main</c>.</summary>
    Empty,

    /// <summary>Nothing but System.Private.CoreLib is: a hook that it is given may end it.</summary>
    CoreLibrary,

    /// <summary>Another assembly is: it runs a hook that it is given at once.</summary>
    Started,
}
