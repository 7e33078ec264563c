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
    /// A known crash server, in place of <see cref="SubmitUrl"/>: its URL's form, and the fields it wants.
    /// </summary>
    public CrashServer? Server { get; set; }

    /// <summary>
    /// Headers that the uploads of this process's reports carry, such as a token. They are kept with the reports, and are never shown. Proxies and
    /// certificates are as <see cref="HttpClient"/> takes them from the environment (<c>HTTPS_PROXY</c>, <c>SSL_CERT_FILE</c>).
    /// </summary>
    public IDictionary<string, string>? Headers { get; set; }

    /// <summary>
    /// Whether uploads are compressed (gzip). Default: false, because mini-breakpad-server cannot read them; where a server answers 400, 415 or 500, the
    /// report is sent once more as it is.
    /// </summary>
    public bool CompressUploads { get; set; }

    /// <summary>Whether an hour is kept between the uploads of this process's reports; the others wait. Default: false. Electron's <c>rateLimit</c>.</summary>
    public bool RateLimit { get; set; }

    /// <summary>
    /// How long this process, when it dies, is held until its report is uploaded: for containers, where nothing is left of the report afterwards. At
    /// most an hour; null (the default) or zero: not at all. It is let go as soon as the report is sent, or it is known that it will not be
    /// sent now (uploads are off or paused, there is no URL).
    /// </summary>
    public TimeSpan? WaitForUpload { get; set; }

    /// <summary>
    /// Whether every program that this process starts is prepared as <see cref="CrashReporter.AttachChild"/> prepares one, native ones too. Default:
    /// false, because <c>LD_PRELOAD</c> reaches whatever they start in their turn. Environment variables are set at <c>Start</c>: call it before other
    /// threads read them in native code.
    /// </summary>
    public bool CaptureAllChildren { get; set; }

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

    /// <summary>Where reports are sent, however it was said.</summary>
    internal Uri? Url => SubmitUrl ?? Server?.Url;
}
