using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler.Launch;

/// <summary>Where the handler and the shim are looked for, in order.</summary>
internal static class Places
{
    /// <summary>File name of the handler.</summary>
    public static readonly string HandlerFileName = OperatingSystem.IsWindows() ? "crash-handler.exe" : "crash-handler";

    private static readonly string s_nativeFolder = Path.Combine("runtimes", OperatingSystem.IsWindows() ? "win-x64" : "linux-x64", "native");

    /// <summary>How file names are compared here.</summary>
    public static readonly StringComparison FileNames = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Candidates for the handler: the option, the environment, beside the application, its native folder, beside the process's executable.</summary>
    public static IReadOnlyList<string> HandlerCandidates(string? option)
    {
        // Whoever names a handler wants that one: another in its place would hide the mistake.
        if (option is not null)
        {
            return [Path.GetFullPath(option)];
        }

        return Environment.GetEnvironmentVariable(EnvironmentNames.Path) is { Length: > 0 } path
            ? [Path.GetFullPath(path)]
            : ApplicationFolders().ConvertAll(folder => Path.Combine(folder, HandlerFileName));
    }

    // A single file that extracts everything has its extracted files as its base directory; what other processes execute stays beside the file itself.
    private static List<string> ApplicationFolders()
    {
        List<string> folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, s_nativeFolder)];
        if (Path.GetDirectoryName(Environment.ProcessPath) is { } executable && executable != Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))
        {
            folders.Add(executable);
        }

        return folders;
    }

    /// <summary>The handler.</summary>
    /// <exception cref="HandlerUnavailableException">None of the candidates exists.</exception>
    public static string FindHandler(string? option)
    {
        IReadOnlyList<string> candidates = HandlerCandidates(option);
        return FirstFile(candidates) ?? throw new HandlerUnavailableException(
            $"{HandlerFileName} was not found; looked at {string.Join(", ", candidates)}; set {nameof(CrashReporterOptions.HandlerPath)} or {EnvironmentNames.Path}");
    }

    /// <summary>Candidates for the shim: beside the handler's candidates, then beside the application.</summary>
    public static IReadOnlyList<string> ShimCandidates(string? handlerOption)
    {
        List<string> shims = [];
        foreach (string handler in HandlerCandidates(handlerOption))
        {
            Add(Path.GetDirectoryName(handler)!);
        }

        foreach (string folder in ApplicationFolders())
        {
            Add(folder);
        }

        return shims;

        void Add(string folder)
        {
            string shim = Path.Combine(folder, Shim.FileName);
            if (!shims.Contains(shim))
            {
                shims.Add(shim);
            }
        }
    }

    /// <summary>The first of these files that is there. A loop: LINQ would be another assembly for every start to load.</summary>
    public static string? FirstFile(IReadOnlyList<string> candidates)
    {
        foreach (string candidate in candidates)
        {
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The shim's file: the one this process loaded, else the one it was preloaded with, else the first candidate.</summary>
    public static string FindShim(string? handlerOption)
        => Shim.LoadedFrom
            ?? Environment.GetEnvironmentVariable("LD_PRELOAD")?.Split(' ', ':')
                .FirstOrDefault(entry => Path.IsPathRooted(entry) && Path.GetFileName(entry) == Shim.FileName)
            ?? ShimCandidates(handlerOption).First(File.Exists);
}
