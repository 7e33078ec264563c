using System.Runtime.InteropServices;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Exec;

/// <summary>
/// On Windows, where no process becomes another program, it is started and waited for. Standard streams and inherited handles, the console's signals and the exit code are the program's own;
/// who ends <c>exec</c> ends the program, as on Linux, where both are one.
/// </summary>
internal static unsafe partial class ProgramExec
{
    private const string Interpreter = "cmd.exe";

    private static readonly StringComparer s_variables = StringComparer.OrdinalIgnoreCase;

    // Nothing else covers a program here.
    private static void Cover(Dictionary<string, string> environment, ExecOptions options, string shim, string address)
    {
        string hook = HookLibrary.Path;
        AddStartupHook(environment, !File.Exists(hook) ? throw new DaemonException($"'{hook}' is missing; it ships beside crash-handler.exe")
            : hook.Contains(Path.PathSeparator) ? throw new DaemonException($"'{hook}' has a '{Path.PathSeparator}' in its path, which the runtime takes for the end of it; move crash-handler.exe and what lies beside it")
            : hook);
    }

    private static int Execute(string path, string[] program, Dictionary<string, string> environment)
    {
        NewProcess start = ProgramFile.IsBatch(path) ? OfBatch(path, program) : new NewProcess { Program = path, CommandLine = CommandLineText.Of(path, program.Skip(1)) };
        // The console is the program's, as it was.
        StandardStreams.GiveBack();
        using StartedProcess child = StartedProcess.Start(
            start with { Environment = EnvironmentBlock.Of(environment), Flags = ProcessCalls.CREATE_SUSPENDED }, "check that it is an executable for this machine, and that you may run it");
        using ProgramJob? job = ProgramJob.Of(child);
        // Ctrl+C and Ctrl+Break come to every process of the console: the program decides what becomes of it, and this one waits for that. Not by having them ignored: the program would inherit that.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using PosixSignalRegistration quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => context.Cancel = true);
        // A console that is closed, and the end of the session: this process ends when the handler returns, and the program with it. It has as much time as the system gives it.
        using PosixSignalRegistration close = PosixSignalRegistration.Create(PosixSignal.SIGHUP, WaitToo);
        using PosixSignalRegistration shutDown = PosixSignalRegistration.Create(PosixSignal.SIGTERM, WaitToo);
        child.Resume();
        return child.Wait(Timeout.InfiniteTimeSpan)!.Value;

        void WaitToo(PosixSignalContext context)
        {
            context.Cancel = true;
            _ = child.Wait(Timeout.InfiniteTimeSpan);
        }
    }

    private static NewProcess OfBatch(string path, string[] program)
    {
        string interpreter = Path.Combine(Environment.SystemDirectory, Interpreter);
        return new NewProcess
        {
            Program = interpreter,
            CommandLine = BatchCommandLine.Of(interpreter, path, program[1..])
                ?? throw new DaemonException($"'{path}' is a batch file, which cannot be given a quote, a percent sign or a line's end as it is; name the program that it starts"),
        };
    }
}
