using System.Diagnostics;
using System.Runtime.InteropServices;
using CrashHandler.Launch;
using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// Electron's <c>crashReporter</c> for .NET. <see cref="Start"/> in the main process starts one handler; every process that should carry product,
/// company and extras calls it too. When a process dies, the handler writes a minidump of it from outside, keeps the report, and sends it to
/// <see cref="CrashReporterOptions.SubmitUrl"/>. All members may be called from any thread.
/// </summary>
public static class CrashReporter
{
    private const string NotStarted = "crashReporter has not been started";

    // Held by Start only: nobody who sets a parameter waits for somebody who waits for a handler.
    private static readonly object s_lock = new();
    private static volatile ReporterSession? s_session;
    private static string? s_tempDirectory;

    /// <summary>
    /// Directory in which the default crashes directory is made. Settable before <see cref="Start"/>; default: <see cref="Path.GetTempPath"/>. It is
    /// Electron's <c>app.setPath('temp', path)</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Set after <see cref="Start"/>.</exception>
    public static string TempDirectory
    {
        get => s_tempDirectory ?? Path.GetTempPath();
        set
        {
            ArgumentException.ThrowIfNullOrEmpty(value);
            lock (s_lock)
            {
                s_tempDirectory = s_session is null ? value
                    : throw new InvalidOperationException($"{nameof(TempDirectory)} must be set before {nameof(Start)}");
            }
        }
    }

    /// <summary>
    /// Starts the crash reporter in this process. In the main process it launches the handler and sets <c>CRASH_HANDLER_PIPE</c>; in a child that
    /// inherited that variable it attaches. A second call replaces <see cref="CrashReporterOptions.Extra"/> and applies
    /// <see cref="CrashReporterOptions.UploadToServer"/>.
    /// </summary>
    /// <returns>What is in place, what is degraded and why. A missing or broken handler is no exception.</returns>
    /// <exception cref="ArgumentException">An option is missing or wrong.</exception>
    public static StartResult Start(CrashReporterOptions options)
    {
        StartOptions.Check(options);
        string product = options.ProductName ?? ApplicationIdentity.ProductName();
        IReadOnlyDictionary<string, string> extra = StartOptions.CopyExtra(options.Extra, options.Server?.Fields(product, ApplicationIdentity.Version()));
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return new StartResult { Unsupported = $"crash reporting is supported on linux-x64; this is {RuntimeInformation.RuntimeIdentifier}" };
        }

        lock (s_lock)
        {
            if (s_session is null)
            {
                s_session = ReporterSession.Start(options, product, TempDirectory, extra);
            }
            else
            {
                s_session.Restart(options, extra);
            }

            return s_session.Result();
        }
    }

    /// <summary>
    /// Whether the last run of this application crashed: the main process that used this crashes directory before this one. A run that was killed
    /// from outside (SIGKILL, a power cut) did not crash. Main process only.
    /// </summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, not the main process, or no handler can be had.</exception>
    public static bool CrashedLastRun => MainOnly(Started(), "crashedLastRun").LastRun.HasCrashed;

    /// <summary>
    /// How many runs crashed in a row, without one that ended in order: an application that crashes at every start may want to start in a safe mode.
    /// A crash of a child does not count, because the main process survived it; a run that was killed changes nothing. Main process only.
    /// </summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, not the main process, or no handler can be had.</exception>
    public static int CrashesInARow => MainOnly(Started(), "crashesInARow").LastRun.CrashesInARow;

    /// <summary>The newest uploaded report, or null when none was uploaded.</summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or when no handler can be had.</exception>
    public static CrashReport? GetLastCrashReport() => GetUploadedReports().FirstOrDefault();

    /// <summary>All uploaded reports of the database, newest first; empty when there is none.</summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or when no handler can be had.</exception>
    public static IReadOnlyList<CrashReport> GetUploadedReports() => Started().ListUploaded();

    /// <summary>Whether reports are sent: the stored choice. True before <see cref="Start"/>.</summary>
    /// <exception cref="InvalidOperationException">Not the main process, or no handler can be had.</exception>
    public static bool GetUploadToServer()
    {
        ReporterSession? session = s_session;
        return session is null || MainOnly(session, "getUploadToServer").GetUploads();
    }

    /// <summary>Stores whether reports are sent. Without effect before <see cref="Start"/>.</summary>
    /// <exception cref="InvalidOperationException">Not the main process, or no handler can be had.</exception>
    public static void SetUploadToServer(bool uploadToServer)
    {
        if (s_session is { } session)
        {
            MainOnly(session, "setUploadToServer").SetUploads(uploadToServer);
        }
    }

    /// <summary>
    /// Sets a parameter that is sent with this process's reports: a crash on the next instruction has it. The documented limit of 63 characters
    /// always works; a value over 20,480 bytes of UTF-8 is cut and ends in '…'.
    /// </summary>
    /// <param name="key">1 to 255 bytes of UTF-8.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The key is empty, too long or reserved.</exception>
    /// <exception cref="ArgumentNullException">Key or value is null.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or there are 400 parameters already.</exception>
    public static void AddExtraParameter(string key, string value)
    {
        ParameterRules.CheckKey(key);
        ArgumentNullException.ThrowIfNull(value);
        Started().Set(key, value);
    }

    /// <summary>Removes a parameter, so that it is not sent with later reports; an unknown one is no error.</summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    public static void RemoveExtraParameter(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Started().Remove(key);
    }

    /// <summary>
    /// Sends a file along with this process's reports, such as a log. It is read when the process crashes, as it is then; one that is missing, is no
    /// regular file or is longer than 20 MB is left out, and the report says so. At most 10; one that is there already is no error.
    /// </summary>
    /// <param name="path">Its path, made absolute now: at most 4,096 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or there are 10 already.</exception>
    public static void AddAttachment(string path) => Started().AddAttachment(ParameterRules.CheckAttachment(path));

    /// <summary>Sends a file no more; an unknown one is no error.</summary>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    public static void RemoveAttachment(string path) => Started().RemoveAttachment(ParameterRules.CheckAttachment(path));

    /// <summary>Everything that would be sent with a report of this process, but the dump.</summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    public static IReadOnlyDictionary<string, string> GetParameters() => Started().Parameters;

    /// <summary>Where reports are kept; null before <see cref="Start"/>.</summary>
    public static string? GetCrashesDirectory() => s_session?.Database;

    /// <summary>
    /// Prepares a child that will not call <see cref="Start"/> itself, or that should be covered before it does: the handler's address and the
    /// preloaded shim go into its environment. Its reports carry no company, product or extras until it calls <see cref="Start"/>. Does nothing
    /// when no handler is running.
    /// </summary>
    /// <param name="startInfo">How the child is going to be started; <see cref="ProcessStartInfo.UseShellExecute"/> must be false.</param>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    /// <exception cref="ArgumentException">The child is started through the shell, which takes no environment.</exception>
    public static void AttachChild(ProcessStartInfo startInfo)
    {
        ArgumentNullException.ThrowIfNull(startInfo);
        if (startInfo.UseShellExecute)
        {
            throw new ArgumentException($"{nameof(startInfo.UseShellExecute)} must be false: a child started by the shell takes no environment", nameof(startInfo));
        }

        ReporterSession session = Started();
        if (session.IsRunning)
        {
            startInfo.Environment[EnvironmentNames.Pipe] = session.Address;
            Preload.Apply(startInfo.Environment, session.ShimPath, session.Address!);
        }
    }

    /// <summary>
    /// Crashes this process: a write to address 0 in native code. Not catchable; for trying the reporter out. Electron's <c>process.crash()</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or the shim could not be loaded.</exception>
    public static void Crash()
    {
        if (!Started().IsShimLoaded)
        {
            throw new InvalidOperationException($"{Shim.FileName} is not loaded, see {nameof(StartResult)}.{nameof(StartResult.Degraded)}");
        }

        Shim.Crash();
    }

    private static ReporterSession Started() => s_session ?? throw new InvalidOperationException(NotStarted);

    private static ReporterSession MainOnly(ReporterSession session, string name)
        => session.IsMain ? session : throw new InvalidOperationException($"{name} can only be called from the main process");
}
