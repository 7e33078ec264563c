using CrashHandler.Handler.Doctor;
using CrashHandler.Handler.Doctor.Checks;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Doctor;

/// <summary>What each check makes of what was gathered: its state, and what must be named in what it says.</summary>
public sealed class FindingTests
{
    private const int EPERM = 1;
    private const ulong SysPtrace = 1ul << 19;
    private const uint User = 1000;

    private static readonly AttemptFacts s_works = new([new Attempt(AttemptFacts.Ptrace, 0), new Attempt(AttemptFacts.ProcessVmReadv, 0)]);
    private static readonly AttemptFacts s_refused = new([new Attempt(AttemptFacts.Ptrace, EPERM), new Attempt(AttemptFacts.ProcessVmReadv, 0)]);
    private static readonly AttemptFacts s_allRefused =
        new([new Attempt(AttemptFacts.Memory, EPERM), new Attempt(AttemptFacts.ProcessVmReadv, EPERM), new Attempt(AttemptFacts.Ptrace, 0, WasKilled: true)], "its process ended with 159");

    private static readonly AttemptFacts s_oldKernel = new([new Attempt(AttemptFacts.PidfdGetfd, 38), new Attempt(AttemptFacts.Ptrace, 0)]);
    private static readonly SeccompFacts s_noFilter = new(0, 0);
    private static readonly SeccompFacts s_filter = new(2, 1);
    private static readonly CapabilityFacts s_user = new(User, 0, SysPtrace, IsOwnUserNamespace: false);
    private static readonly CapabilityFacts s_root = new(0, SysPtrace, SysPtrace, IsOwnUserNamespace: false);
    private static readonly CapabilityFacts s_containerRoot = new(0, 0, 0, IsOwnUserNamespace: false);
    private static readonly CapabilityFacts s_namespaceRoot = new(0, 0, 0, IsOwnUserNamespace: true);

    private static readonly TargetFacts s_target = new()
    {
        ProcessId = 42,
        Name = "app",
        User = User,
        Owner = User,
        Tracer = 0,
        HasShim = true,
        MemoryErrno = 0,
        OtherNamespaces = [],
        SeccompMode = 0,
    };

    private static readonly DatabaseFacts s_database = new()
    {
        Path = "/srv/Crashes",
        Exists = true,
        IsDirectory = true,
        Owner = User,
        Mode = 0x1C0,
        WhyNotWritable = null,
        User = User,
    };

    private static readonly SocketFacts s_socket = new()
    {
        RuntimeDirectory = "/run/user/1000",
        IsRuntimeDirectoryOwn = true,
        Directory = "/run/user/1000",
        Owner = User,
        User = User,
        PathBytes = 40,
        Handlers = [7],
        Stale = [],
        Stopped = [],
    };

    private static readonly ServerFacts s_server = new()
    {
        Url = "https://crashes.example/submit",
        Proxy = null,
        Failure = null,
        Reason = null,
        Status = 405,
        ClockOffset = TimeSpan.Zero,
        Took = TimeSpan.FromMilliseconds(12),
    };

    private static readonly RuntimeFacts s_runtime = new("10.0.1", "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.1", "10.0.126.1", "10.0.126.1", HasDac: true, WhyDacRefused: null, HasCreateDump: true);

    /// <summary>Name of the case, finding, state, words that what it says must have, separated by <c>|</c>.</summary>
    public static TheoryData<string> Cases => [.. s_cases.Keys];

    private static readonly Dictionary<string, (Finding Finding, FindingState State, string Words)> s_cases = new()
    {
        ["kernel"] = (KernelCheck.Evaluate("5.15.0-91-generic"), FindingState.Ok, "5.15.0-91-generic"),
        ["kernel, the least"] = (KernelCheck.Evaluate("5.4.0"), FindingState.Ok, "5.4.0"),
        ["kernel, old"] = (KernelCheck.Evaluate("4.18.0-553.el8"), FindingState.Problem, "4.18.0-553.el8|Older than 5.4"),
        ["kernel, odd"] = (KernelCheck.Evaluate("unknown"), FindingState.Warning, "unknown"),
        ["glibc"] = (GlibcCheck.Evaluate(new(2, 36), [new("crash-handler", new(2, 34))]), FindingState.Ok, "2.36|2.34"),
        ["glibc, old"] = (GlibcCheck.Evaluate(new(2, 31), [new("crash-handler", new(2, 34)), new("libcrashhandler.so", new(2, 17))]), FindingState.Problem, "2.31|crash-handler needs 2.34"),
        ["glibc, none"] = (GlibcCheck.Evaluate(null, []), FindingState.Problem, "musl"),
        ["scope, no Yama"] = (PtraceScopeCheck.Evaluate(null, false), FindingState.NotApplicable, "Yama"),
        ["scope 0"] = (PtraceScopeCheck.Evaluate(0, false), FindingState.Ok, "0"),
        ["scope 1"] = (PtraceScopeCheck.Evaluate(1, false), FindingState.Ok, "PR_SET_PTRACER"),
        ["scope 2"] = (PtraceScopeCheck.Evaluate(2, false), FindingState.Problem, "CAP_SYS_PTRACE|sysctl kernel.yama.ptrace_scope=1"),
        ["scope 2, root"] = (PtraceScopeCheck.Evaluate(2, true), FindingState.Ok, "this user has it"),
        ["scope 3"] = (PtraceScopeCheck.Evaluate(3, true), FindingState.Problem, "nobody|next start of the machine"),
        ["capabilities, user"] = (CapabilitiesCheck.Evaluate(s_user, null), FindingState.Ok, "without CAP_SYS_PTRACE"),
        ["capabilities, root"] = (CapabilitiesCheck.Evaluate(s_root, s_target), FindingState.Ok, "with CAP_SYS_PTRACE"),
        ["capabilities, root of a container"] = (CapabilitiesCheck.Evaluate(s_containerRoot, null), FindingState.Warning, "--cap-add=SYS_PTRACE"),
        ["capabilities, another user's"] = (CapabilitiesCheck.Evaluate(s_user with { User = 1001 }, s_target), FindingState.Problem, "CAP_SYS_PTRACE|belongs to user 1000|Run the handler as the user of that process"),
        ["capabilities, unknown user's"] = (CapabilitiesCheck.Evaluate(s_namespaceRoot, s_target with { User = 65534 }), FindingState.Problem, "user namespace of its own|does not know|--cap-add=SYS_PTRACE"),
        ["seccomp, none"] = (SeccompCheck.Evaluate(s_noFilter, s_works), FindingState.Ok, "no filter"),
        ["seccomp, harmless"] = (SeccompCheck.Evaluate(new(2, 3), s_works), FindingState.Ok, "3 filters"),
        ["seccomp, without pidfd_getfd"] = (SeccompCheck.Evaluate(s_filter, s_oldKernel), FindingState.Ok, "nothing that a capture needs"),
        ["seccomp, refuses"] = (SeccompCheck.Evaluate(s_filter, s_refused), FindingState.Problem, "ptrace is refused|access Running|--cap-add=SYS_PTRACE|SystemCallFilter"),
        ["seccomp, kills"] = (SeccompCheck.Evaluate(s_filter, s_allRefused), FindingState.Problem, "the process was killed|HandedOver"),
        ["seccomp, unknown"] = (SeccompCheck.Evaluate(new(null, null), s_works), FindingState.NotApplicable, "kernel"),
        ["tracing"] = (TracingCheck.Evaluate(s_works, s_noFilter, null, null), FindingState.Ok, "ptrace"),
        ["tracing, without pidfd_getfd"] = (TracingCheck.Evaluate(s_oldKernel, s_noFilter, null, null), FindingState.Ok, "ptrace"),
        ["tracing, seccomp"] = (TracingCheck.Evaluate(s_refused, s_filter, 2, "docker-default (enforce)"), FindingState.Problem, "A seccomp filter refuses it|See seccomp"),
        ["tracing, Yama"] = (TracingCheck.Evaluate(s_refused, s_noFilter, 3, null), FindingState.Problem, "ptrace_scope is 3|See ptrace_scope"),
        ["tracing, AppArmor"] = (TracingCheck.Evaluate(s_refused, s_noFilter, 1, "docker-default (enforce)"), FindingState.Problem, "docker-default|See apparmor"),
        ["tracing, gVisor"] = (TracingCheck.Evaluate(s_refused, s_noFilter, null, null), FindingState.Problem, "gVisor"),
        ["tracing, not tried"] = (TracingCheck.Evaluate(new([], "no process can be started"), s_noFilter, null, null), FindingState.Warning, "no process can be started"),
        ["apparmor, none"] = (AppArmorCheck.Evaluate(null, s_works, s_noFilter), FindingState.NotApplicable, "module"),
        ["apparmor, unconfined"] = (AppArmorCheck.Evaluate("unconfined", s_refused, s_noFilter), FindingState.Ok, "unconfined"),
        ["apparmor, SELinux"] = (AppArmorCheck.Evaluate("unconfined_u:unconfined_r:unconfined_t:s0", s_refused, s_noFilter), FindingState.Ok, "unconfined_t"),
        ["apparmor, harmless"] = (AppArmorCheck.Evaluate("docker-default (enforce)", s_works, s_noFilter), FindingState.Ok, "docker-default"),
        ["apparmor, refuses"] = (AppArmorCheck.Evaluate("docker-default (enforce)", s_refused, s_noFilter), FindingState.Problem, "ptrace (trace, read)|apparmor=unconfined"),
        ["apparmor, where seccomp does"] = (AppArmorCheck.Evaluate("docker-default (enforce)", s_refused, s_filter), FindingState.Ok, "docker-default"),
        ["process, none"] = (TargetCheck.Evaluate(null, s_user, null), FindingState.NotApplicable, "--pid"),
        ["process"] = (TargetCheck.Evaluate(s_target, s_user, 0), FindingState.Ok, "42 (app)|covered"),
        ["process, traced"] = (TargetCheck.Evaluate(s_target with { Tracer = 9 }, s_user, 0), FindingState.Warning, "process 9|access Running"),
        ["process, another user's"] = (TargetCheck.Evaluate(s_target with { User = 1001, MemoryErrno = EPERM }, s_user, 0), FindingState.Problem, "CAP_SYS_PTRACE|as the user of that process"),
        ["process, not dumpable"] = (TargetCheck.Evaluate(s_target with { Owner = 0, MemoryErrno = EPERM }, s_user, 0), FindingState.Problem, "not dumpable|CAP_SYS_PTRACE|HandedOver|PR_SET_DUMPABLE, 1"),
        ["process, under Yama"] = (TargetCheck.Evaluate(s_target with { MemoryErrno = EPERM }, s_user, 1), FindingState.Ok, "42 (app)"),
        ["process, closed otherwise"] = (TargetCheck.Evaluate(s_target with { MemoryErrno = EPERM }, s_namespaceRoot with { User = User }, 0), FindingState.Problem, "CAP_SYS_PTRACE where that process lives"),
        ["process, elsewhere"] = (TargetCheck.Evaluate(s_target with { OtherNamespaces = ["pid", "mnt"] }, s_root, 0), FindingState.Warning, "pid, mnt|nsenter -t 42"),
        ["process, filtered"] = (TargetCheck.Evaluate(s_target with { SeccompMode = 2 }, s_user, 0), FindingState.Ok, "under a seccomp filter"),
        ["process, uncovered"] = (TargetCheck.Evaluate(s_target with { HasShim = false }, s_user, 0), FindingState.Warning, "not seen|crash-handler attach 42"),
        ["process, whole"] = (TargetCheck.Evaluate(s_target with { Missing = Hooks.None }, s_user, 0), FindingState.Ok, "covered by the shim"),
        ["process, without slots"] = (TargetCheck.Evaluate(s_target with { Missing = Hooks.Sigaction | Hooks.Abort }, s_user, 0), FindingState.Problem, "Sigaction, Abort|FailFast are not reported|crash-handler exec"),
        ["namespaces, none"] = (NamespacesCheck.Evaluate(new(null, false, false, "systemd")), FindingState.Ok, "the machine's own"),
        ["namespaces, an init"] = (NamespacesCheck.Evaluate(new("/.dockerenv", true, false, "tini")), FindingState.Ok, "/.dockerenv|tini"),
        ["namespaces, the application"] = (NamespacesCheck.Evaluate(new("/.dockerenv", true, false, "dotnet")), FindingState.Warning, "PID 1 is 'dotnet'|volume|WaitForUpload"),
        ["namespaces, user"] = (NamespacesCheck.Evaluate(new(null, false, true, "systemd")), FindingState.Ok, "user namespace|no rights"),
        ["core_pattern, a file"] = (CorePatternCheck.Evaluate("core"), FindingState.Ok, "'core'"),
        ["core_pattern, nothing"] = (CorePatternCheck.Evaluate(""), FindingState.Ok, "nobody else"),
        ["core_pattern, piped"] = (CorePatternCheck.Evaluate("|/usr/lib/systemd/systemd-coredump %P %u"), FindingState.Ok, "piped to '/usr/lib/systemd/systemd-coredump'|IgnoreSystemCrashHandler"),
        ["core_pattern, hidden"] = (CorePatternCheck.Evaluate(null), FindingState.NotApplicable, "read"),
        ["limits"] = (LimitsCheck.Evaluate(new(1024, 0, null, null)), FindingState.Ok, "1024 descriptors|any number of tasks|core files off (not needed)"),
        ["limits, descriptors"] = (LimitsCheck.Evaluate(new(256, 0, 100, 10)), FindingState.Warning, "256 descriptors|LimitNOFILE"),
        ["limits, tasks"] = (LimitsCheck.Evaluate(new(1024, ulong.MaxValue, 32, 30)), FindingState.Problem, "30 of 32 tasks|pids.max"),
        ["files"] = (FilesCheck.Evaluate("/opt/app", [new("crash-handler", true, true, "nothing works", true)]), FindingState.Ok, "/opt/app"),
        ["files, missing"] = (FilesCheck.Evaluate("/opt/app", [new("crash-handler-walk", false, false, "reports have no stacks", true)]), FindingState.Problem, "crash-handler-walk is missing|no stacks|chmod +x"),
        ["files, closed"] = (FilesCheck.Evaluate("/opt/app", [new("hook.dll", true, false, "'attach' does not work", false)]), FindingState.Warning, "hook.dll cannot be read"),
        ["database, none"] = (DatabaseCheck.Evaluate(null), FindingState.NotApplicable, "--database"),
        ["database"] = (DatabaseCheck.Evaluate(s_database), FindingState.Ok, "/srv/Crashes|0700"),
        ["database, to be made"] = (DatabaseCheck.Evaluate(s_database with { Exists = false }), FindingState.Ok, "will be made"),
        ["database, cannot be made"] = (DatabaseCheck.Evaluate(s_database with { Exists = false, WhyNotWritable = "access /srv: Permission denied" }), FindingState.Problem, "Permission denied|0700"),
        ["database, a file"] = (DatabaseCheck.Evaluate(s_database with { IsDirectory = false }), FindingState.Problem, "not a directory"),
        ["database, another user's"] = (DatabaseCheck.Evaluate(s_database with { Owner = 5 }), FindingState.Problem, "belongs to user 5, and this is user 1000"),
        ["database, looked at by root"] = (DatabaseCheck.Evaluate(s_database with { User = 0 }), FindingState.Warning, "belongs to user 1000, and this is root|Ask as user 1000"),
        ["database, for reading only"] = (DatabaseCheck.Evaluate(s_database with { WhyNotWritable = "access /srv: Read-only file system" }), FindingState.Problem, "Read-only file system|chmod u+rwx"),
        ["database, open"] = (DatabaseCheck.Evaluate(s_database with { Mode = 0x1FF }), FindingState.Warning, "0777|chmod go-w"),
        ["disk, none"] = (DiskCheck.Evaluate(null), FindingState.NotApplicable, "no database"),
        ["disk"] = (DiskCheck.Evaluate(new FileSystemSpace(0, 100L << 30, 50L << 30, 1_000_000, 900_000)), FindingState.Ok, "51,200 MiB free|900,000 inodes"),
        ["disk, without inodes"] = (DiskCheck.Evaluate(new FileSystemSpace(0, 100L << 30, 50L << 30, 0, 0)), FindingState.Ok, "51,200 MiB free of 102,400"),
        ["disk, little"] = (DiskCheck.Evaluate(new FileSystemSpace(0, 100L << 30, 100L << 20, 1_000_000, 900_000)), FindingState.Warning, "100 MiB|prune"),
        ["disk, few inodes"] = (DiskCheck.Evaluate(new FileSystemSpace(0, 100L << 30, 50L << 30, 1_000_000, 50)), FindingState.Problem, "50 inodes"),
        ["disk, full"] = (DiskCheck.Evaluate(new FileSystemSpace(0, 100L << 30, 1L << 20, 1_000_000, 900_000)), FindingState.Problem, "1 MiB free|may not fit"),
        ["persistence"] = (PersistenceCheck.Evaluate(new("/srv/Crashes", 0xEF53, null)), FindingState.Ok, "on a disk"),
        ["persistence, tmpfs"] = (PersistenceCheck.Evaluate(new("/tmp/a Crashes", FileSystemSpace.Tmpfs, null)), FindingState.Warning, "tmpfs|lost|CrashesDirectory"),
        ["persistence, emptied"] = (PersistenceCheck.Evaluate(new("/tmp/a Crashes", 0xEF53, "tmpfiles.d: D /tmp 1777 root root -")), FindingState.Warning, "D /tmp|lost"),
        ["persistence, overlay"] = (PersistenceCheck.Evaluate(new("/srv/Crashes", FileSystemSpace.Overlayfs, null)), FindingState.Warning, "volume|WaitForUpload"),
        ["persistence, none"] = (PersistenceCheck.Evaluate(null), FindingState.NotApplicable, "no database"),
        ["socket"] = (SocketCheck.Evaluate(s_socket), FindingState.Ok, "/run/user/1000|handler 7 answers"),
        ["socket, no handler"] = (SocketCheck.Evaluate(s_socket with { Handlers = [] }), FindingState.Ok, "no handler answers"),
        ["socket, another user's"] = (SocketCheck.Evaluate(s_socket with { Owner = 0 }), FindingState.Problem, "belongs to user 0|XDG_RUNTIME_DIR"),
        ["socket, too long"] = (SocketCheck.Evaluate(s_socket with { PathBytes = 120 }), FindingState.Problem, "120 bytes|at most 107"),
        ["socket, stopped"] = (SocketCheck.Evaluate(s_socket with { Stopped = ["/run/user/1000/a.sock"] }), FindingState.Problem, "/run/user/1000/a.sock|kill -CONT"),
        ["socket, stale"] = (SocketCheck.Evaluate(s_socket with { Stale = ["/run/user/1000/a.sock"] }), FindingState.Warning, "/run/user/1000/a.sock|Harmless"),
        ["socket, ignored"] = (SocketCheck.Evaluate(s_socket with { IsRuntimeDirectoryOwn = false, Directory = "/tmp/crash-handler-1000" }), FindingState.Warning, "'/run/user/1000' is not taken"),
        ["uploads, none"] = (UploadsCheck.Evaluate(null, null), FindingState.NotApplicable, "no database"),
        ["uploads"] = (UploadsCheck.Evaluate(new(true, true, false), new Uri("https://a.example")), FindingState.Ok, "on"),
        ["uploads, off"] = (UploadsCheck.Evaluate(new(true, false, false), null), FindingState.Warning, "by the operator|uploads on"),
        ["uploads, unwanted"] = (UploadsCheck.Evaluate(new(false, true, false), null), FindingState.Warning, "by the application|UploadToServer"),
        ["uploads, paused"] = (UploadsCheck.Evaluate(new(true, true, true), null), FindingState.Warning, "paused|uploads resume"),
        ["dac, none installed"] = (DacCheck.Evaluate([], null), FindingState.NotApplicable, "no .NET runtime"),
        ["dac, none in the process"] = (DacCheck.Evaluate([], 42), FindingState.NotApplicable, "process 42|NativeAOT"),
        ["dac, closed"] = (DacCheck.Evaluate(null, 42), FindingState.NotApplicable, "cannot be read"),
        ["dac"] = (DacCheck.Evaluate([s_runtime], null), FindingState.Ok, "10.0.1"),
        ["dac, without createdump"] = (DacCheck.Evaluate([s_runtime with { HasCreateDump = false }], null), FindingState.Ok, "no heap dumps"),
        ["dac, missing"] = (DacCheck.Evaluate([s_runtime, s_runtime with { Name = "9.0.2", HasDac = false, DacBuild = null }], null), FindingState.Problem, "'9.0.2'|no managed stacks|same build"),
        ["dac, of another build"] = (DacCheck.Evaluate([s_runtime with { DacBuild = "10.0.225.1" }], 42), FindingState.Problem, "another build"),
        ["dac, refused"] = (DacCheck.Evaluate([s_runtime with { WhyDacRefused = "its group or others may write it" }], 42), FindingState.Problem, "others may write it|chmod go-w"),
        ["pdb, no process"] = (PdbCheck.Evaluate(null), FindingState.NotApplicable, "--pid"),
        ["pdb"] = (PdbCheck.Evaluate(new(3, [], false)), FindingState.Ok, "3 of 3"),
        ["pdb, missing"] = (PdbCheck.Evaluate(new(1, ["A.dll", "B.dll", "C.dll", "D.dll", "E.dll", "F.dll"], false)), FindingState.Warning, "1 of 7|'A.dll'|and 1 more|embedded"),
        ["pdb, no assemblies"] = (PdbCheck.Evaluate(new(0, [], false)), FindingState.NotApplicable, "no assemblies"),
        ["diagnostics"] = (DiagnosticsCheck.Evaluate(new("this process", [], false)), FindingState.Ok, "this process"),
        ["diagnostics, off"] = (DiagnosticsCheck.Evaluate(new("process 42", ["DOTNET_EnableDiagnostics=0"], false)), FindingState.Warning, "DOTNET_EnableDiagnostics=0|process 42|heap dumps"),
        ["diagnostics, createdump"] = (DiagnosticsCheck.Evaluate(new("process 42", [], true)), FindingState.Ok, "createdump"),
        ["diagnostics, hidden"] = (DiagnosticsCheck.Evaluate(null), FindingState.NotApplicable, "read"),
        ["server, none"] = (ServerCheck.Evaluate(null), FindingState.NotApplicable, "--url"),
        ["server"] = (ServerCheck.Evaluate(s_server), FindingState.Ok, "405|12 ms"),
        ["server, unknown name"] = (ServerCheck.Evaluate(s_server with { Failure = ServerFailure.Name, Reason = "Name or service not known" }), FindingState.Problem, "not known|resolv.conf|wait"),
        ["server, refused"] = (ServerCheck.Evaluate(s_server with { Failure = ServerFailure.Connect, Reason = "Connection refused" }), FindingState.Problem, "Connection refused|firewall"),
        ["server, TLS"] = (ServerCheck.Evaluate(s_server with { Failure = ServerFailure.Tls, Reason = "the certificate is expired" }), FindingState.Problem, "expired|SSL_CERT_FILE"),
        ["server, proxy"] = (ServerCheck.Evaluate(s_server with { Proxy = "http://proxy:3128", Failure = ServerFailure.Connect, Reason = "Connection refused" }), FindingState.Problem, "http://proxy:3128|Check the proxy"),
        ["server, proxy's question"] = (ServerCheck.Evaluate(s_server with { Proxy = "http://proxy:3128", Status = 407 }), FindingState.Problem, "407|HTTPS_PROXY"),
        ["server, slow"] = (ServerCheck.Evaluate(s_server with { Failure = ServerFailure.Time, Reason = "no answer within 10 s" }), FindingState.Problem, "10 s|firewall"),
        ["server, no HTTP"] = (ServerCheck.Evaluate(s_server with { Failure = ServerFailure.Http, Reason = "nonsense" }), FindingState.Problem, "HTTP server"),
        ["server, in trouble"] = (ServerCheck.Evaluate(s_server with { Status = 503 }), FindingState.Warning, "503"),
        ["server, nothing there"] = (ServerCheck.Evaluate(s_server with { Status = 404 }), FindingState.Warning, "404|Check the URL"),
        ["clock"] = (ClockCheck.Evaluate(new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(2)), FindingState.Ok, "2026-05-01"),
        ["clock, never set"] = (ClockCheck.Evaluate(DateTimeOffset.UnixEpoch, null), FindingState.Problem, "1970-01-01|NTP"),
        ["clock, behind"] = (ClockCheck.Evaluate(new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(1)), FindingState.Warning, "60 min behind"),
        ["clock, ahead"] = (ClockCheck.Evaluate(new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(-1)), FindingState.Warning, "60 min ahead of"),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void SaysWhatThereIsAndWhatToDo(string name)
    {
        (Finding finding, FindingState state, string words) = s_cases[name];

        AssertSays(finding, state, words);
    }

    /// <summary>A finding of a state, which says all words, what it means, and what to do.</summary>
    internal static void AssertSays(Finding finding, FindingState state, string words)
    {
        Assert.Equal(state, finding.State);
        string said = $"{finding.Found} {finding.Meaning} {finding.Remedy}";
        Assert.All(words.Split('|'), word => Assert.Contains(word, said, StringComparison.Ordinal));
        // Whatever is not well says what it means and how to mend it; what is well has nothing to be mended.
        bool isBad = state is FindingState.Problem or FindingState.Warning;
        Assert.Equal(isBad, finding.Remedy is not null);
        Assert.True(finding.Meaning is not null || !isBad, "it does not say what it means");
        Assert.DoesNotContain("  ", finding.Found, StringComparison.Ordinal);
    }
}
