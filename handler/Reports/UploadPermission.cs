namespace CrashHandler.Handler.Reports;

/// <summary>What the application's and the operator's choices together make of uploads. What somebody asks for by name is sent in any case.</summary>
internal enum UploadPermission
{
    /// <summary>Reports are sent.</summary>
    On,

    /// <summary>Reports wait until the operator resumes.</summary>
    Paused,

    /// <summary>Reports are skipped: kept, and never sent by themselves.</summary>
    Off,
}
