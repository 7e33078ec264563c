namespace CrashHandler.Handler.Collector;

/// <summary>How a played answer ends.</summary>
internal enum AnswerEnd
{
    /// <summary>As it should.</summary>
    Whole,

    /// <summary>Before it began.</summary>
    Drop,

    /// <summary>Never, as long as the client listens.</summary>
    Endless,

    /// <summary>Before the end that its length announced.</summary>
    Cut,
}
