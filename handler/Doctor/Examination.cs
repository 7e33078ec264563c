using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor.Checks;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Doctor.Gathering;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Doctor;

/// <summary>All checks: gathers what there is to know, all at once and within a limit, and has each judged.</summary>
internal static class Examination
{
    /// <summary>Examines.</summary>
    /// <returns>A finding of each check, in the order from the kernel to the server.</returns>
    /// <exception cref="DoctorException">There is no such process.</exception>
    public static IReadOnlyList<Finding> Run(DoctorRequest request)
    {
        TargetFacts? target = request.ProcessId is int pid ? TargetLook.Gather(pid, request.Variable(HandlerAddress.RuntimeDirectoryVariable)) : null;
        SeccompFacts seccomp = SelfLook.Seccomp();
        CapabilityFacts capabilities = SelfLook.Capabilities();
        int? scope = SelfLook.PtraceScope();
        string? label = SelfLook.SecurityLabel();
        Task<AttemptFacts> attempts = Task.Run(() => AttemptLook.Gather(request));
        Task<ServerFacts?> server = Task.Run(() => ServerLook.Gather(request.Url));
        (string Check, Func<Finding> Judge)[] checks =
        [
            ("kernel", () => KernelCheck.Evaluate(SelfLook.KernelRelease())),
            ("glibc", () => GlibcCheck.Evaluate(SelfLook.GlibcVersion(), InstallationLook.Floors(request))),
            ("files", () => FilesCheck.Evaluate(request.Installation, InstallationLook.Files(request))),
            ("tracing", () => TracingCheck.Evaluate(attempts.Result, seccomp, scope, AppArmorCheck.Confinement(label))),
            ("ptrace_scope", () => PtraceScopeCheck.Evaluate(scope, capabilities.CanTraceAll)),
            ("capabilities", () => CapabilitiesCheck.Evaluate(capabilities, target)),
            ("seccomp", () => SeccompCheck.Evaluate(seccomp, attempts.Result)),
            ("apparmor", () => AppArmorCheck.Evaluate(label, attempts.Result, seccomp)),
            ("namespaces", () => NamespacesCheck.Evaluate(SelfLook.Namespaces(request.Variable))),
            ("process", () => TargetCheck.Evaluate(target, capabilities, scope)),
            ("core_pattern", () => CorePatternCheck.Evaluate(SelfLook.CorePattern())),
            ("limits", () => LimitsCheck.Evaluate(SelfLook.Limits())),
            ("database", () => DatabaseCheck.Evaluate(StorageLook.Database(request.Database))),
            ("disk", () => DiskCheck.Evaluate(StorageLook.Space(request.Database))),
            ("persistence", () => PersistenceCheck.Evaluate(StorageLook.Persistence(request.Database))),
            ("socket", () => SocketCheck.Evaluate(SocketLook.Gather(request.Variable))),
            ("dac", () => DacCheck.Evaluate(target is null ? RuntimeLook.Installed(request.Variable) : RuntimeLook.OfProcess(target.ProcessId, target.User), target?.ProcessId)),
            ("pdb", () => PdbCheck.Evaluate(target is null ? null : SymbolLook.Gather(target.ProcessId))),
            ("diagnostics", () => DiagnosticsCheck.Evaluate(TargetLook.Diagnostics(request.ProcessId, request.Variable))),
            ("uploads", () => UploadsCheck.Evaluate(StorageLook.Uploads(request.Database), request.Url)),
            ("server", () => ServerCheck.Evaluate(server.Result)),
            ("clock", () => ClockCheck.Evaluate(DateTimeOffset.UtcNow, server.Result?.ClockOffset)),
        ];
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
            && known is SyscallException or IOException or UnauthorizedAccessException or DatabaseException or DllNotFoundException ? known : null;

    private static Finding Unknown(string check, string why) => Finding.Warning(check, $"not known: {why}", "This was not checked.", "Mend that, and ask again; as root more can be seen.");
}
