namespace CrashHandler.Protocol;

/// <summary>Every limit of the protocol, with its unit and reason (protocol/README.md, "Limits").</summary>
public static class ProtocolLimits
{
    /// <summary>Bytes of payload in one frame: far above any frame of ours, far below a socket buffer.</summary>
    public const int MaxPayloadBytes = 65_536;

    /// <summary>Milliseconds from accept to Hello: a client that says nothing holds a slot.</summary>
    public const int HelloLimitMilliseconds = 5_000;

    /// <summary>Milliseconds a client waits for an answer on the control connection: <c>Start</c> must not block an application.</summary>
    public const int AnswerLimitMilliseconds = 5_000;

    /// <summary>
    /// Milliseconds a client waits for the answer to <see cref="FrameType.CaptureReport"/>: a report takes milliseconds, but others may be made before it, and
    /// a disk may be slow.
    /// </summary>
    public const int CaptureReportLimitMilliseconds = 10_000;

    /// <summary>Milliseconds a heap dump may take, for which a dying client is held beyond <see cref="DialogueLimitMilliseconds"/>: a disk writes gigabytes in them.</summary>
    public const int HeapDumpLimitMilliseconds = 60_000;

    /// <summary>Milliseconds a dying client waits for Taken: a live handler needs microseconds.</summary>
    public const int TakenLimitMilliseconds = 1_000;

    /// <summary>Milliseconds the handler waits for HandedOver: the client does nothing but wait for frames, and opens three files; a busy machine may take its time.</summary>
    public const int HandOverLimitMilliseconds = 3_000;

    /// <summary>Milliseconds without a frame after <see cref="FrameType.Taken"/>: ten Progress frames missed, so the handler is stuck.</summary>
    public const int SilenceLimitMilliseconds = 10_000;

    /// <summary>Milliseconds between two Progress frames of a capture.</summary>
    public const int ProgressIntervalMilliseconds = 1_000;

    /// <summary>Milliseconds of a whole crash dialogue: people wait for a dying program no longer.</summary>
    public const int DialogueLimitMilliseconds = 30_000;

    /// <summary>The same on Windows, where <c>MiniDumpWriteDump</c> cannot be hurried: of a .NET process it takes seconds, and half a minute under Wine.</summary>
    public const int WindowsDialogueLimitMilliseconds = 120_000;

    /// <summary>UploadedReport frames in one answer: with the longest ids, 9 KiB each in the kernel, they fit a socket's buffer of 208 KiB.</summary>
    public const int MaxUploadedReportsPerAnswer = 16;

    /// <summary>Number of the application's own parameters: what Crashpad's handler reads of a process.</summary>
    public const int MaxParameters = 400;

    /// <summary>Number of fields in a registration block: there are some thirty, and a later version may have more.</summary>
    public const int MaxFields = 128;

    /// <summary>Bytes of UTF-8 in a parameter's key: Crashpad's limit.</summary>
    public const int MaxKeyBytes = 255;

    /// <summary>Bytes of UTF-8 in a parameter's value: Crashpad's limit (5 x 4,096).</summary>
    public const int MaxValueBytes = 20_480;

    /// <summary>Bytes of UTF-8 in a company's, product's or process type's name, and in a version: nobody's is longer, and all fields fit beside all parameters.</summary>
    public const int MaxNameBytes = 1_024;

    /// <summary>Bytes of a URL: longer ones do not pass through proxies either.</summary>
    public const int MaxUrlBytes = 4_096;

    /// <summary>Bytes of an upload's own headers: what servers take of headers in all.</summary>
    public const int MaxHeadersBytes = 8_192;

    /// <summary>Bytes of UTF-8 in a Note: a few lines of a log.</summary>
    public const int MaxNoteBytes = 4_096;

    /// <summary>Bytes of UTF-8 in the reason of a CaptureReport: a few lines of a log.</summary>
    public const int MaxCaptureReasonBytes = 4_096;

    /// <summary>Files sent with a process's reports: a log or two and their like; who has more makes an archive.</summary>
    public const int MaxAttachments = 10;

    /// <summary>Bytes of UTF-8 in an attachment's path: PATH_MAX of Linux.</summary>
    public const int MaxAttachmentPathBytes = 4_096;

    /// <summary>Bytes of UTF-8 in an exception's type: generic types nest their arguments' names.</summary>
    public const int MaxExceptionTypeBytes = 1_024;

    /// <summary>Bytes of UTF-8 in an exception's message: a page of text says what there is to say.</summary>
    public const int MaxExceptionMessageBytes = 4_096;

    /// <summary>Bytes of UTF-8 in an exception's whole text: some 200 frames, and no more than any other value of the block.</summary>
    public const int MaxExceptionTextBytes = MaxValueBytes;
}
