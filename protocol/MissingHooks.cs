namespace CrashHandler.Protocol;

/// <summary>What is not in place in a .NET process, and what that costs, in words: for <c>Start</c>'s result, the handler's log and <c>doctor</c>.</summary>
public static class MissingHooks
{
    /// <summary>Under it the runtime's calls are seen by their names, wherever its slots are.</summary>
    public const string Remedy = "run the program under 'crash-handler exec'";

    /// <summary>The parts that are missing, by the names of <see cref="Hooks"/>.</summary>
    /// <param name="hooks">As they are after registration.</param>
    /// <param name="ignoreSystemCrashHandler">Whether createdump is to be stopped.</param>
    public static Hooks Of(Hooks hooks, bool ignoreSystemCrashHandler = false)
        => OperatingSystem.IsWindows() ? (Hooks.Signals | Hooks.Abort) & ~hooks : (Hooks.Signals | Hooks.Sigaction | Hooks.Abort | (ignoreSystemCrashHandler ? Hooks.Fork : Hooks.None)) & ~hooks;

    /// <summary>Each of them in a sentence.</summary>
    /// <param name="missing">As <see cref="Of"/> has it.</param>
    /// <param name="cause">Why slots of the runtime are not in place, as the shim says it; empty: not known.</param>
    public static IEnumerable<string> Describe(Hooks missing, string cause = "")
    {
        string because = cause.Length > 0 ? $" ({cause})" : "";
        if (OperatingSystem.IsWindows())
        {
            if (missing.HasFlag(Hooks.Signals))
            {
                yield return "the handlers of exceptions are not in place: of this process only exceptions that nobody catches are reported";
            }

            if (missing.HasFlag(Hooks.Abort))
            {
                yield return $"this runtime's calls of RaiseFailFastException and TerminateProcess cannot be seen{because}: FailFast, and a fault in native code that managed code called, are not reported";
            }

            yield break;
        }

        if (missing.HasFlag(Hooks.Signals))
        {
            yield return "the signal handlers are not in place: no crash of this process is reported";
        }

        if (missing.HasFlag(Hooks.Sigaction))
        {
            yield return $"this runtime's calls of sigaction cannot be seen{because}: a native fault is reported only if the runtime's handler gives it up by returning to it; {Remedy}";
        }

        if (missing.HasFlag(Hooks.Abort | Hooks.Sigaction))
        {
            yield return $"nor can this runtime's call of abort: an unhandled exception and FailFast are not reported; {Remedy}";
        }
        else if (missing.HasFlag(Hooks.Abort))
        {
            yield return $"this runtime's call of abort cannot be seen{because}: an unhandled exception and FailFast are reported by the SIGABRT that follows, and not as PID 1 of a container; {Remedy}";
        }

        if (missing.HasFlag(Hooks.Fork))
        {
            yield return $"this runtime's call of fork cannot be seen{because}: the system's crash handler is ignored, but createdump is not stopped; do not set DOTNET_DbgEnableMiniDump";
        }
    }
}
