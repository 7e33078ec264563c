namespace CrashHandler.Handler.Cli;

/// <summary>Who called sudo(8): nobody; an elevated process here is its own user's.</summary>
internal static class SudoUser
{
    /// <summary>The caller's name in the environment, where there is sudo.</summary>
    public const string NameVariable = "SUDO_USER";

    /// <summary>None.</summary>
    public static uint? Id() => null;
}
