using System.Globalization;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Mono.Unix.Native;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>Which debugging library (DAC) the walk loads, and with what rights: it is code that the crashed process chose.</summary>
public sealed class DebuggingLibraryTests : IDisposable
{
    private const uint Somebody = 12_345;

    // A whole application with a runtime of its own, so that its library can be changed.
    private readonly string _folder = TestPrograms.NewFolder("crash-handler-dac-");

    public DebuggingLibraryTests()
    {
        string shape = StackProcess.Shape("net9.0-self-contained");
        foreach (string file in Directory.EnumerateFiles(shape))
        {
            string copy = Path.Combine(_folder, Path.GetFileName(file));
            ProgramFile.Copy(file, copy);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
    }

    private string Dac => Path.Combine(_folder, MadeUpDac.Library);

    private string Victim => Path.Combine(_folder, "deathvictim");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_one_that_belongs_is_loaded()
    {
        using StackProcess process = StackProcess.Wait(Victim);

        StackDocument document = WalkRun.Of(process).Whole;

        Assert.Equal((StackSource.Walk, null), (document.Source, document.Problem));
    }

    [Theory]
    [InlineData("absent", "there is no ")]
    [InlineData("text", "it is no ELF file")]
    [InlineData("directory", "it is no regular file")]
    [InlineData("pipe", "it is no regular file")]
    [InlineData("other-build", "it belongs to another build of the runtime")]
    [InlineData("musl", "it is built for another C library (libc.musl-x86_64.so.1)")]
    [InlineData("group", "its group or others may write it")]
    [InlineData("others", "its group or others may write it")]
    [InlineData("owner", "it belongs to user 12345, neither to root nor to the user of the process")]
    public void One_that_does_not_belong_is_not_loaded(string kind, string reason)
    {
        Change(kind);
        using StackProcess process = StackProcess.Wait(Victim);

        StackDocument document = WalkRun.Of(process).Whole;

        Assert.Equal(StackSource.None, document.Source);
        Assert.Contains(reason, document.Problem, StringComparison.Ordinal);
        Assert.Contains(Dac, document.Problem, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(_folder, "libcoreclr.so"), document.Runtime!.Path);
        Assert.All(document.Threads, thread => Assert.True(thread.Frames.Count > 0, $"{thread}"));
    }

    [Fact]
    public void Of_a_process_with_a_root_of_its_own_only_roots_library_of_this_machine_is_loaded()
    {
        Identities.Require(Identities.Root);
        Assert.Equal(0, Syscall.chown(Dac, Somebody, Somebody));
        using StackProcess process = StackProcess.Wait(Victim);

        StackDocument document = WalkRun.Of(process, request => request with { HasOwnRoot = true, UserId = Somebody, GroupId = Somebody }).Whole;

        Assert.Contains($"it belongs to user {Somebody}", document.Problem, StringComparison.Ordinal);
        Assert.Contains("of this machine", document.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Identities.Root)]
    [InlineData(Identities.User)]
    public void Its_code_runs_with_no_more_rights_than_the_process_has(string identity)
    {
        Identities.Require(identity);
        string facts = Path.Combine(_folder, "facts");
        Compile("""
            #include <dirent.h>
            #include <stdio.h>
            #include <stdlib.h>
            // Of every thread: it shares their memory.
            __attribute__((constructor)) static void run(void)
            {
                char line[512];
                FILE *facts = fopen(FACTS, "w");
                DIR *tasks = opendir("/proc/self/task");
                struct dirent *task;
                while (facts && tasks && (task = readdir(tasks)))
                {
                    snprintf(line, sizeof line, "/proc/self/task/%s/status", task->d_name);
                    FILE *status = task->d_name[0] == '.' ? NULL : fopen(line, "r");
                    while (status && fgets(line, sizeof line, status))
                        fputs(line, facts);
                    if (status)
                        fclose(status);
                }
                if (facts)
                    fclose(facts);
            }
            """, $"-DFACTS=\"{facts}\"");
        File.WriteAllText(facts, "");
        File.SetUnixFileMode(facts, UnixFileMode.UserWrite | UnixFileMode.OtherWrite | UnixFileMode.UserRead | UnixFileMode.OtherRead);
        using StackProcess process = StackProcess.Wait(Victim, Identities.Prefix(identity));
        uint user = identity == Identities.Root || !Environment.IsPrivilegedProcess ? Syscall.getuid() : Identities.UnprivilegedId;

        StackDocument document = WalkRun.Of(process).Whole;

        Assert.Contains("cannot be used", document.Problem, StringComparison.Ordinal);
        ILookup<string, string> status = File.ReadLines(facts).Select(line => line.Split(':', 2)).ToLookup(pair => pair[0], pair => pair[1].Trim());
        string four = string.Join('\t', Enumerable.Repeat(user.ToString(CultureInfo.InvariantCulture), 4));
        Assert.True(status["Uid"].Count() > 1, "the runtime's own threads are looked at, too");
        Assert.All(status["Uid"].Concat(status["Gid"]), ids => Assert.Equal(four, ids));
        Assert.All(status["NoNewPrivs"], one => Assert.Equal("1", one));
        Assert.All(((string[])["CapInh", "CapPrm", "CapEff"]).SelectMany(set => status[set]), set => Assert.Equal(0UL, Convert.ToUInt64(set, 16)));
        Assert.All(status["Groups"], groups => Assert.True(!Environment.IsPrivilegedProcess || groups.Length == 0, groups));
    }

    [Fact]
    public void One_that_never_comes_back_costs_the_managed_part_only()
    {
        Compile(MadeUpDac.Spins);
        using StackProcess process = StackProcess.Wait(Victim);

        StackDocument document = WalkRun.Of(process, request => request with { Limit = TimeSpan.FromSeconds(3) }).Whole;

        Assert.Contains("was not ready within", document.Problem, StringComparison.Ordinal);
        Assert.All(document.Threads, thread => Assert.True(thread.Frames.Count > 0, $"{thread}"));
        Assert.InRange(document.Milliseconds, 0, 3_000);
    }

    [Fact]
    public void One_that_crashes_ends_the_walk_alone()
    {
        Compile(MadeUpDac.Crashes);
        using StackProcess process = StackProcess.Wait(Victim);

        WalkRun run = WalkRun.Of(process);

        Assert.Null(run.Document);
        Assert.NotEqual(0, run.ExitCode);

        StackDocument second = WalkRun.Of(process, reason: "it was killed by SIGSEGV").Whole;
        Assert.Equal((StackSource.None, "it was killed by SIGSEGV"), (second.Source, second.Problem));
        Assert.All(second.Threads, thread => Assert.True(thread.Frames.Count > 0, $"{thread}"));
    }

    private void Change(string kind)
    {
        switch (kind)
        {
            case "absent":
                File.Delete(Dac);
                break;
            case "text":
                File.WriteAllText(Dac, "no library");
                break;
            case "directory":
                File.Delete(Dac);
                Directory.CreateDirectory(Dac);
                break;
            case "pipe":
                File.Delete(Dac);
                Assert.Equal(0, Syscall.mkfifo(Dac, FilePermissions.S_IRUSR | FilePermissions.S_IWUSR));
                break;
            case "other-build":
                File.Copy(Path.Combine(StackProcess.Shape("net8.0-self-contained"), MadeUpDac.Library), Dac, overwrite: true);
                break;
            case "musl":
                string musl = Path.Combine(_folder, "libc.musl-x86_64.so.1");
                MadeUpDac.CompileLibrary(_folder, "int musl(void) { return 0; }", musl, "-Wl,-soname,libc.musl-x86_64.so.1");
                Compile("int musl(void); int run(void) { return musl(); }", musl);
                break;
            case "group":
                File.SetUnixFileMode(Dac, File.GetUnixFileMode(Dac) | UnixFileMode.GroupWrite);
                break;
            case "others":
                File.SetUnixFileMode(Dac, File.GetUnixFileMode(Dac) | UnixFileMode.OtherWrite);
                break;
            case "owner":
                Identities.Require(Identities.Root);
                Assert.Equal(0, Syscall.chown(Dac, Somebody, Somebody));
                break;
            default:
                throw new ArgumentException(kind, nameof(kind));
        }
    }

    private void Compile(string code, params string[] options) => MadeUpDac.Compile(_folder, code, options);
}
