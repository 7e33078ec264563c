using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether a handler outlives the job of the application that starts it.</summary>
internal static class JobCheck
{
    private const string Check = "job";

    /// <summary>Judges.</summary>
    /// <param name="flags">LimitFlags of the job that this process is in; null: none.</param>
    public static Finding Evaluate(uint? flags) => flags switch
    {
        null => Finding.Ok(Check, "in no job"),
        { } limits when (limits & (JobObjectLimits.JOB_OBJECT_LIMIT_BREAKAWAY_OK | JobObjectLimits.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK)) != 0 => Finding.Ok(Check, "in a job that lets a handler go"),
        { } limits when (limits & JobObjectLimits.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) != 0 => Finding.Warning(
            Check,
            "in a job that ends its processes when it is closed, and lets none go",
            "A handler that is started in it ends with it: reports wait for the next one, and a crash at that moment is lost.",
            "Give the job JOB_OBJECT_LIMIT_BREAKAWAY_OK, or start 'crash-handler run --persistent' outside of it."),
        _ => Finding.Ok(Check, "in a job that lets no process go; a handler stays in it"),
    };
}
