using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>victim.c in the ways in which programs are built, compiled when first asked for.</summary>
internal static class StackPrograms
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> s_folder = new(() =>
    {
        string folder = TestPrograms.NewFolder("crash-handler-stacks-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    });

    private static readonly Lazy<string> s_usual = new(() => Compile("usual"));
    private static readonly Lazy<string> s_static = new(() => Compile("static", "-static", "-s"));
    private static readonly Lazy<string> s_fixed = new(() => Compile("fixed", "-no-pie", "-fno-pie"));

    /// <summary>Position independent, optimized, without frame pointers, with its symbols.</summary>
    public static string Usual => s_usual.Value;

    /// <summary>The same, static, and without symbols.</summary>
    public static string Static => s_static.Value;

    /// <summary>The same, linked to a fixed address.</summary>
    public static string Fixed => s_fixed.Value;

    /// <summary>Compiles it once more.</summary>
    public static string Compile(string name, params string[] options)
    {
        string program = Path.Combine(s_folder.Value, name);
        string source = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Stacks", "victim.c");
        ToolResult compiler = ToolProcess.Run(
            "gcc",
            s_limit,
            ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", "-fno-reorder-blocks-and-partition", "-pthread", "-Wl,--build-id=sha1", .. options, "-o", program, source]);
        Assert.True(compiler.ExitCode == 0, $"gcc victim.c: {compiler.Error}");
        return program;
    }
}
