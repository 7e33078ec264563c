using CrashHandler.Launch;

namespace CrashHandler;

/// <summary>Programs of the .NET SDK itself: the command line, MSBuild, the compiler's server. Pure.</summary>
internal static class SdkProgram
{
    private const string Folder = "sdk";

    /// <summary>Whether a program is one.</summary>
    /// <param name="baseDirectory">Where its assemblies are.</param>
    /// <param name="runtimeDirectory">Where its runtime is: <c>ROOT/shared/Microsoft.NETCore.App/VERSION</c>, and the SDK in <c>ROOT/sdk</c>.</param>
    public static bool Is(string baseDirectory, string runtimeDirectory)
    {
        string sdk = Path.GetFullPath(Path.Combine(runtimeDirectory, "..", "..", "..", Folder)) + Path.DirectorySeparatorChar;
        return Path.GetFullPath(baseDirectory).StartsWith(sdk, Places.FileNames);
    }
}
