namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether the clock can be believed: reports, retries and certificates go by it.</summary>
internal static class ClockCheck
{
    private const string Check = "clock";

    /// <summary>Judges.</summary>
    /// <param name="now">By the clock.</param>
    /// <param name="offset">The server's clock, less this one; null: not known.</param>
    public static Finding Evaluate(DateTimeOffset now, TimeSpan? offset)
    {
        string found = $"{now.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z";
        return now < DoctorLimits.Youth
            ? Finding.Problem(Check, $"{found}, which is past", "Reports have wrong times, and no certificate is valid: nothing can be sent.", SystemWords.SetClock)
            : offset is { } apart && apart.Duration() > DoctorLimits.ClockSkew
            ? Finding.Warning(Check, $"{found}, {apart.Duration().TotalMinutes:0} min {(apart < TimeSpan.Zero ? "ahead of" : "behind")} the server's", "Reports have wrong times, and certificates may seem invalid.", SystemWords.SetClock)
            : Finding.Ok(Check, offset is null ? found : $"{found}, as the server's");
    }
}
