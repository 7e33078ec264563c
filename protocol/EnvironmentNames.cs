namespace CrashHandler.Protocol;

/// <summary>Names of the environment variables, as protocol/README.md lists them.</summary>
public static class EnvironmentNames
{
    /// <summary>Absolute path of the handler's socket, or name of its pipe; inherited by children.</summary>
    public const string Pipe = "CRASH_HANDLER_PIPE";

    /// <summary>Absolute path of the <c>crash-handler</c> executable, when it is not beside the application.</summary>
    public const string Path = "CRASH_HANDLER_PATH";

    /// <summary>Absolute path of the file in which an attached process says how it went (<see cref="AttachResults"/>); gone once it is read.</summary>
    public const string AttachResult = "CRASH_HANDLER_ATTACH_RESULT";

    /// <summary>Pid of the program that <c>exec</c> became, or of the <c>exec</c> that started it (Windows): the main process of the tree, whose processes take the handler that they inherit.</summary>
    public const string ExecProcess = "CRASH_HANDLER_EXEC_PID";

    /// <summary>What the runtime calls its list of startup hooks, separated by colons (Windows: semicolons).</summary>
    public const string StartupHooks = "DOTNET_STARTUP_HOOKS";

    /// <summary>The product's name. This one and the following are the options of <c>Start</c>, for an application that the startup hook starts it in.</summary>
    public const string ProductName = "CRASH_HANDLER_PRODUCT_NAME";

    /// <summary>The company's name.</summary>
    public const string CompanyName = "CRASH_HANDLER_COMPANY_NAME";

    /// <summary>Where reports are sent; none: nowhere.</summary>
    public const string SubmitUrl = "CRASH_HANDLER_SUBMIT_URL";

    /// <summary>A known crash server in place of the URL: <c>KIND:WHERE</c>.</summary>
    public const string Server = "CRASH_HANDLER_SERVER";

    /// <summary>Headers of the upload: <c>NAME=VALUE,NAME=VALUE</c>, percent-encoded.</summary>
    public const string Headers = "CRASH_HANDLER_HEADERS";

    /// <summary>Yes or no: whether reports are sent.</summary>
    public const string UploadToServer = "CRASH_HANDLER_UPLOAD_TO_SERVER";

    /// <summary>Yes or no: whether uploads are compressed.</summary>
    public const string CompressUploads = "CRASH_HANDLER_COMPRESS_UPLOADS";

    /// <summary>Yes or no: whether an hour is kept between uploads.</summary>
    public const string RateLimit = "CRASH_HANDLER_RATE_LIMIT";

    /// <summary>Seconds that a dying process is held for its upload.</summary>
    public const string WaitForUpload = "CRASH_HANDLER_WAIT_FOR_UPLOAD";

    /// <summary>Where reports are kept.</summary>
    public const string CrashesDirectory = "CRASH_HANDLER_CRASHES_DIRECTORY";

    /// <summary>The form's <c>process_type</c>; of a program without .NET, too.</summary>
    public const string ProcessType = "CRASH_HANDLER_PROCESS_TYPE";

    /// <summary>Parameters: <c>KEY=VALUE,KEY=VALUE</c>, percent-encoded.</summary>
    public const string Extra = "CRASH_HANDLER_EXTRA";

    /// <summary>Files that go along, separated by colons (Windows: semicolons).</summary>
    public const string Attachments = "CRASH_HANDLER_ATTACHMENTS";

    /// <summary><c>none</c>, <c>mini</c>, <c>heap</c> or <c>full</c>.</summary>
    public const string HeapDump = "CRASH_HANDLER_HEAP_DUMP";

    /// <summary>Yes or no: whether every child is covered.</summary>
    public const string CaptureAllChildren = "CRASH_HANDLER_CAPTURE_ALL_CHILDREN";

    /// <summary>Yes or no: whether the system's own crash handling is kept away.</summary>
    public const string IgnoreSystemCrashHandler = "CRASH_HANDLER_IGNORE_SYSTEM_CRASH_HANDLER";

    /// <summary>Yes or no: whether dumps are sanitized.</summary>
    public const string SanitizeStacks = "CRASH_HANDLER_SANITIZE_STACKS";

    /// <summary>Yes or no: whether dumps have the environment.</summary>
    public const string IncludeEnvironment = "CRASH_HANDLER_INCLUDE_ENVIRONMENT";

    /// <summary>Yes or no: whether the startup hook says on standard error what it could not do. Otherwise only the handler's log says it.</summary>
    public const string Verbose = "CRASH_HANDLER_VERBOSE";
}
