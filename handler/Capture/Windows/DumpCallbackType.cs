namespace CrashHandler.Handler.Capture.Windows;

/// <summary>MINIDUMP_CALLBACK_TYPE, as far as an answer is given.</summary>
internal enum DumpCallbackType : uint
{
    /// <summary>What is written of a module.</summary>
    Module = 0,

    /// <summary>What is written of a thread.</summary>
    Thread = 1,

    /// <summary>Whether a thread is written.</summary>
    IncludeThread = 3,

    /// <summary>Whether a module is written.</summary>
    IncludeModule = 4,

    /// <summary>Whether to go on; asked as long as the answer asks for it.</summary>
    Cancel = 6,
}
