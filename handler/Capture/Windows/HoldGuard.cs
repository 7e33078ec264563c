using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>
/// A guard, as the handler sees it: a process of its own (<see cref="GuardDuty"/>) that stands by while another one is held still, with the few handles that it needs and nothing else of the handler's. It
/// starts while its handler goes on with other things.
/// </summary>
internal sealed unsafe class HoldGuard : IDisposable
{
    /// <summary>The hidden verb.</summary>
    public const string Verb = "guard";

    private readonly StartedProcess _process;
    private readonly FileDescriptor _standing;
    private readonly FileDescriptor _done;

    private HoldGuard(StartedProcess process, FileDescriptor standing, FileDescriptor done)
    {
        _process = process;
        _standing = standing;
        _done = done;
    }

    /// <summary>Starts one.</summary>
    /// <param name="victim">Whom it lets go; inheritable.</param>
    /// <param name="suspensions">How often that one is suspended.</param>
    /// <exception cref="SyscallException">It cannot be started.</exception>
    public static HoldGuard Start(FileDescriptor victim, SuspensionCount suspensions)
    {
        FileDescriptor? standing = null, done = null;
        try
        {
            standing = InheritableHandles.Event();
            done = InheritableHandles.Event();
            using FileDescriptor handler = InheritableHandles.Process(PipeCalls.GetCurrentProcess(), PipeCalls.SYNCHRONIZE);
            int[] handles = new GuardHandles(victim.Number, handler.Number, standing.Number, done.Number, suspensions.Handle.Number).Numbers();
            string program = Environment.ProcessPath!;
            return new HoldGuard(
                StartedProcess.Start(new NewProcess
                {
                    Program = program,
                    CommandLine = CommandLineText.Of(program, [Verb, .. handles.Select(handle => handle.ToString(CultureInfo.InvariantCulture))]),
                    // The current one can be removed meanwhile, and Ctrl+C is its handler's to hear.
                    Directory = Path.GetDirectoryName(program),
                    Flags = ProcessCalls.CREATE_NO_WINDOW | ProcessCalls.CREATE_NEW_PROCESS_GROUP,
                    Streams = (0, 0, 0),
                    Inherited = [.. handles.Select(handle => (nint)handle)],
                }),
                standing,
                done);
        }
        catch
        {
            standing?.Dispose();
            done?.Dispose();
            throw;
        }
    }

    /// <summary>Waits until it stands by.</summary>
    /// <returns>Null: it does. Else why not, in words; it may still come.</returns>
    public string? AwaitStanding()
    {
        nint* either = stackalloc nint[] { _standing.Number, _process.Handle.Number };
        return PipeCalls.WaitForMultipleObjects(2, either, 0, (uint)WindowsDumpLimits.StandingBy.TotalMilliseconds) switch
        {
            PipeCalls.WAIT_OBJECT_0 => null,
            PipeCalls.WAIT_OBJECT_0 + 1 => $"it ended with exit code {_process.Wait(TimeSpan.Zero)}; a security program may have ended it",
            PipeCalls.WAIT_TIMEOUT => $"it did not stand by within {WindowsDumpLimits.StandingBy.TotalSeconds:0} s",
            _ => PipeCalls.LastFailure("WaitForMultipleObjects").Message,
        };
    }

    /// <summary>It is not needed any more, and ends.</summary>
    public void Dispose()
    {
        _ = PipeCalls.SetEvent(_done.Number);
        _process.Dispose();
        _standing.Dispose();
        _done.Dispose();
    }
}
