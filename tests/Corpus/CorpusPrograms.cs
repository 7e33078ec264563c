using System.Collections.Concurrent;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>The native victim, compiled once for each layout with symbols and frame pointers, and the symbols of whatever it runs with.</summary>
internal static class CorpusPrograms
{
    public const string SourceName = "victim.c";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private static readonly Lazy<string> s_independent = new(() => Compile("independent", "-fPIE", "-pie"));
    private static readonly Lazy<string> s_fixed = new(() => Compile("fixed", "-fno-pie", "-no-pie"));
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_linked = [];
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_symbols = [];

    /// <summary>Position independent, as compilers make them today.</summary>
    public static string Independent => s_independent.Value;

    /// <summary>Linked to fixed addresses.</summary>
    public static string Fixed => s_fixed.Value;

    /// <summary>Linked in another way.</summary>
    /// <param name="option">The linker's, such as <c>-static</c>.</param>
    public static string Linked(string option) => s_linked.GetOrAdd(option, way => new Lazy<string>(() => Compile($"linked{way}", "-fPIE", way))).Value;

    /// <summary>Where <c>minidump_stackwalk</c> finds the symbols of modules; they are made when first asked for.</summary>
    /// <param name="modules">Paths; what is no file is passed over.</param>
    public static string SymbolsOf(IEnumerable<string> modules)
    {
        foreach (string module in modules.Where(File.Exists))
        {
            _ = s_symbols.GetOrAdd(module, path => new Lazy<string>(() => WriteSymbols(path))).Value;
        }

        return SymbolFolder;
    }

    private static string SymbolFolder => Path.Combine(TestPrograms.Shared.Folder, "symbols");

    private static string Compile(string name, params string[] options)
    {
        string program = Path.Combine(TestPrograms.Shared.Folder, name);
        string source = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "Corpus", SourceName);
        ToolResult compiler = ToolProcess.Run(
            "gcc",
            s_limit,
            ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-infinite-recursion", "-g", "-O0", "-fno-omit-frame-pointer", .. options, "-o", program, source, "-lpthread"]);
        Assert.True(compiler.ExitCode == 0, $"gcc {SourceName}: {compiler.Error}");
        return program;
    }

    // The first line names the place: MODULE Linux x86_64 ID NAME.
    private static string WriteSymbols(string module)
    {
        ToolResult symbols = BreakpadTools.Symbols(module);
        Assert.True(symbols.ExitCode == 0, $"dump_syms {module}: {symbols.Error}");
        string[] words = symbols.Output[..symbols.Output.IndexOf('\n')].Split(' ', 5);
        string path = Path.Combine(SymbolFolder, words[4], words[3], $"{words[4]}.sym");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, symbols.Output);
        return path;
    }
}
