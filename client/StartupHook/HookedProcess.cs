using System.Runtime.InteropServices;
using CrashHandler.Launch;

namespace CrashHandler;

/// <summary>
/// A process that was started with this assembly in <c>DOTNET_STARTUP_HOOKS</c>: <see cref="CrashReporter.Start"/> is called for it, before its own code
/// runs, with the options that its environment says. When its own code calls Start too, that one's values win.
/// </summary>
internal static class HookedProcess
{
    private static bool s_isStarted;

    /// <summary>Starts. Says nothing, unless the environment asks for it: the standard streams are the application's.</summary>
    public static void Start()
    {
        EnvironmentOptions? read = null;
        List<string> problems = [];
        try
        {
            // Once, though the list has it twice. And not in the SDK's own: every build would leave a handler and a directory of reports behind.
            if (s_isStarted || SdkProgram.Is(AppContext.BaseDirectory, RuntimeEnvironment.GetRuntimeDirectory()))
            {
                return;
            }

            s_isStarted = true;
            read = EnvironmentOptions.Read(Environment.GetEnvironmentVariable);
            StartResult result = CrashReporter.Start(OptionsOf(read));
            problems.AddRange(result.Degraded);
            problems.AddRange(result.Ignored);
            if (result.Unsupported is { } unsupported)
            {
                problems.Add(unsupported);
                return;
            }

            foreach (string path in read.Attachments)
            {
                CrashReporter.AddAttachment(path);
            }
        }
        catch (Exception problem)
        {
            // Whatever it is, it is no reason to disturb the application.
            problems.Add(problem.Message);
        }
        finally
        {
            if (read is { IsVerbose: true })
            {
                Say(problems);
            }
        }
    }

    private static CrashReporterOptions OptionsOf(EnvironmentOptions read)
    {
        CrashReporterOptions options = read.Options;
        string handler = Path.Combine(Path.GetDirectoryName(RealPath.Of(typeof(HookedProcess).Assembly.Location))!, Places.HandlerFileName);
        options.HandlerPath ??= File.Exists(handler) ? handler : null;
        bool isUnderExec = Environment.GetEnvironmentVariable(Protocol.EnvironmentNames.ExecProcess) is { Length: > 0 };
        options.Operator = new OperatorStart(isUnderExec, read.NotTaken);
        return options;
    }

    private static void Say(List<string> problems)
    {
        try
        {
            foreach (string problem in problems)
            {
                Console.Error.WriteLine($"crash-handler: {problem}");
            }
        }
        catch (IOException)
        {
            // Standard error is closed: nobody listens.
        }
    }
}
