namespace CrashHandler.Tests.Native;

/// <summary>What a <see cref="FakeHandler"/> does with a notice.</summary>
internal enum FakeAnswers
{
    /// <summary>Taken, Progress, Release.</summary>
    Release,

    /// <summary>Taken, then Progress until <see cref="FakeHandler.Finish"/>, then Release.</summary>
    ReleaseWhenTold,

    /// <summary>Taken and HandOver; once that is answered, as <see cref="ReleaseWhenTold"/>.</summary>
    HandOver,

    /// <summary>Nothing.</summary>
    Silence,

    /// <summary>Nothing the first time, Release the second.</summary>
    SilenceOnce,

    /// <summary>Closes the connection at once.</summary>
    Close,

    /// <summary>Taken, then closes the connection.</summary>
    TakenThenClose,
}
