namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether the kernel is new enough.</summary>
internal static class KernelCheck
{
    private const string Check = "kernel";

    /// <summary>What is needed: pidfd_open is of 5.3, and what waits for it of 5.4.</summary>
    private static readonly Version s_least = new(5, 4);

    /// <summary>Judges.</summary>
    /// <param name="release">As uname says it, such as <c>5.15.0-91-generic</c>.</param>
    public static Finding Evaluate(string release)
    {
        string number = new([.. release.TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
        return !Version.TryParse(number, out Version? version)
            ? Finding.Warning(Check, $"Linux {release}", "Its version cannot be told.", $"Compare it with {s_least}, which is the least that is needed.")
            : version < s_least
            ? Finding.Problem(Check, $"Linux {release}", $"Older than {s_least}: the end of a process cannot be waited for, and captures fail.", $"Run a kernel from {s_least} on.")
            : Finding.Ok(Check, $"Linux {release}");
    }
}
