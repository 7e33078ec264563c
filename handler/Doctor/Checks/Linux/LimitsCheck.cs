using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Descriptors and tasks that a handler needs.</summary>
internal static class LimitsCheck
{
    private const string Check = "limits";
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>Judges.</summary>
    public static Finding Evaluate(LimitFacts facts)
    {
        string found = $"{(facts.Descriptors == Unlimited ? "any number of" : $"{facts.Descriptors}")} descriptors, "
            + $"{(facts.MaxTasks is { } most ? $"{facts.Tasks} of {most}" : "any number of")} tasks, core files {(facts.Core == 0 ? "off (not needed)" : "on")}";
        return facts.MaxTasks - facts.Tasks < DoctorLimits.FreeTasks
            ? Finding.Problem(
                Check, found, "The control group has hardly a task left: a handler cannot be started, nor the process that finds managed stacks.", "Raise pids.max: TasksMax= of the systemd unit, --pids-limit of the container.")
            : facts.Descriptors < DoctorLimits.Descriptors
            ? Finding.Warning(
                Check, found, $"With fewer than {DoctorLimits.Descriptors} descriptors a handler turns clients away before its own limit does.", "Raise it: 'ulimit -n', LimitNOFILE= of the systemd unit.")
            : Finding.Ok(Check, found);
    }
}
