using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor.Checks;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Doctor.Gathering;

namespace CrashHandler.Handler.Doctor;

// What is checked on Linux.
internal static partial class Examination
{
    private static (string Check, Func<Finding> Judge)[] AllChecks(DoctorRequest request)
    {
        TargetFacts? target = request.ProcessId is int pid ? TargetLook.Gather(pid, request.Variable(HandlerAddress.RuntimeDirectoryVariable)) : null;
        SeccompFacts seccomp = SelfLook.Seccomp();
        CapabilityFacts capabilities = SelfLook.Capabilities();
        int? scope = SelfLook.PtraceScope();
        string? label = SelfLook.SecurityLabel();
        Task<AttemptFacts> attempts = Task.Run(() => AttemptLook.Gather(request));
        Task<ServerFacts?> server = Task.Run(() => ServerLook.Gather(request.Url));
        return
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
    }
}
