using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Walk;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Dump;

/// <summary>A minidump of a process that runs and goes on, whatever it is: it need know nothing of this.</summary>
internal static class ProcessDump
{
    /// <summary>Makes one.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="file">Where to; nothing may be there.</param>
    /// <exception cref="ProcessDumpException">There is no such process, it may not be dumped, or something is at <paramref name="file"/>.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static DumpOutcome Run(int processId, string file)
    {
        string path = Path.GetFullPath(file);
        RequireFree(path);
        string temporary = $"{path}.{Guid.NewGuid():N}{DurableFile.TemporarySuffix}";
        try
        {
            using TargetProcess process = TargetProcess.Open(processId, startTime: null);
            using SafeFileHandle scratch = ScratchFile.Create(temporary);
            SoftErrorList softErrors = new();
            using HeldProcess held = HeldProcess.Prepare(process, TimeProvider.System);
            WalkAnswer? stacks;
            using (DumpProgress progress = new(() => { }, TimeProvider.System))
            using (PosixSignalRegistration.Create(PosixSignal.SIGINT, GiveUp))
            using (PosixSignalRegistration.Create(PosixSignal.SIGQUIT, GiveUp))
            using (PosixSignalRegistration.Create(PosixSignal.SIGHUP, GiveUp))
            using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, GiveUp))
            {
                if (held.AwaitGuard() is { } problem)
                {
                    softErrors.Add(CaptureStep.Detach, HoldGuard.Verb, problem);
                }

                using SystemDump system = SystemDump.Begin(process, progress, omitted: [], passed: _ => { });
                held.Hold();
                system.Write(held, scratch, DumpTypes.Of(isSanitized: false, hasEnvironment: false), exception: null);
                stacks = Walk(process);
                held.LetGo();
            }

            CompletedDump completed = CompletedDump.LayOut(new WrittenDump(scratch), new MinidumpAnnotations(Guid.NewGuid(), Guid.Empty, new Dictionary<string, string>()), softErrors.ToArray());
            long length = completed.Length;
            using (stacks)
            using (FileStream dump = PosixFiles.CreatePrivateFile(temporary))
            {
                completed.WriteTo(dump);
                length = stacks is null ? length : AppendedStream.Append(dump.SafeFileHandle, MinidumpStreamType.CrashHandlerStacks, stacks.Document.Span);
                dump.Flush(flushToDisk: true);
            }

            // Not over what came there meanwhile.
            RequireFree(path);
            File.Move(temporary, path, overwrite: false);
            return new DumpOutcome(path, length, completed.Threads, held.Time, completed.SoftErrors.Count);
        }
        catch (CaptureException gone) when (gone.Step == CaptureStep.Identity)
        {
            throw new ProcessDumpException($"there is no process {processId} here", gone);
        }
        catch (CaptureException refused)
        {
            throw new ProcessDumpException($"process {processId} cannot be dumped: {refused.Reason}", refused);
        }
        catch (OperationCanceledException ended)
        {
            throw new ProcessDumpException($"process {processId} goes on, and there is no dump: {ended.Message}", ended);
        }
        catch (InvalidDataException broken)
        {
            throw new ProcessDumpException($"process {processId} cannot be dumped: {broken.Message}", broken);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static WalkAnswer? Walk(TargetProcess process)
    {
        try
        {
            using WalkInput input = WalkInput.Of(process, subject: null, new WalkFacts { Limit = WindowsWalkLimits.OfDemand });
            return new StackWalk().Run(input, process, WindowsWalkLimits.OfDemand, WindowsWalkLimits.OfDemand, () => { }, _ => { });
        }
        catch (Exception failure) when (failure is SyscallException or IOException or InvalidDataException)
        {
            // There is no memory to even say so in a document: the dump is worth more than that.
            return null;
        }
    }

    // Ends in order if dbghelp hears of it; if not, as whoever is asked does, with the process resumed.
    private static void GiveUp(PosixSignalContext context) => context.Cancel = SystemDump.GiveUp();

    private static void RequireFree(string path)
    {
        if (Path.Exists(path))
        {
            throw new ProcessDumpException($"'{path}' is there already; move it away, or name another file with -o");
        }

        if (Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
        {
            throw new ProcessDumpException($"there is no directory '{directory}'; make it, or name another file with -o");
        }
    }
}
