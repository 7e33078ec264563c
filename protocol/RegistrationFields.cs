namespace CrashHandler.Protocol;

/// <summary>Keys of the fields (kind 1) of a registration block (protocol/README.md, "The registration block").</summary>
public static class RegistrationFields
{
    /// <summary>Absolute path of the database.</summary>
    public const string Database = "database";
    /// <summary>Where this client's reports go.</summary>
    public const string Url = "url";
    /// <summary>The form's <c>process_type</c>.</summary>
    public const string ProcessType = "process_type";
    /// <summary>The form's <c>prod</c>.</summary>
    public const string Prod = "prod";
    /// <summary>The form's <c>ver</c>.</summary>
    public const string Ver = "ver";
    /// <summary>The form's <c>_version</c>.</summary>
    public const string Version = "_version";
    /// <summary>The form's <c>_productName</c>.</summary>
    public const string ProductName = "_productName";
    /// <summary>The form's <c>_companyName</c>.</summary>
    public const string CompanyName = "_companyName";
    /// <summary>Headers of this client's uploads, a line each: <c>Name: value</c>. They may be credentials.</summary>
    public const string Headers = "headers";
    /// <summary><c>1</c>: this client's uploads are compressed.</summary>
    public const string CompressUploads = "compress_uploads";
    /// <summary><c>1</c>: this client's uploads keep an hour from each other.</summary>
    public const string RateLimit = "rate_limit";
    /// <summary>How long the dying process is held until its report is uploaded, milliseconds.</summary>
    public const string WaitForUpload = "wait_for_upload";
    /// <summary>Which heap dump is made beside the minidump: <see cref="HeapDumpMini"/>, <see cref="HeapDumpHeap"/> or <see cref="HeapDumpFull"/>.</summary>
    public const string HeapDump = "heap_dump";
    /// <summary>A <see cref="HeapDump"/> of threads, stacks and exceptions.</summary>
    public const string HeapDumpMini = "mini";
    /// <summary>A <see cref="HeapDump"/> of those and the managed heap.</summary>
    public const string HeapDumpHeap = "heap";
    /// <summary>A <see cref="HeapDump"/> of the whole memory.</summary>
    public const string HeapDumpFull = "full";
    /// <summary><c>1</c>: stacks and registers of this client's dumps are sanitized.</summary>
    public const string SanitizeStacks = "sanitize_stacks";

    /// <summary><c>1</c>: the environment is in this client's dumps.</summary>
    public const string IncludeEnvironment = "include_environment";
    /// <summary><c>1</c>: a main process, whose crashes in a row are counted.</summary>
    public const string MainProcess = "main_process";
    /// <summary><c>1</c>: the process is at its orderly end.</summary>
    public const string Ended = "ended";
    /// <summary>Full name of the unhandled exception's type; at most <see cref="ProtocolLimits.MaxExceptionTypeBytes"/>.</summary>
    public const string ExceptionType = "exception_type";
    /// <summary>Its message; at most <see cref="ProtocolLimits.MaxExceptionMessageBytes"/>.</summary>
    public const string ExceptionMessage = "exception_message";
    /// <summary>The whole of it as text, with its stack; at most <see cref="ProtocolLimits.MaxExceptionTextBytes"/>.</summary>
    public const string ExceptionText = "exception_text";

    /// <summary>What a field says yes with.</summary>
    public const string Yes = "1";

    /// <summary>Absolute path of a file to be sent with this client's reports; indices 0 to <see cref="ProtocolLimits.MaxAttachments"/> - 1, any of them absent.</summary>
    public static string Attachment(int index) => $"attachment_{index}";
}
