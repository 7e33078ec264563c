using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// Has the system write a dump of a process: <c>MiniDumpWriteDump</c>, which suspends its threads meanwhile, once more than they are. One at a time: dbghelp's functions are single threaded. This object is a
/// turn with it, begun and ended on one thread.
/// </summary>
internal sealed unsafe class SystemDump : IDisposable
{
    private const int True = 1, False = 0;
    private const string Advice = "the process may have ended meanwhile, a security program may deny it, or the disk is full";

    private static readonly object s_dbghelp = new();
    private static volatile bool s_isGivenUp;

    private readonly TargetProcess _process;
    private readonly Answers _answers;

    private SystemDump(TargetProcess process, Answers answers)
    {
        _process = process;
        _answers = answers;
    }

    /// <summary>
    /// Has the dump that is being written, if any, given up, writes none any more, and lets every process go: this one is about to end. If dbghelp does not hear of it within
    /// <see cref="WindowsDumpLimits.GivingUp"/>, what it has suspended is resumed in its stead. From any thread.
    /// </summary>
    /// <returns>Whether none is being written any more.</returns>
    public static bool GiveUp()
    {
        s_isGivenUp = true;
        bool isOver = Monitor.TryEnter(s_dbghelp, WindowsDumpLimits.GivingUp);
        if (isOver)
        {
            Monitor.Exit(s_dbghelp);
        }

        HeldProcess.LetAllGo();
        return isOver;
    }

    /// <summary>Waits until dbghelp is free.</summary>
    /// <param name="process">The process.</param>
    /// <param name="progress">Its time, and its signs of life.</param>
    /// <param name="omitted">Modules that are left out, by file name: a test's wish. Under Wine each costs seconds.</param>
    /// <param name="passed">A test's hook.</param>
    /// <exception cref="CaptureException">It is not, in all that time.</exception>
    public static SystemDump Begin(TargetProcess process, DumpProgress progress, IReadOnlyCollection<string> omitted, Action<DumpStep> passed)
    {
        while (!Monitor.TryEnter(s_dbghelp, WindowsDumpLimits.Sign))
        {
            progress.Sign();
            if (progress.IsOver)
            {
                throw new CaptureException(CaptureStep.Memory, process.ProcessId, $"other dumps took all of its {WindowsDumpLimits.Writing.TotalSeconds:0} s");
            }
        }

        return new SystemDump(process, new Answers(progress, omitted, passed));
    }

    /// <summary>Writes it.</summary>
    /// <param name="held">The process, held still.</param>
    /// <param name="file">Where to, from its beginning; readable, and not overlapped.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="exception">Its exception; null: it has none.</param>
    /// <exception cref="CaptureException">It cannot be written, or not in time.</exception>
    /// <exception cref="OperationCanceledException">This process ends (<see cref="GiveUp"/>).</exception>
    public void Write(HeldProcess held, SafeFileHandle file, DumpType type, DumpedException? exception)
    {
        GCHandle parameter = GCHandle.Alloc(_answers);
        try
        {
            DebugHelp.ExceptionInformation information = new()
            {
                ThreadId = exception?.ThreadId ?? 0,
                ExceptionPointers = exception?.Pointers ?? 0,
                ClientPointers = exception is { IsOfClient: true } ? True : False,
            };
            ThrowIfGivenUp();
            DebugHelp.CallbackInformation callback = new() { Routine = &Answer, Parameter = GCHandle.ToIntPtr(parameter) };
            held.Suspensions.Add();
            bool isWritten = DebugHelp.MiniDumpWriteDump(
                _process.Handle, _process.ProcessId, file.DangerousGetHandle(), type, exception is null ? null : &information, 0, &callback) != 0;
            int result = Marshal.GetLastPInvokeError();
            // It resumes them itself.
            _ = held.Suspensions.TryTake();
            ThrowIfGivenUp();
            if (!isWritten)
            {
                throw new CaptureException(
                    CaptureStep.Memory,
                    _process.ProcessId,
                    _answers.HasCancelled ? $"MiniDumpWriteDump was not ready after {WindowsDumpLimits.Writing.TotalSeconds:0} s" : $"MiniDumpWriteDump: {Text(result)} (0x{result:x8}); {Advice}");
            }
        }
        finally
        {
            parameter.Free();
            GC.KeepAlive(file);
            GC.KeepAlive(_process);
        }
    }

    public void Dispose() => Monitor.Exit(s_dbghelp);

    private static void ThrowIfGivenUp()
    {
        if (s_isGivenUp)
        {
            throw new OperationCanceledException("crash-handler was asked to end");
        }
    }

    /// <summary>Of an HRESULT that wraps a Win32 error, that one's; dbghelp says either.</summary>
    private static string Text(int result)
    {
        const uint Win32Facility = 0x80070000;
        return Marshal.GetPInvokeErrorMessage(((uint)result & 0xFFFF0000) == Win32Facility ? result & 0xFFFF : result);
    }

    // For all that it does not know dbghelp takes FALSE: there is no more memory to add or to leave out.
    [UnmanagedCallersOnly]
    private static int Answer(nint parameter, DebugHelp.CallbackInput* input, DebugHelp.CallbackOutput* output)
    {
        Answers answers = Unsafe.As<Answers>(GCHandle.FromIntPtr(parameter).Target!);
        answers.Progress.Sign();
        switch (input->Type)
        {
            case DumpCallbackType.Module:
                answers.Passed(DumpStep.Dumping);
                if (answers.Omits(input->ModulePath))
                {
                    output->ModuleWriteFlags = 0;
                }

                return True;
            case DumpCallbackType.Thread or DumpCallbackType.IncludeThread or DumpCallbackType.IncludeModule:
                return True;
            case DumpCallbackType.Cancel:
                answers.HasCancelled |= answers.Progress.IsOver;
                output->CheckCancel = True;
                output->Cancel = answers.HasCancelled || s_isGivenUp ? True : False;
                return True;
            default:
                return False;
        }
    }

    private sealed class Answers(DumpProgress progress, IReadOnlyCollection<string> omitted, Action<DumpStep> passed)
    {
        public DumpProgress Progress { get; } = progress;

        public Action<DumpStep> Passed { get; } = passed;

        public bool HasCancelled { get; set; }

        public bool Omits(char* path)
        {
            if (omitted.Count == 0 || path is null)
            {
                return false;
            }

            ReadOnlySpan<char> name = Path.GetFileName(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path));
            foreach (string one in omitted)
            {
                if (name.Equals(one, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
