using System.Globalization;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// What a disk, a file system and people do to a database while its handler runs: reports that are there stay whole, the handler goes on and says what is wrong, and the first crash
/// after it is mended is reported (tests/Reports/README.md).
/// </summary>
public sealed class StorageFaultTests : IDisposable
{
    private const int PageBytes = 4_096;

    // No common factor with anything that repeats in a filing.
    private const int Stride = 5;

    private readonly Sandbox _sandbox = new(Identities.Own);
    private int _mounts;

    public void Dispose()
    {
        for (; _mounts > 0; _mounts--)
        {
            _sandbox.Run("umount", "--lazy", _sandbox.Database);
        }

        _sandbox.Dispose();
    }

    /// <summary>With nothing left, with room for a record and no dump, and for half a dump.</summary>
    [Fact]
    public void OnAFullDiskACrashIsSaidAndTheNextOneIsReported()
    {
        RequireMount("it fills a file system of its own");
        Directory.CreateDirectory(_sandbox.Database);
        Mount("-t", "tmpfs", "-o", "size=4m,mode=700", "crash-handler-full", _sandbox.Database);
        FaultedHandler handler = new(_sandbox);
        Assert.True(handler.IsReported(handler.Crash()));
        string filler = Path.Combine(_sandbox.Database, "filler");
        foreach (int pages in new[] { 0, 2, 10 })
        {
            Dictionary<string, string> before = handler.Whole();
            Fill(filler, pages);

            int lost = handler.Crash();

            Assert.False(handler.IsReported(lost));
            AssertSaid(handler, lost, "(errno 28)", _sandbox.Database);
            Assert.Empty(handler.Begun());
            handler.AssertKept(before);
            File.Delete(filler);
            Assert.True(handler.IsReported(handler.Crash()), $"with {pages} pages left it was not mended");
            handler.AssertKept(before);
        }
    }

    [Fact]
    public void BeyondTheLimitOfAFilesSizeACrashIsSaidAndTheNextOneIsReported()
    {
        FaultedHandler handler = new(_sandbox);
        Assert.True(handler.IsReported(handler.Crash()));
        Dictionary<string, string> before = handler.Whole();
        Limit(handler, "16384:unlimited");

        int lost = handler.Crash();

        Assert.False(handler.IsReported(lost));
        AssertSaid(handler, lost, "File too large", "new");
        Assert.Empty(handler.Begun());
        handler.AssertKept(before);
        Limit(handler, "unlimited:unlimited");
        Assert.True(handler.IsReported(handler.Crash()));
        handler.AssertKept(before);
    }

    /// <summary>The kernel makes no file system read-only under open files, but one may be mounted over it: what the handler opens by its name is on the new one.</summary>
    [Fact]
    public void ReadOnlyACrashIsSaidAndTheNextOneIsReported()
    {
        RequireMount("it mounts a database read-only");
        FaultedHandler handler = new(_sandbox);
        Assert.True(handler.IsReported(handler.Crash()));
        Dictionary<string, string> before = handler.Whole();
        Mount("--bind", _sandbox.Database, _sandbox.Database);
        Assert.Equal(0, _sandbox.Run("mount", "-o", "remount,bind,ro", _sandbox.Database).ExitCode);

        int lost = handler.Crash();

        Assert.False(handler.IsReported(lost));
        // The log is on it, too.
        Assert.Contains(handler.LastErrors(), error => error.Contains($"{lost}", StringComparison.Ordinal) && error.Contains("Read-only file system", StringComparison.Ordinal));
        handler.AssertKept(before);
        Assert.Equal(0, _sandbox.Run("mount", "-o", "remount,bind,rw", _sandbox.Database).ExitCode);
        Assert.True(handler.IsReported(handler.Crash()));
        handler.AssertKept(before);
        Assert.Empty(handler.Begun());
    }

    [Theory]
    [InlineData("")]
    [InlineData("new")]
    [InlineData("pending")]
    [InlineData("completed")]
    [InlineData("attachments")]
    public void WhatIsRemovedIsMadeAnewForTheNextCrash(string what)
    {
        FaultedHandler handler = new(_sandbox, options: ["--uploads", "off"]);
        Assert.True(handler.IsReported(handler.Crash()));
        Guid guid = handler.Database.Settings.ClientId;
        Directory.Delete(Path.Combine(_sandbox.Database, what), recursive: true);

        int reported = handler.Crash();

        Assert.True(handler.IsReported(reported));
        Assert.Contains(handler.LastErrors(), error => error.Contains("was gone", StringComparison.Ordinal));
        // Whoever wanted no uploads wants none now, and is the same client.
        ReportRecord report = handler.Database.List().Single(report => report.ProcessId == reported);
        Assert.Equal((ReportState.Skipped, guid.ToString()), (report.State, report.Parameters["guid"]));
        // Found by its database again.
        _sandbox.Until(() => _sandbox.RunningHandlers().Any(status => status.GetProperty("handlerPid").GetInt32() == handler.Pid) ? "found" : null, () => "the handler to be found");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_sandbox.Database));
    }

    [Fact]
    public void RenamedAwayItStaysWholeAndIsMadeAnewForTheNextCrash()
    {
        FaultedHandler handler = new(_sandbox);
        int first = handler.Crash();
        string away = _sandbox.PathOf("away");
        Directory.Move(_sandbox.Database, away);

        int second = handler.Crash();

        Assert.Equal([second], handler.Database.List().Select(report => report.ProcessId));
        Assert.Equal([first], ReportDatabase.OpenExisting(away).List(problem => Assert.Fail(problem)).Select(report => report.ProcessId));
    }

    /// <summary>Where it leads is nobody's business; the report waits, whole, in <c>new/</c>, until it is mended.</summary>
    [Theory]
    [InlineData("link")]
    [InlineData("file")]
    public void WhatIsInThePlaceOfADirectoryIsNotFollowed(string kind)
    {
        FaultedHandler handler = new(_sandbox);
        int first = handler.Crash();
        string pending = Path.Combine(_sandbox.Database, "pending"), elsewhere = _sandbox.MakeFolder("elsewhere"), kept = _sandbox.PathOf("kept");
        Directory.Move(pending, kept);
        if (kind == "link")
        {
            File.CreateSymbolicLink(pending, elsewhere);
        }
        else
        {
            File.WriteAllText(pending, "");
        }

        int second = handler.Crash();

        AssertSaid(handler, second, "move it away", pending);
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere));
        File.Delete(pending);
        Directory.Move(kept, pending);
        int third = handler.Crash();
        _sandbox.Until(() => handler.Begun().Length == 0 ? "filed" : null, () => "the report that waited to be filed");
        Assert.Equal(new[] { first, second, third }.Order(), handler.Database.List(problem => Assert.Fail(problem)).Select(report => report.ProcessId).Order());
    }

    /// <summary>Somebody else makes a directory of the name that has become free.</summary>
    [Fact]
    public void ADirectoryOfSomebodyElseGetsNothing()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: it makes a directory of another user's");
        }

        FaultedHandler handler = new(_sandbox);
        handler.Crash();
        Directory.Delete(_sandbox.Database, recursive: true);
        Directory.CreateDirectory(Path.Combine(_sandbox.Database, "new"));
        _sandbox.GiveAll(_sandbox.Database, Identities.UnprivilegedId);

        int lost = handler.Crash();

        Assert.Contains(handler.LastErrors(), error => error.Contains($"{lost}", StringComparison.Ordinal) && error.Contains("belongs to uid 65534", StringComparison.Ordinal));
        Assert.Empty(handler.Begun());
    }

    [Fact]
    public void ADiskThatFailsAtAnyCallCostsThatReportAtMost() => FailAtCalls(Stride);

    [Fact(Explicit = true)]
    public void ADiskThatFailsAtEveryCallCostsThatReportAtMost() => FailAtCalls(1);

    [Fact]
    public void ADiskThatFailsAtAllCallsIsSaidAndTheFirstCrashAfterItIsReported()
    {
        FaultedHandler handler = StartFailing();
        Assert.True(handler.IsReported(handler.Crash()));
        Dictionary<string, string> before = handler.Whole();
        Tell(handler, "all");

        int lost = handler.Crash();

        Tell(handler, "fail 0");
        Assert.False(handler.IsReported(lost));
        AssertSaid(handler, lost, "errno 5", _sandbox.Database);
        handler.AssertKept(before);
        Assert.True(handler.IsReported(handler.Crash()));
        handler.AssertKept(before);
    }

    [Fact]
    public void OfTwoHandlersBothFileOneSendsAndTheOtherFollowsIt()
    {
        Collector collector = _sandbox.StartCollector();
        FaultedHandler one = new(_sandbox, name: "one", options: ["--url", collector.Url]);
        _sandbox.Until(() => IsLocked() ? "locked" : null, () => "the first to take the lock");
        FaultedHandler other = new(_sandbox, name: "other", options: ["--url", collector.Url]);
        List<int> crashed = [one.Crash(), other.Crash(), one.Crash(), other.Crash()];
        collector.WaitFor(crashed.Count);
        // Killed between an answer and its storing, it would be sent a second time.
        _sandbox.WaitUntilUploaded();

        _sandbox.Kill(one.Pid);
        crashed.Add(other.Crash());
        collector.WaitFor(crashed.Count);

        _sandbox.WaitUntilUploaded();
        Assert.Equal(crashed.Order(), other.Database.List().Select(report => report.ProcessId).Order());
        Assert.Equal(crashed.Count, collector.Arrived().Count);
    }

    private bool IsLocked()
    {
        using Handler.Posix.FileDescriptor? free = ReportDatabase.OpenExisting(_sandbox.Database).TryLockUploads();
        return free is null;
    }

    private void FailAtCalls(int stride)
    {
        FaultedHandler handler = StartFailing();
        Assert.True(handler.IsReported(handler.Crash()));
        Tell(handler, "fail 0");
        Assert.True(handler.IsReported(handler.Crash()));
        long calls = long.Parse(Tell(handler, "calls").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(calls, 20, 1_000);
        List<int> crashed = [];
        List<string> failed = [];
        for (long call = 1; call <= calls + stride; call += stride)
        {
            Dictionary<string, string> before = handler.Whole();
            Tell(handler, $"fail {call}");

            int pid = handler.Crash();

            failed.Add(Tell(handler, "fail 0"));
            crashed.Add(pid);
            Assert.True(handler.IsReported(pid) || handler.WhyNone(pid).Contains("errno 5", StringComparison.Ordinal), $"{failed[^1]}: {pid} was lost: '{handler.WhyNone(pid)}'");
            handler.AssertKept(before);
        }

        Assert.True(handler.IsReported(handler.Crash()));
        // A claim whose file could not be removed, or was made and no more: an empty one may be a claim that begins just now, and goes when the next handler starts.
        _sandbox.Until(() => Array.TrueForAll(handler.Begun(), path => new FileInfo(path).Length == 0) ? "gone" : null, () => $"what was begun to be gone: {string.Join(' ', handler.Begun())}");
        List<string> told = [];
        // The handler looks, too, and has one in hand then.
        _sandbox.Until(() => Recovered(handler, told) ? "gone" : null, () => $"the claims to be gone: {string.Join(' ', handler.Begun())}; {string.Join("; ", told)}");
        int explained = crashed.Count(pid => handler.WhyNone(pid).Length > 0);
        TestContext.Current.TestOutputHelper?.WriteLine($"{calls} calls, {crashed.Count} crashes with one that failed: {crashed.Count(handler.IsReported)} reported, {explained} said");
        failed.ForEach(line => TestContext.Current.TestOutputHelper?.WriteLine(line));
        Assert.Contains(failed, line => !line.EndsWith(" none", StringComparison.Ordinal));
    }

    private static bool Recovered(FaultedHandler handler, List<string> told)
    {
        handler.Database.Recover(told.Add);
        return handler.Begun().Length == 0;
    }

    private FaultedHandler StartFailing()
        => new(_sandbox, [_sandbox.CompileScript("fail_calls.c"), _sandbox.Database + "/", Handler.Daemon.HandlerLog.FileName]);

    private static string Tell(FaultedHandler handler, string what)
    {
        handler.Process.WriteLine(what);
        string line;
        do
        {
            line = handler.Process.ReadLine();
        }
        while (line.StartsWith("pid ", StringComparison.Ordinal));
        return line;
    }

    private static void AssertSaid(FaultedHandler handler, int pid, params string[] words)
    {
        Assert.All(words, word => Assert.Contains(word, handler.WhyNone(pid), StringComparison.Ordinal));
        Assert.Contains(handler.LastErrors(), error => error.Contains($"no report of pid {pid}: ", StringComparison.Ordinal) && words.All(word => error.Contains(word, StringComparison.Ordinal)));
    }

    private static void RequireMount(string why)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip($"needs root: {why}");
        }
    }

    private void Mount(params string[] arguments)
    {
        ProcessResult mount = _sandbox.Run("mount", arguments);
        Assert.True(mount.ExitCode == 0, mount.Error);
        _mounts++;
    }

    private void Limit(FaultedHandler handler, string bytes)
    {
        ProcessResult limit = _sandbox.Run("prlimit", $"--pid={handler.Pid}", $"--fsize={bytes}");
        Assert.True(limit.ExitCode == 0, limit.Error);
    }

    /// <summary>Takes all room but a number of pages.</summary>
    private static void Fill(string path, int pages)
    {
        using FileStream filler = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[PageBytes];
        try
        {
            while (true)
            {
                filler.Write(page);
            }
        }
        catch (IOException)
        {
            filler.SetLength(filler.Length - ((long)pages * PageBytes));
        }
    }
}
