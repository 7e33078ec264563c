using System.Collections.Concurrent;
using System.Diagnostics;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>The C and Python victims of <c>tests/Situations/programs</c>, compiled once per test run to where every user can run them.</summary>
internal static class SituationPrograms
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_compiled = [];

    private static readonly Lazy<string> s_folder = new(() =>
    {
        string folder = TestPrograms.NewFolder("crash-handler-situations-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    });

    /// <summary>Where the sources are.</summary>
    public static string Sources => Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Situations", "programs");

    /// <summary>tests/victims/SituationVictim, built in the configuration of these tests.</summary>
    public static string DotNet => Path.Combine(
        Build("dotnet", folder =>
        {
            DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            string built = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "victims", "SituationVictim", "bin", own.Parent!.Name, own.Name);
            Assert.True(File.Exists(Path.Combine(built, "situation")), $"{built} has no situation; run dotnet build tests/victims/SituationVictim");
            CopyFolder(built, folder);
        }),
        "situation");

    /// <summary>Compiles <c>name.c</c>; returns the program's path.</summary>
    /// <param name="name">The source, without extension.</param>
    /// <param name="options">For gcc, besides the warnings.</param>
    public static string Compile(string name, params string[] options)
        => Build($"{name}{string.Concat(options).Replace('/', '_')}", path => Gcc(name, path, ["-O1", "-g", "-Wno-unused-result", .. options, "-lpthread"]));

    /// <summary>Compiles <c>name.c</c> to a shared library.</summary>
    public static string CompileLibrary(string name) => Build($"lib{name}.so", path => Gcc(name, path, ["-O1", "-g", "-shared", "-fPIC", "-ldl"]));

    /// <summary>Compiles <c>name.c</c> for 32 bits; skips the test where that cannot be had.</summary>
    public static string Compile32(string name)
    {
        if (!File.Exists("/usr/include/gnu/stubs-32.h"))
        {
            Assert.Skip("needs a C library for 32-bit programs (Debian: libc6-dev-i386 and lib32gcc-12-dev)");
        }

        return Compile(name, "-m32");
    }

    /// <summary>Copies a script to where every user can read it.</summary>
    public static string Copy(string name) => Build(name, path =>
    {
        File.Copy(Path.Combine(Sources, name), path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    });

    /// <summary>
    /// Copies a folder with programs to where everybody may read and run them. By a process of its own: what this one writes while another test
    /// starts a process stays open in that one for a moment, and cannot be executed.
    /// </summary>
    public static void CopyFolder(string from, string to)
    {
        Run("cp", "-r", "--no-preserve=mode,ownership", from, to);
        Run("chmod", "-R", "a+rX,a+x", to);
    }

    private static string Build(string file, Action<string> make) => s_compiled.GetOrAdd(file, _ => new Lazy<string>(() =>
    {
        string path = Path.Combine(s_folder.Value, file);
        make(path);
        return path;
    })).Value;

    private static void Gcc(string name, string output, string[] options)
        => Run("gcc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-o", output, Path.Combine(Sources, name + ".c"), .. options]);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}:\n{errors}");
    }
}
