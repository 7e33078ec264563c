using System.Diagnostics;
using System.Runtime.CompilerServices;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>What these tests run, built once for all of them: the shim, the C programs and the .NET victim.</summary>
internal static class NativeBuild
{
    /// <summary>Short enough for a test, long enough for a slow machine.</summary>
    public const int HastyLimitMilliseconds = 400;

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    private static readonly Lazy<string> Directory = new(() =>
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("shim-tests-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(directory, recursive: true);
        return directory;
    });

    private static readonly Lazy<string> BuiltLibrary = new(() =>
    {
        Run(Path.Combine(Repository, "build", "native"), Directory.Value);
        return Path.Combine(Directory.Value, "libcrashhandler.so");
    });

    private static readonly Lazy<string> BuiltHasty = new(() =>
    {
        string copy = Path.Combine(Directory.Value, "hasty");
        foreach ((string folder, string pattern) in new[] { ("build", "native"), ("protocol", "*.h"), (Path.Combine("client", "native"), "*.h"), (Path.Combine("client", "native"), "*.c") })
        {
            Copy(Path.Combine(Repository, folder), Path.Combine(copy, folder), pattern);
        }

        string header = Path.Combine(copy, "protocol", "crash_handler_protocol.h");
        string text = File.ReadAllText(header);
        string hasty = text.Replace($"CH_DIALOGUE_LIMIT_MS {ProtocolLimits.DialogueLimitMilliseconds}", $"CH_DIALOGUE_LIMIT_MS {HastyLimitMilliseconds}", StringComparison.Ordinal);
        Assert.NotEqual(text, hasty);
        File.WriteAllText(header, hasty);
        Run(Path.Combine(copy, "build", "native"), copy);
        return Path.Combine(copy, "libcrashhandler.so");
    });

    private static readonly Lazy<string> BuiltGolden = new(() => Compile("golden", "-O0"));
    private static readonly Lazy<string> BuiltVictim = new(() => Compile("victim", "-O1"));
    private static readonly Lazy<string> BuiltVictimWithoutFrames = new(() => Compile("victim", "-O2", "-fomit-frame-pointer"));
    private static readonly Lazy<string> BuiltSingleShot = new(() => Compile("single_shot", "-O1"));
    private static readonly Lazy<string> BuiltDotNetVictim = new(() =>
    {
        // Built from a copy: the repository may be another user's, and its own build may be running.
        string source = Path.Combine(Directory.Value, "source", "ShimVictim");
        string output = Path.Combine(Directory.Value, "dotnet");
        Copy(Repository, Path.GetDirectoryName(source)!, "Directory.*.props");
        Copy(Path.Combine(Repository, "tests", "victims", "ShimVictim"), source, "*.cs*");
        Run("dotnet", "build", source, "-v", "q", "-nodeReuse:false", "-o", output);
        return Path.Combine(output, "ShimVictim");
    });

    /// <summary>libcrashhandler.so.</summary>
    public static string Library => BuiltLibrary.Value;

    /// <summary>The same, but for the limit of the whole dialogue, which is <see cref="HastyLimitMilliseconds"/>.</summary>
    public static string HastyLibrary => BuiltHasty.Value;

    /// <summary>client/native/tests/golden.c.</summary>
    public static string Golden => BuiltGolden.Value;

    /// <summary>client/native/tests/victim.c.</summary>
    public static string Victim => BuiltVictim.Value;

    /// <summary>The same, without frame pointers.</summary>
    public static string VictimWithoutFrames => BuiltVictimWithoutFrames.Value;

    /// <summary>client/native/tests/single_shot.c.</summary>
    public static string SingleShot => BuiltSingleShot.Value;

    /// <summary>tests/victims/ShimVictim.</summary>
    public static string DotNetVictim => BuiltDotNetVictim.Value;

    private static string FindRepository([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));

    private static void Copy(string from, string to, string pattern)
    {
        System.IO.Directory.CreateDirectory(to);
        foreach (string file in System.IO.Directory.GetFiles(from, pattern))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static string Compile(string name, params string[] flags)
    {
        string output = Path.Combine(Directory.Value, string.Concat([name, .. flags]));
        string source = Path.Combine(Repository, "client", "native", "tests", name + ".c");
        Run("gcc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", .. flags, "-o", output, source, "-lpthread"]);
        return output;
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}{errors.Result}");
    }
}
