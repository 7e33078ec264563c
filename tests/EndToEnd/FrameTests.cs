using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A dump says of the fault what the victim wrote down just before it.</summary>
public sealed partial class FrameTests
{
    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void StageTwoDumpShowsTheFault(string identity)
    {
        using Sandbox sandbox = new(identity);
        string facts = sandbox.PathOf("facts.json");

        sandbox.RunMain("segv", "--no-upload", "--facts", facts);

        AssertDumpEquals(sandbox, facts);
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void StageOneDumpShowsTheFault(string identity)
    {
        using Sandbox sandbox = new(identity);
        string facts = sandbox.PathOf("facts.json");

        sandbox.Handler("exec", "--database", sandbox.Database, "--", TestPrograms.Shared.Victim, "--kind", "segv", "--facts", facts);

        AssertDumpEquals(sandbox, facts);
    }

    private static void AssertDumpEquals(Sandbox sandbox, string factsPath)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(factsPath));
        JsonElement facts = document.RootElement;
        JsonElement report = sandbox.Json("reports", "show", sandbox.SingleReport().GetProperty("id").GetString()!, "--database", sandbox.Database, "--json");
        string dump = report.GetProperty("dump").GetString()!;
        JsonElement exception = sandbox.Json("minidump", dump, "--json").GetProperty("exception");
        int tid = facts.GetProperty("tid").GetInt32();
        string address = $"0x{facts.GetProperty("address").GetUInt64():x}";

        Assert.Equal(facts.GetProperty("pid").GetInt32(), report.GetProperty("pid").GetInt32());
        Assert.Equal((tid, address), (report.GetProperty("threadId").GetInt32(), report.GetProperty("address").GetString()));
        Assert.Equal((tid, address), (exception.GetProperty("thread").GetInt32(), exception.GetProperty("address").GetString()));
        Assert.Equal(tid, report.GetProperty("threads").EnumerateArray().Single(thread => thread.GetProperty("crashed").GetBoolean()).GetProperty("id").GetInt32());

        ToolResult walk = BreakpadTools.Stackwalk(dump);
        Match frame = FirstFrame().Match(walk.Output);
        Assert.True(frame.Success, $"no crashed thread: {walk.Output}{walk.Error}");
        Assert.Equal("libvictim_native.so", frame.Groups["module"].Value);
        Assert.InRange(
            ulong.Parse(frame.Groups["rip"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            facts.GetProperty("codeStart").GetUInt64(),
            facts.GetProperty("codeEnd").GetUInt64() - 1);
    }

    // minidump_stackwalk: "Thread 0 (crashed)", then " 0  libfoo.so + 0x1109", then registers such as "rip = 0x00007f...".
    [GeneratedRegex(@"^Thread \d+ \(crashed\)\n 0  (?<module>\S+) \+ 0x[0-9a-f]+.*?\brip = 0x(?<rip>[0-9a-f]+)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex FirstFrame();
}
