namespace CrashHandler.Handler.Upload;

/// <summary>What a server answered.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body's text, as far as it was read.</param>
/// <param name="RetryAfter">The Retry-After header, seconds or date, as a delay from now; null without one.</param>
internal sealed record ServerAnswer(int Status, string Body, TimeSpan? RetryAfter);
