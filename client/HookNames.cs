using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>Hooks in words. What Linux sees as signals and <c>abort</c> is faults and the runtime's ends on Windows.</summary>
internal static class HookNames
{
    /// <summary>Names of what is in place.</summary>
    public static IReadOnlyList<string> Of(Hooks hooks)
    {
        List<string> names = [];
        AddIf(Hooks.Stage1, "stage 1");
        AddIf(Hooks.Stage2, "stage 2");
        AddIf(Hooks.Signals, OperatingSystem.IsWindows() ? "faults" : "signals");
        AddIf(Hooks.Sigaction, "sigaction");
        AddIf(Hooks.Abort, OperatingSystem.IsWindows() ? "ends" : "abort");
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
}
