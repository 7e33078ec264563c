using System.Text;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>Makes debugging libraries (DAC) of our own that say that they belong to an application's own runtime.</summary>
internal static class MadeUpDac
{
    public const string Library = "libmscordaccore.so";

    /// <summary>One that crashes when it is loaded.</summary>
    public const string Crashes = "__attribute__((constructor)) static void run(void) { *(volatile int *)8 = 1; }";

    /// <summary>One that never comes back from being loaded.</summary>
    public const string Spins = "__attribute__((constructor)) static void run(void) { for (;;) __asm__ volatile (\"\"); }";

    private const string Runtime = "libcoreclr.so";

    private static readonly TimeSpan s_compilerLimit = TimeSpan.FromMinutes(1);

    /// <summary>Puts it in the place of the one in the application's folder.</summary>
    public static void Compile(string folder, string code, params string[] options)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(folder, Runtime));
        int start = file.AsSpan().IndexOf("@(#)Version "u8);
        int length = file.AsSpan(start).IndexOf((byte)0);
        string version = Encoding.ASCII.GetString(file, start, length);
        string library = Path.Combine(folder, Library);
        File.Delete(library);
        CompileLibrary(folder, $"{code}\nchar version[] = \"{version}\";", library, options);
    }

    /// <summary>Compiles any library.</summary>
    public static void CompileLibrary(string folder, string code, string output, params string[] options)
    {
        string source = Path.Combine(folder, "source.c");
        File.WriteAllText(source, code + "\n");
        ToolResult result = ToolProcess.Run("gcc", s_compilerLimit, ["-shared", "-fPIC", "-O0", "-o", output, source, .. options]);
        Assert.True(result.ExitCode == 0, result.Error);
    }
}
