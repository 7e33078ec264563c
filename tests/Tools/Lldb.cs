using System.ComponentModel;
using Xunit;

namespace CrashHandler.Tests.Tools;

/// <summary>LLDB, from the distribution's package <c>lldb</c>.</summary>
internal static class Lldb
{
    /// <summary>Far above what it needs; it is killed then and the test fails.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Reads a dump and shows stacks and modules; what it does not like is a line with <c>error:</c>.</summary>
    public static ToolResult Read(string dump) => Run("--core", dump, "-o", "bt all", "-o", "image list");

    /// <summary>Reads a dump and shows every thread in a line, the stack of the selected one, and the modules.</summary>
    public static ToolResult Inspect(string dump) => Run("-o", $"target create --core \"{dump}\"", "-o", "thread list", "-o", "bt", "-o", "image list");

    private static ToolResult Run(params string[] arguments)
    {
        try
        {
            return ToolProcess.Run("lldb", Limit, ["--no-lldbinit", "-b", .. arguments]);
        }
        catch (Win32Exception error)
        {
            Assert.Skip($"lldb is not there (apt-get install lldb): {error.Message}");
            throw;
        }
    }
}
