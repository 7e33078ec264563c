using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether reports are sent at all.</summary>
internal static class UploadsCheck
{
    private const string Check = "uploads";

    /// <summary>Judges.</summary>
    /// <param name="facts">The choices; null: there is no database.</param>
    /// <param name="url">Where reports go; null: nowhere, as far as is known.</param>
    public static Finding Evaluate(UploadFacts? facts, Uri? url) => facts switch
    {
        null => Finding.NotApplicable(Check, "no database"),
        { Operator: false } => Finding.Warning(Check, "off, by the operator", "Reports are kept and not sent, also not later by themselves.", "'crash-handler uploads on' allows them; 'crash-handler reports upload' sends those that are there."),
        { Application: false } => Finding.Warning(Check, "off, by the application", "Reports are kept and not sent, also not later by themselves.", "Start with UploadToServer = true, or call SetUploadToServer(true); 'crash-handler reports upload' sends those that are there."),
        { IsPaused: true } => Finding.Warning(Check, "paused, by the operator", "Reports wait.", "'crash-handler uploads resume' goes on."),
        _ => Finding.Ok(Check, url is null ? "on; no handler's URL is known, so reports go where their processes said" : "on"),
    };
}
