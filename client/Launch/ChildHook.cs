using CrashHandler.Protocol;

namespace CrashHandler.Launch;

/// <summary>Windows: prepares children's environment where nothing can be preloaded: whatever is .NET loads the startup hook. Existing hooks are kept, and come first.</summary>
internal static class ChildHook
{
    private const string FileName = "CrashHandler.StartupHook.dll";

    /// <summary>Prepares whatever this process starts from now on.</summary>
    /// <param name="shim">Absolute path of the shim; the hook lies beside it.</param>
    /// <param name="address">The handler's pipe.</param>
    /// <exception cref="HandlerUnavailableException">The hook is not there, or has a path that the variable cannot carry.</exception>
    public static void ApplyToAll(string shim, string address)
    {
        string hook = Path.Combine(Path.GetDirectoryName(shim)!, FileName);
        if (!File.Exists(hook))
        {
            throw new HandlerUnavailableException($"'{hook}' is missing; it ships beside {Places.HandlerFileName}");
        }

        Environment.SetEnvironmentVariable(EnvironmentNames.StartupHooks, With(Environment.GetEnvironmentVariable(EnvironmentNames.StartupHooks), hook, Path.PathSeparator));
        Environment.SetEnvironmentVariable(EnvironmentNames.Pipe, address);
    }

    /// <summary>The list with the hook in it, once. Pure.</summary>
    /// <exception cref="HandlerUnavailableException">The path has the list's separator in it.</exception>
    internal static string With(string? existing, string hook, char separator)
        => hook.Contains(separator) ? throw new HandlerUnavailableException($"'{hook}' has a '{separator}' in its path, which the runtime takes for the end of it")
            : string.IsNullOrEmpty(existing) ? hook
            : existing.Split(separator).Contains(hook, StringComparer.OrdinalIgnoreCase) ? existing
            : $"{existing}{separator}{hook}";
}
