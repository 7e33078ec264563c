using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>Which functions a signal handler can reach, as gcc's call graph knows them, and whether the README says of each why it is safe there.</summary>
public sealed partial class CallGraphTests
{
    /// <summary>Where the crash path begins: handler, the program's two calls, what the runtime calls for createdump, and the child that becomes a handler.</summary>
    private static readonly string[] s_roots = ["signals.c:on_signal", "shim_sigaction", "shim_abort", "shim_fork", "shim_execve", "shim_execv", "single_shot.c:become_handler"];

    /// <summary>The program's handlers, the next <c>abort</c>, <c>fork</c> and <c>execve</c>, and the child's function above.</summary>
    private const string Pointer = "__indirect_call";

    [Fact]
    public void EveryFunctionOfTheCrashPathIsInTheReadme()
    {
        HashSet<string> reached = [.. Reachable().Select(function => function[(function.LastIndexOf(':') + 1)..])];
        reached.Remove(Pointer);
        HashSet<string> listed = Table();

        Assert.Contains("shim_single_shot_start", reached);
        Assert.Equal("", string.Join(", ", reached.Except(listed).Order(StringComparer.Ordinal)));
        Assert.Equal("", string.Join(", ", listed.Except(reached).Order(StringComparer.Ordinal)));
    }

    private static HashSet<string> Reachable()
    {
        ILookup<string, string> calls = Calls().ToLookup(call => call.Caller, call => call.Callee);
        Assert.All(s_roots, root => Assert.NotEmpty(calls[root]));
        HashSet<string> reached = [];
        Stack<string> rest = new(s_roots);
        while (rest.TryPop(out string? function))
        {
            if (reached.Add(function))
            {
                foreach (string callee in calls[function])
                {
                    rest.Push(callee);
                }
            }
        }

        return reached;
    }

    /// <summary>Without optimisation, so that no function has become part of another. A static function is called FILE:NAME.</summary>
    private static List<(string Caller, string Callee)> Calls()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("call-graph-");
        try
        {
            List<(string, string)> calls = [];
            foreach (string source in Directory.EnumerateFiles(Path.Combine(NativeBuild.Repository, "client", "native"), "*.c"))
            {
                string output = Path.Combine(folder.FullName, Path.GetFileNameWithoutExtension(source));
                ProcessStartInfo start = new("gcc", ["-std=c11", "-O0", "-fPIC", "-fvisibility=hidden", "-fcallgraph-info", "-c", "-o", output + ".o", source]);
                using Process gcc = Process.Start(start)!;
                gcc.WaitForExit();
                Assert.Equal(0, gcc.ExitCode);
                calls.AddRange(Edge().Matches(File.ReadAllText(output + ".ci")).Select(edge => (Short(edge.Groups[1].Value), Short(edge.Groups[2].Value))));
            }

            return calls;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Short(string title) => title[(title.LastIndexOf('/') + 1)..];

    /// <summary>The names in the table's first column, but for those of files.</summary>
    private static HashSet<string> Table()
    {
        string readme = File.ReadAllText(Path.Combine(NativeBuild.Repository, "client", "native", "README.md"));
        string section = readme[readme.IndexOf("## Why the crash path is async-signal-safe", StringComparison.Ordinal)..];
        int next = section.IndexOf("\n## ", StringComparison.Ordinal);
        section = next < 0 ? section : section[..next];
        IEnumerable<string> cells = section.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|')[1]);
        return [.. cells.SelectMany(cell => Name().Matches(cell)).Select(match => match.Groups[1].Value)];
    }

    [GeneratedRegex("edge: { sourcename: \"([^\"]+)\" targetname: \"([^\"]+)\"")]
    private static partial Regex Edge();

    [GeneratedRegex("`([A-Za-z_0-9]+)`")]
    private static partial Regex Name();
}
