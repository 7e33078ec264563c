using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether a process can really be dumped: it was tried on a child.</summary>
internal static class DumpCheck
{
    private const string Check = "dump";

    /// <summary>Judges.</summary>
    public static Finding Evaluate(AttemptFacts attempts)
    {
        List<Attempt> refused = [.. attempts.Refused];
        return refused.Count > 0
            ? Finding.Problem(
                Check,
                $"{string.Join(", ", refused.Select(attempt => $"{attempt.Call}: {attempt.Answer}"))}{(attempts.Trouble is { } rest ? $"; {rest}" : "")}",
                "Crashes are reported by what the dying process says, without a dump (access NoticeOnly).",
                "A security program may deny it (an attack surface reduction rule, or a sandbox): let it except crash-handler.exe. 'sfc /scannow' mends a damaged dbghelp.dll.")
            : attempts.Trouble is { } trouble
            ? Finding.Warning(Check, $"not tried: {trouble}", "It is not known whether processes can be dumped.", "Mend that, and ask again.")
            : Finding.Ok(Check, $"a child was dumped: {string.Join(", ", attempts.Attempts.Select(attempt => attempt.Call))} work");
    }
}
