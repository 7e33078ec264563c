namespace CrashHandler.Handler.Attach;

/// <summary>A process cannot be attached. The message says why and what to do.</summary>
internal sealed class AttachException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether it cannot be attached as it is: not for want of an answer, but because something is not there.</summary>
    public bool IsForGood { get; private init; }

    /// <summary>Whether nothing is won by another attempt: it was waited for long enough.</summary>
    public bool IsFinal { get; init; }

    /// <summary>One that says what is not there.</summary>
    public static AttachException ForGood(string message, Exception? inner = null) => new(message, inner) { IsForGood = true };
}
