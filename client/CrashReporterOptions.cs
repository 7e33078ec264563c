namespace CrashHandler;

/// <summary>What <see cref="CrashReporter.Start"/> is told: the options of Electron's <c>crashReporter.start</c>, and a few more.</summary>
public sealed class CrashReporterOptions
{
    /// <summary>The company, sent as <c>_companyName</c>: at most 1,024 bytes of UTF-8. Required; may be empty.</summary>
    public string? CompanyName { get; set; }

    /// <summary>
    /// The product, sent as <c>_productName</c>, and the name of the default directory: at most 1,024 bytes of UTF-8. Default, also for an empty one: the
    /// entry assembly's AssemblyProduct, else its name.
    /// </summary>
    public string? ProductName { get; set; }

    /// <summary>
    /// Where reports are sent as POST: an absolute http or https URL of at most 4,096 bytes. Required in a main process unless
    /// <see cref="UploadToServer"/> is false; a child takes its handler's. User and password in it are sent as Basic authentication, and never shown.
    /// </summary>
    public string? SubmitUrl { get; set; }

    /// <summary>
    /// A known crash server, in place of <see cref="SubmitUrl"/>: its URL's form, and the fields it wants.
    /// </summary>
    public CrashServer? Server { get; set; }

    /// <summary>
    /// Headers that the uploads of this process's reports carry, such as a token: at most 8,192 bytes of printable ASCII, and none that describes body or
    /// connection (<c>Content-*</c>, <c>Host</c>). They are kept with the reports, never shown, and sent to no other URL than this process's; its children
    /// of the same URL have them too. Proxies and certificates are as <see cref="HttpClient"/> takes them from the environment (<c>HTTPS_PROXY</c>,
    /// <c>SSL_CERT_FILE</c>).
    /// </summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>();

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
    /// Whether a heap dump is made when this process dies: an ELF core beside the minidump, for <c>dotnet-dump</c> and debuggers. It may hold everything that
    /// the process had in memory; it is kept with the report and never sent. The runtime's own createdump makes it, while the crashed thread waits, a minute at
    /// most, and the other threads run on; what it cannot make, and why, stands in the report. <see cref="HeapDumpKind.Heap"/> and <see cref="HeapDumpKind.Full"/> need free disk space of twice the
    /// process's resident memory. Default: none.
    /// </summary>
    public HeapDumpKind HeapDump { get; set; }

    /// <summary>
    /// Whether every program that this process starts is prepared as <see cref="CrashReporter.AttachChild"/> prepares one, native ones too. Default:
    /// false, because <c>LD_PRELOAD</c> reaches whatever they start in their turn. Environment variables are set at <c>Start</c>: call it before other
    /// threads read them in native code. On Windows nothing can be preloaded: its .NET children are covered, by the startup hook, from .NET 8 on; <b>one of .NET 7 or older
    /// does not start with it</b>.
    /// </summary>
    public bool CaptureAllChildren { get; set; }

    /// <summary>
    /// Whether reports are sent. A value is stored with the reports and holds until another is stored; null (the default) takes the
    /// stored one, which is true when none was ever stored. In a main process only: a child's is not taken, and named in
    /// <see cref="StartResult.Ignored"/>.
    /// </summary>
    public bool? UploadToServer { get; set; }

    /// <summary>
    /// Whether the system's own crash handling is kept away: the kernel's core file after our report, and the .NET runtime's createdump
    /// (<c>DOTNET_DbgEnableMiniDump</c>); on Windows the dialog and the queue of Windows Error Reporting. What could not be kept away is named in <see cref="StartResult.Degraded"/>. Default: false.
    /// </summary>
    public bool IgnoreSystemCrashHandler { get; set; }

    /// <summary>
    /// Whether the dumps of this process and its children are sanitized: of stacks and registers only pointers into
    /// stacks and code, and small numbers, are kept, which is what a stack walk needs; memory that they point at is left out. What may be a password is not in
    /// such a dump; neither is what helps to understand a value. Default: false.
    /// </summary>
    public bool SanitizeStacks { get; set; }

    /// <summary>
    /// Whether the dumps of this process have its environment as it was when it started (<c>/proc/PID/environ</c>): it often holds tokens and passwords. Those
    /// of its children have theirs only if they say so too; <see cref="SanitizeStacks"/> does not deface it. On Windows the environment is part of the memory that a sanitized dump has not: with both it is left out, and the report says so. Default: false.
    /// </summary>
    public bool IncludeEnvironment { get; set; }

    /// <summary>
    /// Parameters to send with this process's reports: at most 400; a key is 1 to 255 bytes of UTF-8, a value at most 20,480 (a longer one
    /// is cut and ends in '…'). See <see cref="CrashReporter.AddExtraParameter"/> for the keys that are not the application's.
    /// </summary>
    public IDictionary<string, string> Extra { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Where reports are kept. Default: <c>ProductName Crashes</c> in <see cref="CrashReporter.TempDirectory"/>. It is made for this user alone; one that is
    /// there must be this user's, and one with other files in it must not be writable by others.
    /// </summary>
    public string? CrashesDirectory { get; set; }

    /// <summary>
    /// The form's <c>process_type</c>, such as <c>renderer</c>: at most 1,024 bytes of UTF-8. Default: <c>main</c> for a process that started its handler, <c>child</c>
    /// for one that attached to its parent's.
    /// </summary>
    public string? ProcessType { get; set; }

    /// <summary>
    /// Path of the <c>crash-handler</c> executable. Default: the environment variable <c>CRASH_HANDLER_PATH</c>, then beside the application,
    /// then <c>runtimes/linux-x64/native</c> (<c>win-x64</c>) there.
    /// </summary>
    public string? HandlerPath { get; set; }

    /// <summary>Set where an operator asked for this Start; null: the application calls it.</summary>
    internal OperatorStart? Operator { get; set; }

    /// <summary>Where reports are sent, however it was said.</summary>
    internal string? Url => SubmitUrl is null ? Server?.Url : HttpUrl.Canonical(SubmitUrl);

    /// <summary>These options as they are now.</summary>
    internal CrashReporterOptions Copy()
    {
        CrashReporterOptions copy = (CrashReporterOptions)MemberwiseClone();
        copy.Extra = new Dictionary<string, string>(Extra ?? new Dictionary<string, string>());
        copy.Headers = new Dictionary<string, string>(Headers ?? new Dictionary<string, string>());
        return copy;
    }
}
