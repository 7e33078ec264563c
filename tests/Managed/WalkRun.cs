using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.Capture;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>What crash-handler-walk answers about a process that is frozen meanwhile.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Document">Its answer; null: it gave none.</param>
internal sealed record WalkRun(int ExitCode, StackDocument? Document)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Its whole answer, which must be there.</summary>
    public StackDocument Whole => Document is not null && ExitCode == 0 ? Document : throw new InvalidOperationException($"no document, exit status {ExitCode}");

    /// <summary>Runs the published walk, with a request as the handler makes it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="change">What the test wants otherwise.</param>
    /// <param name="reason">Why the runtime is not asked; null: it is.</param>
    public static WalkRun Of(StackProcess process, Func<WalkRequest, WalkRequest>? change = null, string? reason = null)
    {
        CaptureRequest capture = process.Request;
        return CaptureThread.Run(() =>
        {
            using FrozenProcess frozen = FrozenProcess.Freeze(capture);
            using ProcessSnapshot snapshot = frozen.TakeSnapshot();
            WalkRequest request = RequestOf(snapshot, capture.Notice is not null);
            return Run(change is null ? request : change(request), capture.ProcessId, reason);
        });
    }

    private static WalkRequest RequestOf(ProcessSnapshot snapshot, bool hasCrashed) => new()
    {
        ProcessId = snapshot.ProcessId,
        UserId = ProcStatus.UserId(snapshot.ProcFiles[ProcFile.Status])!.Value,
        GroupId = ProcStatus.UserId(snapshot.ProcFiles[ProcFile.Status])!.Value,
        IsDotNet = true,
        // Long: these tests share their machine.
        Limit = s_limit,
        HasCrashed = hasCrashed,
        Signal = hasCrashed ? snapshot.Exception!.Signal : 0,
        Threads = [.. snapshot.Threads.Select(thread => new WalkThread(thread.ThreadId, thread.Name, thread.Registers))],
        Modules = [.. snapshot.Modules.Select(module => new WalkModule(module.Path, module.Address, module.Size, module.BuildId, module.Pe is null))],
        Maps = snapshot.ProcFiles[ProcFile.Maps],
    };

    private static WalkRun Run(WalkRequest request, int pid, string? reason)
    {
        string file = Path.GetTempFileName();
        try
        {
            using (FileStream stream = File.Create(file))
            {
                WalkRequestCodec.Write(request, stream);
            }

            // A shell opens what the handler hands over by number.
            ProcessStartInfo start = new("/bin/sh", ["-c", "exec \"$0\" ${3:+\"$3\"} <\"$1\" 3<\"$2\"", Path.Combine(TestPrograms.Shared.Folder, "artifacts", "crash-handler-walk"), file, $"/proc/{pid}/mem", reason ?? ""])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process walk = Process.Start(start)!;
            Task<string> error = walk.StandardError.ReadToEndAsync();
            string json = walk.StandardOutput.ReadToEnd();
            Assert.True(walk.WaitForExit(s_limit), "the walk hangs");
            TestContext.Current.TestOutputHelper?.WriteLine(error.GetAwaiter().GetResult());
            return new WalkRun(walk.ExitCode, json.Length == 0 ? null : JsonSerializer.Deserialize(json, StacksJson.Default.StackDocument));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
