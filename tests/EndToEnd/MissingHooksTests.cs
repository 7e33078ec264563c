using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CrashHandler.Tests.Table;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// Runtimes whose slots are not where they were: a copy of the shared runtime's libcoreclr.so imports its functions under other names, or its pages cannot be written. Start, status and
/// doctor say so; what remains is reported, and the program is none the worse.
/// </summary>
public sealed class MissingHooksTests : IDisposable
{
    private const int FailedStatus = 1;

    // Of the same length: the string table is patched in place.
    private static readonly Dictionary<string, string> s_renamed = new() { ["sigaction"] = "sigactiom", ["abort"] = "abord", ["fork"] = "forj" };

    private readonly Sandbox _sandbox = new(Identities.User);

    public void Dispose() => _sandbox.Dispose();

    /// <summary>What is missing, how the program dies, and what its report says then; null: only its end is seen, and the remedy is followed.</summary>
    public static TheoryData<string, string, string?> Matrix => new()
    {
        { "sigaction", "segv", "SIGSEGV /SEGV_MAPERR" },
        { "sigaction", "unhandled", "SIGABRT /SI_TKILL" },
        { "sigaction", "abort", "SIGABRT /SI_TKILL" },
        { "abort", "segv", "SIGSEGV /SEGV_MAPERR" },
        { "abort", "failfast", "SIGABRT /SI_TKILL" },
        { "sigaction abort", "segv", "SIGSEGV /SEGV_MAPERR" },
        { "sigaction abort", "abort", "SIGABRT /SI_TKILL" },
        { "sigaction abort", "overflow", "SIGSEGV /SEGV_MAPERR" },
        { "sigaction abort", "failfast", null },
        { "pages", "segv", "SIGSEGV /SEGV_MAPERR" },
        { "pages", "failfast", null },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public void WhatRemainsIsReportedAndTheEndIsTheSame(string missing, string kind, string? reason)
    {
        string[] place = Place(missing);
        ProcessResult bare = Converse(place, null, kind, out _);

        ProcessResult covered = Converse(place, Start(), kind, out JsonElement started);

        // Standard output has the conversation.
        Assert.True(bare.ExitCode > 128, $"the bare victim did not die but exited with {bare.ExitCode}: {bare.Error}");
        Assert.Equal(bare.ExitCode, covered.ExitCode);
        if (kind != "overflow")
        {
            // How often a frame is repeated differs.
            Assert.Equal(bare.Error, covered.Error);
        }

        string degraded = string.Join('\n', started.GetProperty("Degraded").EnumerateArray());
        Assert.True(started.GetProperty("IsRunning").GetBoolean());
        Assert.Contains(missing == "pages" ? "Permission denied" : "no GOT slot", degraded, StringComparison.Ordinal);
        Assert.Contains("crash-handler exec", degraded, StringComparison.Ordinal);
        if (reason is not null)
        {
            Assert.Equal(reason, _sandbox.SingleReport().GetProperty("reason").GetString());
            return;
        }

        Assert.Contains("FailFast are not reported", degraded, StringComparison.Ordinal);
        // The handler sees the end a moment after it; where the kernel does not tell how (before Linux 6.15), perhaps not at all.
        if (Environment.OSVersion.Version >= new Version(6, 15))
        {
            _sandbox.Until(() => _sandbox.Reports().Count > 0 ? "there" : null, () => "the report of the end");
            Assert.Equal("SIGABRT, without a notice", _sandbox.SingleReport().GetProperty("reason").GetString());
        }

        Assert.Equal(bare.ExitCode, Converse([.. place, TestPrograms.Shared.Handler, "exec", "--database", _sandbox.Database, "--"], null, kind, out _).ExitCode);
        Assert.Equal("SIGABRT /SI_TKILL", _sandbox.Reports()[0].GetProperty("reason").GetString());
    }

    /// <summary>Caught exceptions go on as before, in the same process that is looked at from outside.</summary>
    [Theory]
    [InlineData("sigaction", "Sigaction", "calls of sigaction")]
    [InlineData("sigaction abort", "Sigaction, Abort", "FailFast are not reported")]
    [InlineData("fork", "Fork", "createdump is not stopped")]
    public void StatusLogAndDoctorSayWhatIsMissingAndTheProgramIsUnharmed(string missing, string names, string meaning)
    {
        RunningProcess victim = _sandbox.Start(
            "env", [.. Place(missing), TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler]);
        victim.ReadLine();
        victim.WriteLine(Start(ignoresSystemHandler: missing == "fork"));
        Assert.Contains(meaning, victim.ReadLine(), StringComparison.Ordinal);

        JsonElement client = _sandbox.HandlerStatus().GetProperty("clients").EnumerateArray().Single();
        ProcessResult text = _sandbox.Handler("status", "--database", _sandbox.Database);
        ProcessResult doctor = _sandbox.Handler("doctor", "--json", "--pid", $"{victim.Pid}", "--database", _sandbox.Database);
        JsonElement finding = JsonElement.Parse(doctor.Output).EnumerateArray().Single(found => found.GetProperty("check").GetString() == "process");

        Assert.Equal(names, client.GetProperty("missing").GetString());
        Assert.Contains($"MISSING {names}", text.Output, StringComparison.Ordinal);
        Assert.Contains(meaning, _sandbox.Handler("log", "--database", _sandbox.Database).Output, StringComparison.Ordinal);
        Assert.Equal((FailedStatus, "problem"), (doctor.ExitCode, finding.GetProperty("state").GetString()));
        Assert.Contains(names, finding.GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Contains(meaning, finding.GetProperty("meaning").GetString(), StringComparison.Ordinal);
        Assert.Contains("crash-handler exec", finding.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        victim.WriteLine("""["catch"]""");
        Assert.Equal("""{"value":1100}""", victim.ReadLine());
        victim.WriteLine("""["exit",7]""");
        ProcessResult ended = victim.Finish();
        Assert.Equal(("", 7), (ended.Error, ended.ExitCode));
        Assert.Empty(_sandbox.Reports());
    }

    /// <summary>Runtimes that are a part of the executable: single-file and NativeAOT. The victim leaves when Start is degraded.</summary>
    [Theory]
    [InlineData("net10.0-single-file")]
    [InlineData("net10.0-aot")]
    public void ARuntimeInTheExecutableSaysSoToo(string name)
    {
        const int LeavesDegraded = 97;
        Shape shape = Shape.All().Single(shape => shape.Name == name);
        if (shape.WhyAbsent is { } reason)
        {
            Assert.Skip(reason);
        }

        string folder = _sandbox.MakeFolder("shape");
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(shape.Victim)!, "*.so"))
        {
            ProgramFile.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        byte[] image = File.ReadAllBytes(shape.Victim);
        Rename(image, "sigaction", s_renamed["sigaction"]);
        string victim = Path.Combine(folder, Path.GetFileName(shape.Victim));
        // Copied by another process, so that no child of a test beside this one holds it open for writing when it starts.
        ProgramFile.Copy(WriteProgram("patched", image), victim);

        ProcessResult ended = _sandbox.Run(
            "env", $"LD_PRELOAD={_sandbox.CompileScript("renamed_calls.c", "-shared", "-fPIC")}", victim, "native-fault", _sandbox.PathOf("facts"), "start", _sandbox.Database, TestPrograms.Shared.Handler);

        Assert.Contains("calls of sigaction cannot be seen", ended.Error, StringComparison.Ordinal);
        Assert.Equal(LeavesDegraded, ended.ExitCode);
    }

    private string Start(bool ignoresSystemHandler = false)
        => $$"""["start",{"CompanyName":"tests","SubmitUrl":"http://127.0.0.1:9/","UploadToServer":false,"CrashesDirectory":"{{_sandbox.Database}}","IgnoreSystemCrashHandler":{{(ignoresSystemHandler ? "true" : "false")}}}]""";

    private ProcessResult Converse(string[] place, string? start, string kind, out JsonElement started)
    {
        RunningProcess victim = _sandbox.Start("env", [.. place, TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler]);
        victim.ReadLine();
        started = default;
        if (start is not null)
        {
            victim.WriteLine(start);
            started = JsonElement.Parse(victim.ReadLine()).GetProperty("value");
        }

        victim.WriteLine($"""["die","{kind}"]""");
        return victim.Finish();
    }

    /// <summary>The environment in which a program has such a runtime: before it, every name that is not found any more leads where it led.</summary>
    private string[] Place(string missing)
    {
        string library = _sandbox.CompileScript("renamed_calls.c", "-shared", "-fPIC");
        string installed = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        return missing == "pages" ? [$"LD_PRELOAD={library}", "REFUSE_SLOTS=1"]
            : [$"LD_PRELOAD={library}", $"DOTNET_ROOT={Runtime(installed, missing.Split(' '))}"];
    }

    /// <summary>The installed runtime, by links, with a libcoreclr.so of its own.</summary>
    private string Runtime(string installed, string[] missing)
    {
        const string Framework = "Microsoft.NETCore.App", Library = "libcoreclr.so";
        string version = Path.GetFileName(Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory()));
        string root = _sandbox.MakeFolder("runtime");
        string framework = Directory.CreateDirectory(Path.Combine(root, "shared", Framework, version)).FullName;
        Directory.CreateSymbolicLink(Path.Combine(root, "host"), Path.Combine(installed, "host"));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(installed, "shared", Framework, version)).Where(file => Path.GetFileName(file) != Library))
        {
            File.CreateSymbolicLink(Path.Combine(framework, Path.GetFileName(file)), file);
        }

        byte[] image = File.ReadAllBytes(Path.Combine(installed, "shared", Framework, version, Library));
        foreach (string name in missing)
        {
            Rename(image, name, s_renamed[name]);
        }

        File.WriteAllBytes(Path.Combine(framework, Library), image);
        return root;
    }

    private string WriteProgram(string name, byte[] image)
    {
        string path = _sandbox.WriteFile(name, image);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        return path;
    }

    private static void Rename(byte[] image, string name, string newName)
    {
        byte[] wanted = Encoding.ASCII.GetBytes($"\0{name}\0");
        int at = image.AsSpan().IndexOf(wanted);
        Assert.True(at >= 0 && image.AsSpan(at + 1).IndexOf(wanted) < 0, $"this runtime's libcoreclr.so does not have the name {name} exactly once");
        Encoding.ASCII.GetBytes(newName).CopyTo(image, at + 1);
    }
}
