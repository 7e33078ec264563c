namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Who allows uploads.</summary>
/// <param name="Application">The application's stored choice.</param>
/// <param name="Operator">Whether the operator allows them.</param>
/// <param name="IsPaused">Whether the operator paused them.</param>
internal sealed record UploadFacts(bool Application, bool Operator, bool IsPaused);
