namespace CrashHandler.Tests.Contract;

/// <summary>What became of one of Electron's cases here.</summary>
internal enum CaseKind
{
    /// <summary>The same holds.</summary>
    AsIs,

    /// <summary>A decision of this project changes it.</summary>
    Twin,

    /// <summary>There is nothing here that it could hold of.</summary>
    NotApplicable,
}
