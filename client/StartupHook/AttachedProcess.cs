using CrashHandler.Launch;
using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// A process that <c>crash-handler attach</c> covers while it runs: registered like a prepared child, without company, product and extras, until
/// its own code calls <see cref="CrashReporter.Start"/>. That one shares the shim with this, and takes the registration over.
/// </summary>
internal static class AttachedProcess
{
    /// <summary>Whether this process is attached: the hook may be called again, by a second attach that met a process which was asleep.</summary>
    public static bool IsAttached { get; private set; }

    /// <summary>Attaches to the handler that the environment names, and says how it went in the file that it names.</summary>
    public static void Attach()
    {
        string? result = Environment.GetEnvironmentVariable(EnvironmentNames.AttachResult);
        string outcome;
        try
        {
            // Meant for this process, not for its children.
            Environment.SetEnvironmentVariable(EnvironmentNames.AttachResult, null);
            outcome = IsAttached ? $"{AttachResults.Failed}it is attached already" : string.Join("; ", Register());
            IsAttached = true;
        }
        catch (Exception problem)
        {
            // Whatever it is, it is no reason to disturb the application.
            outcome = AttachResults.Failed + problem.Message;
        }

        try
        {
            if (result is not null)
            {
                // Not made here: whoever attached may have given up, and nobody would remove it.
                using StreamWriter file = new(new FileStream(result, FileMode.Open, FileAccess.Write));
                file.Write(AttachResults.Line(outcome));
            }
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // Whoever attached hears nothing, and says so.
        }
    }

    /// <returns>What is degraded; nothing when all is well.</returns>
    private static IEnumerable<string> Register()
    {
        string beside = Path.GetDirectoryName(typeof(AttachedProcess).Assembly.Location)!;
        CrashReporterOptions options = new() { HandlerPath = Path.Combine(beside, Places.HandlerFileName) };
        Shim.Load(Places.ShimCandidates(options.HandlerPath));
        HandlerConnection connection = new(options, new Dictionary<string, string>());
        string inherited = HandlerConnection.Inherited ?? throw new HandlerUnavailableException($"{EnvironmentNames.Pipe} is not set in the process");
        if (!connection.TryAttach(inherited, looks: 1, out string? problem))
        {
            throw new HandlerUnavailableException(problem!);
        }

        OwnRegistration registration = new(new()
        {
            [RegistrationFields.Database] = connection.Handler!.Welcome.Database,
            [RegistrationFields.Prod] = ".NET",
            [RegistrationFields.Ver] = Environment.Version.ToString(),
            [RegistrationFields.ProcessType] = "child",
        });
        registration.Publish();
        Hooks hooks = Shim.Install(out string problemOfHooks);
        connection.Register();
        new UnhandledExceptions(registration).Listen();
        new HandlerWatch(connection).Start();
        return MissingHooks.Describe(MissingHooks.Of(hooks), problemOfHooks);
    }
}
