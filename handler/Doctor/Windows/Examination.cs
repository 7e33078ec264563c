using CrashHandler.Handler.Doctor.Checks;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Doctor.Gathering;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor;

// What is checked on Windows.
internal static partial class Examination
{
    private static (string Check, Func<Finding> Judge)[] AllChecks(DoctorRequest request)
    {
        ExaminedProcess? target = request.ProcessId is int pid ? TargetLook.Gather(pid) : null;
        IntegrityFacts integrity = SelfLook.Integrity();
        Task<AttemptFacts> attempts = Task.Run(() => AttemptLook.Gather(request));
        Task<ServerFacts?> server = Task.Run(() => ServerLook.Gather(request.Url));
        return
        [
            ("windows", () => VersionCheck.Evaluate(Environment.OSVersion.Version, SelfLook.WineVersion())),
            ("files", () => FilesCheck.Evaluate(request.Installation, InstallationLook.Files(request))),
            ("dump", () => DumpCheck.Evaluate(attempts.Result)),
            ("integrity", () => IntegrityCheck.Evaluate(integrity, target)),
            ("job", () => JobCheck.Evaluate(JobObject.FlagsOfOwn())),
            ("process", () => ProcessCheck.Evaluate(target is null ? null : target with { Missing = ClientLook.Missing(target.ProcessId, PipeLook.Addresses(request.Database)) }, integrity)),
            ("wer", () => WerCheck.Evaluate(WerLook.Gather(target?.Library ?? Path.Combine(request.Installation, InstallationLook.LibraryName)))),
            ("database", () => DirectoryCheck.Evaluate(StorageLook.Database(request.Database))),
            ("disk", () => DiskCheck.Evaluate(StorageLook.Space(request.Database))),
            ("persistence", () => VolumeCheck.Evaluate(StorageLook.Volume(request.Database))),
            ("pipe", () => PipeCheck.Evaluate(PipeLook.Gather(request.Database, integrity.IsElevated))),
            ("dac", () => DacCheck.Evaluate(target is null ? RuntimeLook.Installed(request.Variable) : RuntimeLook.OfProcess(target.ProcessId), target?.ProcessId)),
            ("pdb", () => PdbCheck.Evaluate(target is null ? null : SymbolLook.Gather(target.ProcessId))),
            ("diagnostics", () => target is null ? DiagnosticsCheck.Evaluate(EnvironmentLook.Diagnostics("this process", request.Variable)) : DiagnosticsPortCheck.Evaluate(target)),
            ("uploads", () => UploadsCheck.Evaluate(StorageLook.Uploads(request.Database), request.Url)),
            ("server", () => ServerCheck.Evaluate(server.Result)),
            ("clock", () => ClockCheck.Evaluate(DateTimeOffset.UtcNow, server.Result?.ClockOffset)),
        ];
    }
}
