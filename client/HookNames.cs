using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>Hooks in words.</summary>
internal static class HookNames
{
    /// <summary>Names of what is in place.</summary>
    public static IReadOnlyList<string> Of(Hooks hooks)
    {
        List<string> names = [];
        AddIf(Hooks.Stage1, "stage 1");
        AddIf(Hooks.Stage2, "stage 2");
        AddIf(Hooks.Signals, "signals");
        AddIf(Hooks.Sigaction, "sigaction");
        AddIf(Hooks.Abort, "abort");
        AddIf(Hooks.Fork, "fork");
        return names;

        void AddIf(Hooks hook, string name)
        {
            if (hooks.HasFlag(hook))
            {
                names.Add(name);
            }
        }
    }

    /// <summary>What is not in place, and what that costs.</summary>
    /// <param name="hooks">As they are after registration.</param>
    /// <param name="ignoreSystemCrashHandler">Whether createdump is to be stopped.</param>
    public static IEnumerable<string> MissingIn(Hooks hooks, bool ignoreSystemCrashHandler = false)
    {
        if (!hooks.HasFlag(Hooks.Signals))
        {
            yield return "the signal handlers are not in place: no crash of this process is reported";
        }

        if (!hooks.HasFlag(Hooks.Sigaction))
        {
            yield return "this runtime's calls of sigaction cannot be seen: a native fault in it may go unreported; run the program under 'crash-handler exec'";
        }

        if (!hooks.HasFlag(Hooks.Abort))
        {
            yield return "this runtime's call of abort cannot be seen: an unhandled exception or FailFast may go unreported; run the program under 'crash-handler exec'";
        }

        if (ignoreSystemCrashHandler && !hooks.HasFlag(Hooks.Fork))
        {
            yield return "this runtime's call of fork cannot be seen: the system's crash handler is ignored, but createdump is not stopped; do not set DOTNET_DbgEnableMiniDump";
        }
    }
}
