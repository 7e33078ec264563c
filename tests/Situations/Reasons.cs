namespace CrashHandler.Tests.Situations;

/// <summary>Reasons as reports have them, and the exit codes that go with them.</summary>
internal static class Reasons
{
    public const string Fault = "SIGSEGV /SEGV_MAPERR";
    public const string Abort = "SIGABRT /SI_TKILL";

    /// <summary>Ended by SIGSEGV.</summary>
    public const int FaultExit = 139;

    /// <summary>Ended by SIGABRT.</summary>
    public const int AbortExit = 134;

    /// <summary>Ended by SIGILL.</summary>
    public const int IllegalExit = 132;

    /// <summary>Ended by SIGSYS.</summary>
    public const int ForbiddenExit = 159;
}
