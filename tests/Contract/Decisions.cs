namespace CrashHandler.Tests.Contract;

/// <summary>The decisions that make twins of Electron's cases.</summary>
internal static class Decisions
{
    public static readonly Decision Prod = new("`prod`, `ver`", "`.NET` and the version of the crashed process's runtime, where Electron names itself");

    public static readonly Decision ProcessType = new(
        "`process_type`", "the option `ProcessType`; default `main` for the process that launched the handler, `child` for one that attached. `ptype` is not sent: it is not in the specification");

    public static readonly Decision Required = new(
        "missing `companyName` or `submitURL`",
        "`ArgumentException` with the words of the specification's version, `companyName` first; `SubmitUrl` is demanded unless `UploadToServer` is false");

    public static readonly Decision Unprepared = new(
        "a child that never calls `Start`", "is captured when it was prepared by `AttachChild` or `CaptureAllChildren`, without product, company and parameters; a child that is to carry them calls `Start`");

    public static readonly Decision CrashesDirectory = new(
        "a child with `CrashesDirectory`", "attaches to the inherited handler of that directory, else starts one for it; all options are checked there as anywhere");

    public static readonly Decision ProductName = new("`productName` by default", "AssemblyProduct of the entry assembly, else its name");

    public static readonly Decision KeptIn = new(
        "where reports are kept", "`<temp>/<productName> Crashes`; `TempDirectory`, settable before `Start`, is `app.setPath('temp')`; the option `CrashesDirectory` overrides, in the main process too");

    public static readonly Decision BeforeStart = new("before `Start`", "parameters are refused: `InvalidOperationException` \"crashReporter has not been started\"");

    public static readonly Decision Extra = new(
        "lengths of parameters", "a key of 1 to 255 bytes of UTF-8, else `ArgumentException`; a value of up to 20,480 bytes, a longer one is cut and ends in …; 400 parameters");

    public static readonly Decision Annotations = new(
        "`globalExtra`", "is of later versions than the specification's; `crash-handler run --annotation` is what every process's report gets here");

    public static readonly Decision Precedence = new("precedence", "what a process says of itself is more exact than what is said of all: its own value wins");

    public static readonly Decision Parameters = new("`GetParameters`", "everything that would be sent, but the dump");

    public static readonly Decision MainOnly = new("main-process-only APIs elsewhere", "`InvalidOperationException` \"... can only be called from the main process\"");

    public static readonly Decision SecondStart = new(
        "a second `Start`", "replaces `extra` as a whole and applies `UploadToServer` if given; another URL or directory is not taken, and named in the result's `Ignored`");

    public static readonly Decision Fatal = new(
        "V8's fatal errors", "are .NET's: `FailFast`, an exception that nobody catches, `OutOfMemoryException`. Type, message and text with the stack of an exception are in the report's record, not in the form; what V8 says of its heap has no twin yet");
}
