namespace CrashHandler.Tests.Tools;

/// <summary>Breakpad's own readers, from the npm package <c>minidump</c>: what they accept, others accept.</summary>
public static class BreakpadTools
{
    private const string Package = "minidump@0.26.0";
    private const string BinaryFolder = "node_modules/minidump/bin/linux-x64";

    /// <summary>Far above what a tool needs; it is killed then and the test fails.</summary>
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(60);

    private static readonly Lazy<string> Folder = new(() => NpmTools.Locate([BinaryFolder], Package));

    /// <summary>Runs <c>minidump_stackwalk</c>: output for people, complaints in <see cref="ToolResult.Error"/>.</summary>
    public static ToolResult Stackwalk(string path) => RunTool("minidump_stackwalk", path);

    /// <summary>Runs <c>minidump_stackwalk</c> with symbols.</summary>
    public static ToolResult Stackwalk(string path, string symbols) => RunTool("minidump_stackwalk", path, symbols);

    /// <summary>Runs <c>minidump_stackwalk -m</c>: output by fields.</summary>
    public static ToolResult StackwalkMachine(string path) => RunTool("minidump_stackwalk", "-m", path);

    /// <summary>Runs <c>minidump_dump</c>, which exits with 1 when an optional stream is absent: judge by the texts.</summary>
    public static ToolResult Dump(string path) => RunTool("minidump_dump", path);

    /// <summary>Runs <c>dump_syms</c>: a program's symbols and unwinding rules as Breakpad reads them, on its output.</summary>
    public static ToolResult Symbols(string program) => RunTool("dump_syms", program);

    private static ToolResult RunTool(string tool, params string[] arguments)
        => ToolProcess.Run(Path.Combine(Folder.Value, BinaryFolder, tool), ToolLimit, arguments);
}
