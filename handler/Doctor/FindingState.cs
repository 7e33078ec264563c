namespace CrashHandler.Handler.Doctor;

/// <summary>What a check came to.</summary>
internal enum FindingState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, with less than it could, or not for long.</summary>
    Warning,

    /// <summary>Crashes are not reported, reports are lost, or they are much less than they could be.</summary>
    Problem,

    /// <summary>There is nothing to check here.</summary>
    NotApplicable,
}
