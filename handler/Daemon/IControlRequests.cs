using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>What sessions ask of the rest of the handler. On the event loop's thread.</summary>
internal interface IControlRequests
{
    /// <summary>A client has registered.</summary>
    void Registered(Registration registration);

    /// <summary>A client that did not crash is gone.</summary>
    void Gone(Registration registration);

    /// <summary>What became of the last run of a main process.</summary>
    LastRunPayload GetLastRun();

    /// <summary>A death was made a report, or could not be.</summary>
    void Captured();

    /// <summary>The stored choice of the application.</summary>
    bool GetUploads();

    /// <summary>Stores it.</summary>
    void SetUploads(bool upload);

    /// <summary>Uploaded reports, newest first. From any thread: it reads them all.</summary>
    IReadOnlyList<UploadedReportPayload> ListUploaded();

    /// <summary>The handler's state. What can be counted in the database is not in it: whoever asks can count by himself.</summary>
    StatusDocument GetStatus(Sessions sessions);

    /// <summary>The queue is to look at the database again.</summary>
    void SubmitPending();

    /// <summary>Ends the process without running anything more.</summary>
    void EndAtOnce();
}
