namespace CrashHandler.Protocol;

/// <summary>Names of the environment variables, as protocol/README.md lists them.</summary>
public static class EnvironmentNames
{
    /// <summary>Absolute path of the handler's socket; inherited by children.</summary>
    public const string Pipe = "CRASH_HANDLER_PIPE";

    /// <summary>Absolute path of the <c>crash-handler</c> executable, when it is not beside the application.</summary>
    public const string Path = "CRASH_HANDLER_PATH";

    /// <summary>Absolute path of the file in which an attached process says how it went (<see cref="AttachResults"/>); gone once it is read.</summary>
    public const string AttachResult = "CRASH_HANDLER_ATTACH_RESULT";
}
