using System.Security;
using CrashHandler.Handler.Doctor.Checks;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Doctor;

/// <summary>All checks: gathers what there is to know, all at once and within a limit, and has each judged.</summary>
internal static partial class Examination
{
    /// <summary>Examines.</summary>
    /// <returns>A finding of each check, in the order from the system to the server.</returns>
    /// <exception cref="DoctorException">There is no such process.</exception>
    public static IReadOnlyList<Finding> Run(DoctorRequest request)
    {
        (string Check, Func<Finding> Judge)[] checks = AllChecks(request);
        List<Task<Finding>> running = [.. checks.Select(check => Task.Run(() => Judge(check.Check, check.Judge)))];
        // What does not come in time, such as a file on a network that hangs, is left behind with its thread.
        Task.WaitAny(Task.WhenAll(running), Task.Delay(DoctorLimits.Total));
        return [.. checks.Zip(running, (check, task) => task.IsCompleted ? task.GetAwaiter().GetResult() : Unknown(check.Check, $"no answer within {DoctorLimits.Total.TotalSeconds:0} s"))];
    }

    private static Finding Judge(string check, Func<Finding> judge)
    {
        try
        {
            return judge();
        }
        catch (Exception failure) when (Known(failure) is { } known)
        {
            return Unknown(check, known.Message);
        }
    }

    // What others wait for fails for them as it did.
    private static Exception? Known(Exception failure)
        => (failure is AggregateException { InnerException: { } inner } ? inner : failure) is var known
            && known is SyscallException or IOException or UnauthorizedAccessException or DatabaseException or DllNotFoundException or SecurityException ? known : null;

    private static Finding Unknown(string check, string why) => Finding.Warning(check, $"not known: {why}", "This was not checked.", $"Mend that, and ask again; {SystemWords.MoreRights} more can be seen.");
}
