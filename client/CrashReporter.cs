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
    /// Directory in which the default crashes directory is made. Settable before <see cref="Start"/>; default: TMPDIR, or <c>/tmp</c> if there is no such directory (on Windows
    /// TMP, or <c>%LOCALAPPDATA%\Temp</c>). It is
    /// Electron's <c>app.setPath('temp', path)</c>.
    /// </summary>
    /// <exception cref="ArgumentException">Set to null or nothing.</exception>
    /// <exception cref="InvalidOperationException">Set after <see cref="Start"/>.</exception>
    public static string TempDirectory
    {
        get => s_tempDirectory ?? TemporaryDirectory.Path;
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
    /// <see cref="CrashReporterOptions.UploadToServer"/>; what else it says is as with the first, and named in <see cref="StartResult.Ignored"/> if it differs.
    /// After a call that failed, the next one begins anew.
    /// </summary>
    /// <param name="options">What to do; copied, so that later changes are without effect.</param>
    /// <returns>What is in place, what is degraded and why. A missing or broken handler is no exception.</returns>
    /// <exception cref="ArgumentNullException">There are no options, or a value in <see cref="CrashReporterOptions.Extra"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is missing or wrong.</exception>
    public static StartResult Start(CrashReporterOptions options)
    {
        StartOptions.Check(options);
        if (!(OperatingSystem.IsLinux() || OperatingSystem.IsWindows()) || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return new StartResult { Unsupported = $"crash reporting is supported on linux-x64 and win-x64; this is {RuntimeInformation.RuntimeIdentifier}" };
        }

        lock (s_lock)
        {
            if (s_session is { IsRunning: true } running)
            {
                running.Restart(options);
                return running.Result();
            }

            // The first one, or after one that failed: what was missing may be there by now.
            s_session = ReporterSession.Start(options.Copy(), TempDirectory);
            return s_session.Result();
        }
    }

    /// <summary>
    /// Whether the last run of this application crashed: the main process that used this crashes directory before this one. A run that was killed
    /// from outside (SIGKILL, a power cut; SIGTERM, if the application does not handle it: since .NET 10 the runtime does not) did not crash. Main process only.
    /// </summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, not the main process, or no handler can be had.</exception>
    public static bool CrashedLastRun => MainOnly(Started(), "crashedLastRun").LastRun.HasCrashed;

    /// <summary>
    /// How many runs crashed in a row, without one that ended in order: an application that crashes at every start may want to start in a safe mode.
    /// A crash of a child does not count, because the main process survived it; a run that was killed, as above, changes nothing. Main process only.
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

    /// <summary>Stores whether reports are sent. Without effect before <see cref="Start"/>. An operator's <c>uploads off</c> stays in force.</summary>
    /// <param name="uploadToServer">True: they are, if the operator allows it too. False: those that wait are kept and not sent by themselves.</param>
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
    /// <param name="key">
    /// 1 to 255 bytes of UTF-8. Not <c>upload_file_minidump</c>, <c>crash_report_id</c> and <c>uuid</c>, which are reserved, nor <c>prod</c>, <c>ver</c>,
    /// <c>platform</c>, <c>process_type</c> and <c>guid</c>, which the crash reporter sets itself.
    /// </param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The key is empty, too long or none of the application's.</exception>
    /// <exception cref="ArgumentNullException">Key or value is null.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or there are 400 parameters already.</exception>
    public static void AddExtraParameter(string key, string value)
    {
        ParameterRules.CheckAddedKey(key);
        ArgumentNullException.ThrowIfNull(value);
        Started().Set(key, value);
    }

    /// <summary>Removes a parameter, so that it is not sent with later reports; an unknown one is no error.</summary>
    /// <param name="key">Its key.</param>
    /// <exception cref="ArgumentNullException">The key is null.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    public static void RemoveExtraParameter(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        Started().Remove(key);
    }

    /// <summary>
    /// Sends a file along with this process's reports, such as a log. It is read when the process crashes, as it is then; one that is missing, is no
    /// regular file or is longer than 20 MiB is left out, and the report says so. At most 10; one that is there already is no error.
    /// </summary>
    /// <param name="path">Its path, made absolute now: at most 4,096 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>, or there are 10 already.</exception>
    public static void AddAttachment(string path) => Started().AddAttachment(ParameterRules.CheckAttachment(path));

    /// <summary>Sends a file no more; an unknown one is no error.</summary>
    /// <param name="path">Its path, as it was given or made absolute.</param>
    /// <exception cref="ArgumentException">The path is empty or too long.</exception>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    public static void RemoveAttachment(string path) => Started().RemoveAttachment(ParameterRules.CheckAttachment(path));

    /// <summary>
    /// Everything that would be sent with a report of this process, but the dump, the report's id, and what the handler was given on its own command line
    /// (<c>--annotation</c>).
    /// </summary>
    /// <exception cref="InvalidOperationException">Before <see cref="Start"/>.</exception>
    public static IReadOnlyDictionary<string, string> GetParameters() => Started().Parameters;

    /// <summary>Where reports are kept; null before <see cref="Start"/>.</summary>
    public static string? GetCrashesDirectory() => s_session?.Database;

    /// <summary>
    /// Prepares a child that will not call <see cref="Start"/> itself, or that should be covered before it does: the handler's address and the
    /// preloaded shim go into its environment. Its reports carry no company, product or extras until it calls <see cref="Start"/>. Does nothing
    /// when no handler is running. On Windows nothing can be preloaded: the child gets the address, and is covered once it calls <see cref="Start"/>.
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
            if (!OperatingSystem.IsWindows())
            {
                Preload.Apply(startInfo.Environment, session.ShimPath, session.Address!);
            }
        }
    }

    /// <summary>
    /// Has the handler make a report of this process, which goes on: with the dump of all its threads, this one first, the parameters and the attachments, kept
    /// and sent as any other. The process stands still only while its memory is copied, milliseconds as a rule; the report says how long. It is no crash:
    /// <see cref="CrashedLastRun"/> and <see cref="CrashesInARow"/> do not count it. System calls in which other threads wait go on, but those that any
    /// debugger interrupts too (<c>epoll_wait</c>, <c>sigtimedwait</c>, <c>semop</c> and their like answer EINTR in native code). Calls come one after the other; each makes a report.
    /// </summary>
    /// <param name="reason">Why, in the application's words: kept in the report, and not sent. What is over 4,096 bytes of UTF-8 is cut and ends in '…'.</param>
    /// <returns>The report's id, by which <c>crash-handler reports show</c> knows it and its server receives it (<c>crash_report_id</c>).</returns>
    /// <exception cref="ArgumentNullException">The reason is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// Before <see cref="Start"/>, no handler can be had, it does not answer within 10 s (Windows: 120 s), or it cannot make the report; the message says why.
    /// </exception>
    public static Guid CaptureReport(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return Started().CaptureReport(reason);
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
