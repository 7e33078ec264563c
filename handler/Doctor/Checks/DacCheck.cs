using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether managed stacks can be read: each runtime needs its own debugging library beside it.</summary>
internal static class DacCheck
{
    private const string Check = "dac";
    private const string Meaning = "Reports of processes on it have native stacks, and of the exception what the process said itself; no managed stacks.";

    /// <summary>Judges.</summary>
    /// <param name="runtimes">Those that were found; null: the process does not let itself be looked at.</param>
    /// <param name="target">The process whose runtime it is; null: those that are installed.</param>
    public static Finding Evaluate(IReadOnlyList<RuntimeFacts>? runtimes, int? target)
    {
        if (runtimes is null)
        {
            return Finding.NotApplicable(Check, $"the maps of process {target} cannot be read");
        }

        if (runtimes.Count == 0)
        {
            return Finding.NotApplicable(Check, target is null
                ? $"no .NET runtime is installed here; applications that bring their own have it beside {RuntimeFiles.Library}"
                : $"process {target} has no {RuntimeFiles.Library}: it is single-file, NativeAOT or no .NET, and has native stacks only");
        }

        List<string> missing = [], others = [], refused = [];
        foreach (RuntimeFacts runtime in runtimes)
        {
            (runtime.HasDac ? runtime.WhyDacRefused is not null ? refused : runtime.DacBuild != runtime.Build ? others : null : missing)
                ?.Add(runtime.WhyDacRefused is { } why && runtime.HasDac ? $"{runtime.Name}: {why}" : runtime.Name);
        }

        const string Reinstall = "Install the runtime anew; of a trimmed or hand-made copy, add " + RuntimeFiles.DebuggingLibrary + " of the very same build.";
        return missing.Count > 0 ? Finding.Problem(Check, $"no {RuntimeFiles.DebuggingLibrary} beside the runtime of {Names.List(missing)}", Meaning, Reinstall)
            : others.Count > 0 ? Finding.Problem(Check, $"{RuntimeFiles.DebuggingLibrary} is of another build than the runtime of {Names.List(others)}", Meaning, Reinstall)
            : refused.Count > 0 ? Finding.Problem(Check, $"{RuntimeFiles.DebuggingLibrary} would not be loaded: {Names.List(refused)}", $"{Meaning} Native code is loaded only from who may change it: {SystemWords.TrustedOwners}.", SystemWords.GiveToOwner)
            : Finding.Ok(
                Check,
                $"found for .NET {string.Join(", ", runtimes.Select(runtime => runtime.Name))}",
                runtimes.All(runtime => runtime.HasCreateDump) ? null : "Where createdump is missing beside the runtime, there are no heap dumps.");
    }
}
