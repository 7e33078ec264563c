using CrashHandler;
using CrashHandler.Protocol;

/// <summary>What the runtime calls: this name, without a namespace, is its contract (DOTNET_STARTUP_HOOKS, <c>ApplyStartupHook</c>).</summary>
internal static class StartupHook
{
    /// <summary>Covers the process that this assembly was loaded into. Never throws: the application goes on.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(EnvironmentNames.AttachResult) is not null)
        {
            AttachedProcess.Attach();
        }
        else if (!AttachedProcess.IsAttached)
        {
            HookedProcess.Start();
        }
    }
}
