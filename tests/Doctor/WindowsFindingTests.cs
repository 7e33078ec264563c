using CrashHandler.Handler.Doctor;
using CrashHandler.Handler.Doctor.Checks;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Doctor;

/// <summary>What the checks of Windows make of what was gathered there, as <see cref="FindingTests"/>.</summary>
public sealed class WindowsFindingTests
{
    private const int AccessDenied = 5;
    private const uint BreakawayOk = 0x800, SilentBreakawayOk = 0x1000, KillOnJobClose = 0x2000;
    private const string User = "S-1-5-21-1-2-3-1001", OtherUser = "S-1-5-21-1-2-3-1002";
    private const string Pipe = @"\\.\pipe\crash-handler-0123-7", OtherPipe = @"\\.\pipe\crash-handler-4567-7";
    private const string WhyClosed = "OpenProcess: Access is denied (error 5)";

    private static readonly IntegrityFacts s_ordinary = new(User, IsElevated: false, IntegrityFacts.Medium);
    private static readonly IntegrityFacts s_elevated = new(User, IsElevated: true, 0x3000);

    private static readonly ExaminedProcess s_target = new()
    {
        ProcessId = 42,
        Name = "app.exe",
        User = User,
        IsElevated = false,
        IsWow64 = false,
        IsDebugged = false,
        WhyClosed = null,
        Runtime = ProcessRuntime.CoreClr,
        Library = @"C:\app\crashhandler.dll",
        HasDiagnosticsPort = true,
        Missing = Hooks.None,
    };

    private static readonly ExaminedProcess s_closed = s_target with { WhyClosed = WhyClosed, Runtime = null, Library = null, IsDebugged = null, Missing = null };

    private static readonly DirectoryFacts s_directory = new()
    {
        Path = @"C:\Users\a\app Crashes",
        Exists = true,
        IsDirectory = true,
        OtherOwner = null,
        IsWritableByOthers = false,
        WhyNotWritable = null,
    };

    private static readonly PipeAnswer s_answered = new(Pipe, PipeAnswerKind.Answered, 7, IsElevated: false);
    private static readonly PipeFacts s_pipe = new(Pipe, IsElevated: false, [s_answered]);
    private static readonly WerFacts s_wer = new(@"C:\app\crashhandler.dll", IsNamed: true, IsOff: false);
    private static readonly VolumeFacts s_volume = new(@"C:\Users\a\app Crashes", DriveType.Fixed, IsTemporary: false);

    /// <summary>Names of the cases.</summary>
    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static readonly Dictionary<string, (Finding Finding, FindingState State, string Words)> s_cases = new()
    {
        ["windows"] = (VersionCheck.Evaluate(new(10, 0, 22631, 0), null), FindingState.Ok, "Windows 10.0.22631"),
        ["windows, the least"] = (VersionCheck.Evaluate(new(10, 0, 16299, 0), null), FindingState.Ok, "16299"),
        ["windows, old"] = (VersionCheck.Evaluate(new(10, 0, 15063, 0), null), FindingState.Problem, "15063|1709"),
        ["windows, very old"] = (VersionCheck.Evaluate(new(6, 1, 7601, 0), null), FindingState.Problem, "6.1.7601|1709"),
        ["windows, Wine"] = (VersionCheck.Evaluate(new(10, 0, 19043, 0), "8.0"), FindingState.Ok, "Wine 8.0|half a minute"),
        ["windows, Wine as an old one"] = (VersionCheck.Evaluate(new(6, 1, 7601, 0), "8.0"), FindingState.Ok, "6.1.7601, as Wine 8.0|setting"),
        ["dump"] = (DumpCheck.Evaluate(new([new Attempt("OpenProcess", 0), new Attempt("MiniDumpWriteDump", 0)])), FindingState.Ok, "OpenProcess, MiniDumpWriteDump work"),
        ["dump, refused"] = (DumpCheck.Evaluate(new([new Attempt("LoadLibrary of dbghelp.dll", 0), new Attempt("OpenProcess", AccessDenied)])), FindingState.Problem, "OpenProcess: |NoticeOnly|security program"),
        ["dump, killed"] = (DumpCheck.Evaluate(new([new Attempt("MiniDumpWriteDump", 0, WasKilled: true)], "its process ended with -1")), FindingState.Problem, "MiniDumpWriteDump: the process was killed|ended with -1"),
        ["dump, not tried"] = (DumpCheck.Evaluate(new([], "no process can be started")), FindingState.Warning, "no process can be started"),
        ["integrity"] = (IntegrityCheck.Evaluate(s_ordinary, s_target), FindingState.Ok, $"{User}, not elevated, integrity medium"),
        ["integrity, elevated"] = (IntegrityCheck.Evaluate(s_elevated, null), FindingState.Ok, "elevated, integrity high|ordinary ones refuse it"),
        ["integrity, of the system"] = (IntegrityCheck.Evaluate(new("S-1-5-18", IsElevated: true, 0x4000), null), FindingState.Ok, "integrity system"),
        ["integrity, low"] = (IntegrityCheck.Evaluate(new(User, IsElevated: false, 0x1000), null), FindingState.Problem, "integrity low|crash-handler run --persistent"),
        ["integrity, untrusted"] = (IntegrityCheck.Evaluate(new(User, IsElevated: false, 0), null), FindingState.Problem, "integrity untrusted"),
        ["integrity, below an elevated one"] = (IntegrityCheck.Evaluate(s_ordinary, s_target with { IsElevated = true }), FindingState.Problem, "process 42 is elevated|refuse each other|CrashesDirectory"),
        ["integrity, above an ordinary one"] = (IntegrityCheck.Evaluate(s_elevated, s_target), FindingState.Warning, "process 42 is not|refuse each other|CrashesDirectory"),
        ["integrity, of one that hides it"] = (IntegrityCheck.Evaluate(s_ordinary, s_target with { IsElevated = null }), FindingState.Ok, "not elevated"),
        ["job, none"] = (JobCheck.Evaluate(null), FindingState.Ok, "no job"),
        ["job, breakaway"] = (JobCheck.Evaluate(KillOnJobClose | BreakawayOk), FindingState.Ok, "lets a handler go"),
        ["job, silent breakaway"] = (JobCheck.Evaluate(KillOnJobClose | SilentBreakawayOk), FindingState.Ok, "lets a handler go"),
        ["job, harmless"] = (JobCheck.Evaluate(0), FindingState.Ok, "stays in it"),
        ["job, deadly"] = (JobCheck.Evaluate(KillOnJobClose), FindingState.Warning, "ends with it|JOB_OBJECT_LIMIT_BREAKAWAY_OK|--persistent"),
        ["process, none"] = (ProcessCheck.Evaluate(null, s_ordinary), FindingState.NotApplicable, "--pid"),
        ["process"] = (ProcessCheck.Evaluate(s_target, s_ordinary), FindingState.Ok, $"42 (app.exe) of user {User}, .NET, with crashhandler.dll"),
        ["process, in one file"] = (ProcessCheck.Evaluate(s_target with { Runtime = ProcessRuntime.InProgram }, s_ordinary), FindingState.Ok, ".NET in one file"),
        ["process, no client"] = (ProcessCheck.Evaluate(s_target with { Missing = null }, s_ordinary), FindingState.Ok, "No handler that answers"),
        ["process, another user's"] = (ProcessCheck.Evaluate(s_closed with { User = OtherUser }, s_ordinary), FindingState.Problem, $"error 5|own user only|as user {OtherUser}"),
        ["process, hidden"] = (ProcessCheck.Evaluate(s_closed with { User = null, IsElevated = null, IsWow64 = null }, s_ordinary), FindingState.Problem, "error 5|NoticeOnly|elevated prompt"),
        ["process, protected"] = (ProcessCheck.Evaluate(s_closed with { User = null, IsElevated = null }, s_elevated), FindingState.Problem, "error 5|protected|security program"),
        ["process, denied"] = (ProcessCheck.Evaluate(s_closed, s_ordinary), FindingState.Problem, "security program"),
        ["process, 32 bits"] = (ProcessCheck.Evaluate(s_target with { IsWow64 = true, Library = null, Runtime = ProcessRuntime.Framework }, s_ordinary), FindingState.Problem, "32-bit|x64"),
        ["process, uncovered"] = (ProcessCheck.Evaluate(s_target with { Library = null, Missing = null }, s_ordinary), FindingState.Warning, "without crashhandler.dll|not seen|CrashReporter.Start"),
        ["process, no .NET"] = (ProcessCheck.Evaluate(s_target with { Library = null, Missing = null, Runtime = ProcessRuntime.None }, s_ordinary), FindingState.Warning, "no .NET|crash-handler dump 42"),
        ["process, .NET Framework"] = (ProcessCheck.Evaluate(s_target with { Library = null, Missing = null, Runtime = ProcessRuntime.Framework }, s_ordinary), FindingState.Warning, ".NET Framework|.NET 8"),
        ["process, without hooks"] = (ProcessCheck.Evaluate(s_target with { Missing = Hooks.Abort }, s_ordinary), FindingState.Problem, "does not have Abort in place|crash-handler log"),
        ["process, debugged"] = (ProcessCheck.Evaluate(s_target with { IsDebugged = true }, s_ordinary), FindingState.Warning, "debugger|Detach"),
        ["wer"] = (WerCheck.Evaluate(s_wer), FindingState.Ok, @"C:\app\crashhandler.dll"),
        ["wer, not named"] = (WerCheck.Evaluate(s_wer with { IsNamed = false }), FindingState.Warning, @"__fastfail|reg add ""HKLM\SOFTWARE\Microsoft\Windows\Windows Error Reporting\RuntimeExceptionHelperModules"" /v ""C:\app\crashhandler.dll"" /t REG_DWORD /d 0"),
        ["wer, off"] = (WerCheck.Evaluate(s_wer with { IsOff = true }), FindingState.Warning, "switched off|Enable-WindowsErrorReporting"),
        ["database, none"] = (DirectoryCheck.Evaluate(null), FindingState.NotApplicable, "--database"),
        ["database"] = (DirectoryCheck.Evaluate(s_directory), FindingState.Ok, @"C:\Users\a\app Crashes|this user alone"),
        ["database, to be made"] = (DirectoryCheck.Evaluate(s_directory with { Exists = false, IsDirectory = false }), FindingState.Ok, "will be made"),
        ["database, cannot be made"] = (DirectoryCheck.Evaluate(s_directory with { Exists = false, IsDirectory = false, WhyNotWritable = "Access is denied" }), FindingState.Problem, "cannot be made: Access is denied"),
        ["database, a file"] = (DirectoryCheck.Evaluate(s_directory with { IsDirectory = false }), FindingState.Problem, "not a directory"),
        ["database, another's"] = (DirectoryCheck.Evaluate(s_directory with { OtherOwner = "the system or its administrators" }), FindingState.Problem, "belongs to the system|elevated|/setowner"),
        ["database, closed"] = (DirectoryCheck.Evaluate(s_directory with { WhyNotWritable = "Access is denied" }), FindingState.Problem, "cannot be written: Access is denied|icacls"),
        ["database, open"] = (DirectoryCheck.Evaluate(s_directory with { IsWritableByOthers = true }), FindingState.Warning, "by others|icacls"),
        ["persistence, none"] = (VolumeCheck.Evaluate(null), FindingState.NotApplicable, "no database"),
        ["persistence"] = (VolumeCheck.Evaluate(s_volume), FindingState.Ok, "on a disk"),
        ["persistence, temporary"] = (VolumeCheck.Evaluate(s_volume with { IsTemporary = true }), FindingState.Ok, "Storage Sense|CrashesDirectory"),
        ["persistence, in memory"] = (VolumeCheck.Evaluate(s_volume with { Kind = DriveType.Ram, IsTemporary = true }), FindingState.Warning, "in memory|lost|%LOCALAPPDATA%"),
        ["persistence, elsewhere"] = (VolumeCheck.Evaluate(s_volume with { Kind = DriveType.Network }), FindingState.Warning, "another machine|CrashesDirectory"),
        ["persistence, removable"] = (VolumeCheck.Evaluate(s_volume with { Kind = DriveType.Removable }), FindingState.Warning, "taken out"),
        ["pipe"] = (PipeCheck.Evaluate(s_pipe), FindingState.Ok, $"'{Pipe}'; handler 7 answers"),
        ["pipe, no database"] = (PipeCheck.Evaluate(s_pipe with { Address = null, Answers = [] }), FindingState.Ok, "no handler answers"),
        ["pipe, no handler"] = (PipeCheck.Evaluate(s_pipe with { Answers = [new PipeAnswer(Pipe, PipeAnswerKind.Absent)] }), FindingState.Ok, "no handler answers"),
        ["pipe, two handlers"] = (PipeCheck.Evaluate(s_pipe with { Answers = [s_answered, s_answered with { Address = OtherPipe, HandlerId = 9 }] }), FindingState.Ok, "handlers 7, 9 answer"),
        ["pipe, another's"] = (PipeCheck.Evaluate(s_pipe with { Answers = [new PipeAnswer(Pipe, PipeAnswerKind.Refused, Reason: "process 8, which has this pipe, is another user's")] }), FindingState.Problem, $"'{Pipe}' is another's: process 8|refuse each other|CrashesDirectory"),
        ["pipe, silent"] = (PipeCheck.Evaluate(s_pipe with { Answers = [s_answered, new PipeAnswer(OtherPipe, PipeAnswerKind.Silent, Reason: "the handler did not answer in time")] }), FindingState.Problem, $"'{OtherPipe}': the handler did not answer in time|suspended|End it"),
        ["pipe, of an elevated handler"] = (PipeCheck.Evaluate(s_pipe with { Answers = [s_answered with { IsElevated = true }] }), FindingState.Warning, "handler 7 is elevated, and this process is not elevated|refuse each other"),
        ["pipe, of one that hides it"] = (PipeCheck.Evaluate(s_pipe with { Answers = [s_answered with { IsElevated = null }] }), FindingState.Ok, "handler 7 answers"),
        ["diagnostics"] = (DiagnosticsPortCheck.Evaluate(s_target), FindingState.Ok, "process 42 has its diagnostics port"),
        ["diagnostics, off"] = (DiagnosticsPortCheck.Evaluate(s_target with { HasDiagnosticsPort = false }), FindingState.Warning, "Heap dumps|DOTNET_EnableDiagnostics"),
        ["diagnostics, no .NET"] = (DiagnosticsPortCheck.Evaluate(s_target with { HasDiagnosticsPort = false, Runtime = ProcessRuntime.None }), FindingState.NotApplicable, "no .NET"),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void SaysWhatThereIsAndWhatToDo(string name)
    {
        (Finding finding, FindingState state, string words) = s_cases[name];

        FindingTests.AssertSays(finding, state, words);
    }
}
