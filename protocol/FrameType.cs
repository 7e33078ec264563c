namespace CrashHandler.Protocol;

/// <summary>What a frame is (protocol/README.md, "Frame types").</summary>
public enum FrameType : ushort
{
    /// <summary>Client: the first frame of a connection.</summary>
    Hello = 1,
    /// <summary>Handler: the answer to <see cref="Hello"/>.</summary>
    Welcome = 2,
    /// <summary>Handler: the connection is refused and closed.</summary>
    Refusal = 3,
    /// <summary>Client: the registration block, by descriptor.</summary>
    Register = 4,
    /// <summary>Handler: the request was carried out.</summary>
    Done = 5,
    /// <summary>Handler: the request could not be carried out.</summary>
    Failed = 6,
    /// <summary>Client: the block was written; no answer.</summary>
    BlockChanged = 7,
    /// <summary>Client: is uploading on?</summary>
    GetUploads = 8,
    /// <summary>Client: store whether uploading is on.</summary>
    SetUploads = 9,
    /// <summary>Handler: the stored choice.</summary>
    Uploads = 10,
    /// <summary>Client: which reports were uploaded, after the first so many?</summary>
    ListUploaded = 11,
    /// <summary>Handler: one uploaded report.</summary>
    UploadedReport = 12,
    /// <summary>Client: the handler's state, as JSON.</summary>
    GetStatus = 13,
    /// <summary>Handler: a piece of that JSON.</summary>
    StatusChunk = 14,
    /// <summary>Client: look at the queue again.</summary>
    SubmitPending = 15,
    /// <summary>Client: has the last run crashed?</summary>
    GetLastRun = 16,
    /// <summary>Handler: what became of the last run.</summary>
    LastRun = 17,
    /// <summary>Client: a text for the handler's log.</summary>
    Note = 18,
    /// <summary>Client: make a report of this process, which goes on.</summary>
    CaptureReport = 19,
    /// <summary>Client: this process is dying.</summary>
    Notice = 32,
    /// <summary>Handler: a capture worker has the notice.</summary>
    Taken = 33,
    /// <summary>Handler: the capture goes on.</summary>
    Progress = 34,
    /// <summary>Handler: the client may die.</summary>
    Release = 35,
    /// <summary>Handler: the kernel closes the client's memory to it; open it yourself.</summary>
    HandOver = 36,
    /// <summary>Client: the files of its own memory, opened.</summary>
    HandedOver = 37,
}
