using System.Globalization;
using System.Text.RegularExpressions;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>What three readers that this project did not write say of one dump; each method asserts that its reader took all of it.</summary>
internal static partial class Readers
{
    // Streams of Breakpad's own numbering and of Microsoft's that minidump_dump can print, and what its section begins with.
    private static readonly Dictionary<uint, string> s_sections = new()
    {
        [0x03] = "MinidumpThreadList",
        [0x04] = "MinidumpModuleList",
        [0x05] = "MinidumpMemoryList",
        [0x06] = "MDException",
        [0x07] = "MDRawSystemInfo",
        [0x0E] = "MinidumpUnloadedModuleList",
        [0x0F] = "MDRawMiscInfo",
        [0x10] = "MinidumpMemoryInfoList",
        [0x18] = "MinidumpThreadNameList",
        [0x43500001] = "MDRawCrashpadInfo",
        [0x47670001] = "MDRawBreakpadInfo",
        [0x47670003] = "Stream MD_LINUX_CPU_INFO:",
        [0x47670004] = "Stream MD_LINUX_PROC_STATUS:",
        [0x47670005] = "Stream MD_LINUX_LSB_RELEASE:",
        [0x47670006] = "Stream MD_LINUX_CMD_LINE:",
        [0x47670007] = "Stream MD_LINUX_ENVIRON:",
        [0x47670009] = "Stream MD_LINUX_MAPS:",
    };

    // What lldb says to "image list" where nothing is known of the modules.
    private const string NothingToList = "error: the target has no associated executable images";

    // The end of a stack walk, not of a stream: the outermost function of a thread has no caller.
    private const string EndOfWalk = "invalid rip/rsp";

    /// <summary>Asserts that <c>minidump_stackwalk</c> read everything; returns what it said.</summary>
    public static ToolResult Stackwalk(string dump, Expectation expected, string? symbols = null)
    {
        ToolResult result = symbols is null ? BreakpadTools.Stackwalk(dump) : BreakpadTools.Stackwalk(dump, symbols);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Complaints(result, expected.Excused));
        Assert.Equal(expected.Reason, Field(result.Output, "Crash reason"));
        if (expected.Address is { } address)
        {
            Assert.Equal(address, Field(result.Output, "Crash address"));
        }

        Assert.Equal(expected.Threads, StackwalkThread().Count(result.Output));
        Assert.Equal(expected.Reason is null ? 0 : 1, Regex.Count(result.Output, @"^Thread \d+ \(crashed\)$", RegexOptions.Multiline));
        return result;
    }

    /// <summary>Asserts that <c>minidump_dump</c> read and printed every stream that it knows.</summary>
    public static ToolResult Dump(string dump, Expectation expected)
    {
        ToolResult result = BreakpadTools.Dump(dump);
        Assert.Empty(Complaints(result, expected.Excused));
        uint[] streams = [.. StreamType().Matches(result.Output).Select(match => uint.Parse(match.Groups["type"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
        Assert.Equal(int.Parse(StreamCount().Match(result.Output).Groups["count"].Value, CultureInfo.InvariantCulture), streams.Length);
        Assert.Equal(streams.Distinct(), streams);
        Assert.Equal(streams.Contains(0x10u) ? 0 : 1, result.ExitCode);
        string[] lines = result.Output.Split('\n');
        Assert.All(streams.Where(s_sections.ContainsKey), stream => Assert.Contains(s_sections[stream], lines));
        Assert.Contains($"  thread_count = {expected.Threads}", lines);
        return result;
    }

    /// <summary>Asserts that <c>lldb</c> took the dump, found every thread, the signal and the modules; returns what it said.</summary>
    public static ToolResult Lldb(string dump, Expectation expected)
    {
        ToolResult result = Tools.Lldb.Inspect(dump);
        string[] complaints = [.. LldbComplaint().Matches(result.Output + "\n" + result.Error).Select(match => match.Value)];
        Assert.Equal(expected.Modules.Length == 0 ? complaints.Where(complaint => complaint == NothingToList) : [], complaints);
        Assert.Contains(" (x86_64) was loaded.\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(expected.Threads, LldbThread().Count(result.Output));
        Assert.Equal(expected.Signal is null ? [] : [$"signal {expected.Signal}"], LldbStop().Matches(result.Output).Select(match => match.Groups["reason"].Value));
        string[] modules = Modules(result);
        Assert.All(expected.Modules, module => Assert.Contains(modules, path => path.EndsWith(module, StringComparison.Ordinal)));
        return result;
    }

    /// <summary>Paths of the modules that <c>lldb</c> listed.</summary>
    public static string[] Modules(ToolResult lldb) => [.. LldbModule().Matches(lldb.Output).Select(match => match.Groups["path"].Value)];

    /// <summary>
    /// What Breakpad's readers did not like. They log a line for each thing, with a severity: whatever is above INFO, or no line of the log at all, is a complaint.
    /// </summary>
    /// <param name="result">What they said.</param>
    /// <param name="excused">Regular expressions of complaints that do not count.</param>
    public static string[] Complaints(ToolResult result, params string[] excused)
        => [.. result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !Information().IsMatch(line)).Select(line => LogPrefix().Replace(line, "")).Distinct()
            .Where(complaint => complaint != EndOfWalk && !excused.Any(excuse => Regex.IsMatch(complaint, $"^({excuse})$")))];

    private static string? Field(string output, string name)
        => Regex.Match(output, $@"^{name}: +(?<value>.*)$", RegexOptions.Multiline) is { Success: true } match ? match.Groups["value"].Value.Replace("/ ", "/", StringComparison.Ordinal) : null;

    // "2026-11-23 15:21:04: minidump.cc:5586: INFO: Minidump opened minidump null.dmp"
    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \S+:\d+: INFO: ")]
    private static partial Regex Information();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \S+:\d+: [A-Z]+: ")]
    private static partial Regex LogPrefix();

    [GeneratedRegex(@"^Thread \d+( \(crashed\))?$", RegexOptions.Multiline)]
    private static partial Regex StackwalkThread();

    [GeneratedRegex(@"^  stream_count         = (?<count>\d+)$", RegexOptions.Multiline)]
    private static partial Regex StreamCount();

    [GeneratedRegex(@"^  stream_type        = 0x(?<type>[0-9a-f]+) ", RegexOptions.Multiline)]
    private static partial Regex StreamType();

    [GeneratedRegex(@"^(error|warning): .*$", RegexOptions.Multiline)]
    private static partial Regex LldbComplaint();

    [GeneratedRegex(@"^[* ] thread #\d+: tid = \d+", RegexOptions.Multiline)]
    private static partial Regex LldbThread();

    [GeneratedRegex(@"^[* ] thread #\d+: tid = .*stop reason = (?<reason>.*)$", RegexOptions.Multiline)]
    private static partial Regex LldbStop();

    [GeneratedRegex(@"^\[ *\d+\] \S+ +0x[0-9a-f]+ (?<path>.+?) *$", RegexOptions.Multiline)]
    private static partial Regex LldbModule();
}
