namespace CrashHandler;

/// <summary>What <see cref="CrashReporter.Start"/> is told: the options of Electron's <c>crashReporter.start</c>, and a few more.</summary>
public sealed class CrashReporterOptions
{
    /// <summary>The company, sent as <c>_companyName</c>. Required; may be empty.</summary>
    public string? CompanyName { get; set; }

    /// <summary>
    /// The product, sent as <c>_productName</c>, and the name of the default directory. Default: the entry assembly's
    /// AssemblyProduct, else its name.
    /// </summary>
    public string? ProductName { get; set; }

    /// <summary>
    /// Where reports are sent as POST: an absolute http or https URL. Required in a main process unless
    /// <see cref="UploadToServer"/> is false; a child that attaches takes its handler's.
    /// </summary>
    public Uri? SubmitUrl { get; set; }

    /// <summary>
    /// Whether reports are sent. A value is stored with the reports and holds until another is stored; null (the default) takes the
    /// stored one, which is true when none was ever stored.
    /// </summary>
    public bool? UploadToServer { get; set; }

    /// <summary>Whether the system's own crash handling (core files) is kept away after our report. Default: false.</summary>
    public bool IgnoreSystemCrashHandler { get; set; }

    /// <summary>
    /// Parameters to send with this process's reports: at most 400; a key is 1 to 255 bytes of UTF-8, a value at most 20,480 (a longer one
    /// is cut and ends in '…').
    /// </summary>
    public IDictionary<string, string>? Extra { get; set; }

    /// <summary>Where reports are kept. Default: <c>ProductName Crashes</c> in <see cref="CrashReporter.TempDirectory"/>.</summary>
    public string? CrashesDirectory { get; set; }

    /// <summary>
    /// The form's <c>process_type</c>, such as <c>renderer</c>. Default: <c>main</c> for a process that started its handler, <c>child</c>
    /// for one that attached to its parent's.
    /// </summary>
    public string? ProcessType { get; set; }

    /// <summary>
    /// Path of the <c>crash-handler</c> executable. Default: the environment variable <c>CRASH_HANDLER_PATH</c>, then beside the application,
    /// then <c>runtimes/linux-x64/native</c> there.
    /// </summary>
    public string? HandlerPath { get; set; }
}
