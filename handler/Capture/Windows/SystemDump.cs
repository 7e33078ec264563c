using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>Has the system write a dump of a process: <c>MiniDumpWriteDump</c>, which suspends its threads meanwhile. One at a time: dbghelp's functions are single threaded.</summary>
internal static unsafe class SystemDump
{
    private const int True = 1, False = 0;
    private const string Advice = "the process may have ended meanwhile, a security program may deny it, or the disk is full";

    private static readonly object s_dbghelp = new();
    private static volatile bool s_isGivenUp;
    private static volatile int s_processId;

    /// <summary>
    /// Has the dump that is being written, if any, given up, and writes none any more: this process is about to end, and what dbghelp has suspended would stay so. If dbghelp does not hear of it
    /// within <see cref="WindowsDumpLimits.GivingUp"/>, the process is resumed in its stead. From any thread.
    /// </summary>
    /// <returns>Whether none is being written any more.</returns>
    public static bool GiveUp()
    {
        s_isGivenUp = true;
        if (Monitor.TryEnter(s_dbghelp, WindowsDumpLimits.GivingUp))
        {
            Monitor.Exit(s_dbghelp);
            return true;
        }

        ProcessFacts.Resume(s_processId);
        return false;
    }

    /// <summary>Writes it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="file">Where to, from its beginning; readable, and not overlapped.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="exception">Its exception; null: it has none.</param>
    /// <param name="omitted">Modules that are left out, by file name: a test's wish. Under Wine each costs seconds.</param>
    /// <param name="progress">Its time, and its signs of life.</param>
    /// <exception cref="CaptureException">It cannot be written, or not in time.</exception>
    /// <exception cref="OperationCanceledException">This process ends (<see cref="GiveUp"/>).</exception>
    public static void Write(TargetProcess process, SafeFileHandle file, DumpType type, DumpedException? exception, IReadOnlyCollection<string> omitted, DumpProgress progress)
    {
        while (!Monitor.TryEnter(s_dbghelp, WindowsDumpLimits.Sign))
        {
            progress.Sign();
            if (progress.IsOver)
            {
                throw new CaptureException(CaptureStep.Memory, process.ProcessId, $"other dumps took all of its {WindowsDumpLimits.Writing.TotalSeconds:0} s");
            }
        }

        Answers answers = new(progress, omitted);
        GCHandle parameter = GCHandle.Alloc(answers);
        try
        {
            DebugHelp.ExceptionInformation information = new()
            {
                ThreadId = exception?.ThreadId ?? 0,
                ExceptionPointers = exception?.Pointers ?? 0,
                ClientPointers = exception is { IsOfClient: true } ? True : False,
            };
            s_processId = process.ProcessId;
            ThrowIfGivenUp();
            DebugHelp.CallbackInformation callback = new() { Routine = &Answer, Parameter = GCHandle.ToIntPtr(parameter) };
            bool isWritten = DebugHelp.MiniDumpWriteDump(process.Handle, process.ProcessId, file.DangerousGetHandle(), type, exception is null ? null : &information, 0, &callback) != 0;
            int result = Marshal.GetLastPInvokeError();
            ThrowIfGivenUp();
            if (!isWritten)
            {
                throw new CaptureException(
                    CaptureStep.Memory,
                    process.ProcessId,
                    answers.HasCancelled ? $"MiniDumpWriteDump was not ready after {WindowsDumpLimits.Writing.TotalSeconds:0} s" : $"MiniDumpWriteDump: {Text(result)} (0x{result:x8}); {Advice}");
            }
        }
        finally
        {
            parameter.Free();
            Monitor.Exit(s_dbghelp);
            GC.KeepAlive(file);
            GC.KeepAlive(process);
        }
    }

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

    private sealed class Answers(DumpProgress progress, IReadOnlyCollection<string> omitted)
    {
        public DumpProgress Progress { get; } = progress;

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
