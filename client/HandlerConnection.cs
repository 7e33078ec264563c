using System.Text;
using CrashHandler.Launch;
using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// This process's connection to its handler: how it is found or launched, what it is asked, and the one way back to it when it is gone. All
/// members may be called from any thread; they wait for the handler, and for each other.
/// </summary>
/// <param name="options">What the application said.</param>
/// <param name="annotations">For every report of a handler that is launched: what the server wants also of children that say nothing.</param>
internal sealed class HandlerConnection(CrashReporterOptions options, IReadOnlyDictionary<string, string> annotations)
{
    private readonly object _lock = new();
    private volatile HandlerInfo? _handler;
    private volatile string? _problem;
    private volatile int _generation;

    /// <summary>Whether this process started or joined its handler by itself, as opposed to attaching to its parent's.</summary>
    public bool IsMain { get; private set; } = true;

    /// <summary>The handler of this process; null: there was none yet.</summary>
    public HandlerInfo? Handler => _handler;

    /// <summary>Why the handler that ended has no successor yet; null when all is well.</summary>
    public string? Problem
    {
        get => _problem;
        set => _problem = value;
    }

    /// <summary>Changes with each handler connected.</summary>
    public int Generation => _generation;

    /// <summary>Whether the connection is still the one of this generation, once whoever replaces it is done.</summary>
    public bool IsOf(int generation)
    {
        lock (_lock)
        {
            return _generation == generation;
        }
    }

    /// <summary>The handler that the environment names; null: it names none, and this is a main process.</summary>
    public static string? Inherited => Environment.GetEnvironmentVariable(EnvironmentNames.Pipe) is { Length: > 0 } address ? address : null;

    /// <summary>This process is a child whose handler cannot be had: what only main processes may do is not for it.</summary>
    public void Orphan() => IsMain = false;

    /// <summary>
    /// Attaches to the handler that was inherited, if it is ours: the variable is inherited by everything an application runs, another company's
    /// programs included.
    /// </summary>
    /// <param name="address">Its socket.</param>
    /// <param name="looks">How often it is looked for: when it just died, its main process starts the next one.</param>
    /// <param name="problem">Why it did not answer; null: it did.</param>
    public bool TryAttach(string address, int looks, out string? problem)
    {
        for (int look = 1; ; look++)
        {
            bool isAttached = TryAttachOnce(address, out ShimException? gone, out problem);
            if (problem is null || look >= looks || gone is not { Errno: not (ShimException.TimedOut or ShimException.Busy) })
            {
                return isAttached;
            }

            Thread.Sleep(ClientLimits.LookInterval);
        }
    }

    private bool TryAttachOnce(string address, out ShimException? gone, out string? problem)
    {
        (gone, problem) = (null, null);
        lock (_lock)
        {
            try
            {
                Welcome welcome = Shim.Connect(address);
                bool isForAll = options.Operator is { TakesInherited: true };
                if (!isForAll && (!StartOptions.SameUrl(options.Url, welcome.Url) || !StartOptions.SameDirectory(options.CrashesDirectory, welcome.Database)))
                {
                    return false;
                }

                Joined(address, welcome);
                IsMain = HookHandover.IsMainOf(address);
                return true;
            }
            catch (Exception silent) when (silent is ShimException or MalformedFrameException)
            {
                gone = silent as ShimException;
                problem = $"the handler named by {EnvironmentNames.Pipe} did not answer ({silent.Message})";
                return false;
            }
        }
    }

    /// <summary>Launches a handler for the database, or joins the one that serves it already.</summary>
    /// <exception cref="HandlerUnavailableException">None can be had.</exception>
    /// <exception cref="ShimException">Likewise.</exception>
    public void LaunchOrJoin(string database)
    {
        // Told before the queue starts, so that nothing is sent in between.
        string[] uploads = options.UploadToServer switch { null => [], bool upload => ["--uploads", upload ? "on" : "off"] };
        lock (_lock)
        {
            for (int attempt = 1; ; attempt++)
            {
                ReadyLine ready = Launch(Places.FindHandler(options.HandlerPath), database, options.Url, uploads);
                try
                {
                    Joined(ready.Address, Shim.Connect(ready.Address));
                    if (!ready.IsOurs && options.UploadToServer is bool stored)
                    {
                        SetUploadsOnce(stored);
                    }

                    return;
                }
                catch (ShimException) when (attempt < ClientLimits.LaunchAttempts)
                {
                    // The live handler was at its idle exit: the next launch finds the address free.
                }
            }
        }
    }

    /// <summary>Passes the registration block.</summary>
    /// <returns>What is in place in this process, final.</returns>
    /// <exception cref="ShimException">The handler does not take it.</exception>
    public Hooks Register()
    {
        lock (_lock)
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    return RegisterOnce();
                }
                catch (ShimException gone) when (gone.Errno is not (ShimException.TimedOut or ShimException.Busy) && attempt < ClientLimits.LaunchAttempts)
                {
                    // It was there a moment ago, and died since.
                    FindAgain(mayLaunch: true);
                }
            }
        }
    }

    /// <summary>Asks one thing. When the handler is gone, comes back to one, and asks again.</summary>
    /// <exception cref="InvalidOperationException">No handler can be had, or it could not do it.</exception>
    public T Ask<T>(Func<T> question)
    {
        lock (_lock)
        {
            try
            {
                try
                {
                    return question();
                }
                catch (ShimException gone) when (gone.Errno is not (ShimException.TimedOut or ShimException.Busy))
                {
                    ComeBack(mayLaunch: true);
                    return question();
                }
            }
            catch (Exception unavailable) when (IsUnavailable(unavailable))
            {
                throw new InvalidOperationException(unavailable.Message, unavailable);
            }
        }
    }

    /// <summary>One request with one frame of answer. Within <see cref="Ask"/>.</summary>
    public static byte[] Request(FrameType type, byte[] payload, FrameType expected)
    {
        byte[] answer = Shim.Request(type, payload, out FrameType got);
        ThrowUnless(expected, got, answer);
        return answer;
    }

    /// <summary>Says something that has no answer, if nobody waits for an answer just now.</summary>
    public void Notify(FrameType type)
    {
        if (!Monitor.TryEnter(_lock))
        {
            return;
        }

        try
        {
            Shim.Notify(type);
        }
        catch (ShimException)
        {
            // The handler is gone, and the next one hears everything at registration.
        }
        finally
        {
            Monitor.Exit(_lock);
        }
    }

    /// <summary>Whether the handler that is gone was killed, or ended in order.</summary>
    /// <remarks>On Linux one that ends in order removes its socket first. On Windows a pipe goes with its process either way, and the exit code says it.</remarks>
    public bool WasKilled => OperatingSystem.IsWindows() ? !NativeProcess.HasEndedInOrder(Handler!.Welcome.HandlerProcessId) : File.Exists(Handler!.Address);

    /// <summary>One attempt to come back after the handler's end: another process may have started the next one already, else this one does.</summary>
    /// <param name="generation">The <see cref="Generation"/> that ended.</param>
    /// <param name="mayLaunch">Whether to start one when none listens.</param>
    /// <returns>Whether there is a handler again; else <see cref="Problem"/> says why not.</returns>
    public bool TryComeBack(int generation, bool mayLaunch)
    {
        lock (_lock)
        {
            if (_generation != generation)
            {
                return true;
            }

            try
            {
                ComeBack(mayLaunch);
                return true;
            }
            catch (Exception unavailable) when (IsUnavailable(unavailable))
            {
                _problem = $"the handler ended and there is no other one yet: {unavailable.Message}";
                return false;
            }
        }
    }

    /// <summary>Makes an exception of an answer that is not the expected one.</summary>
    public static void ThrowUnless(FrameType expected, FrameType type, byte[] payload)
    {
        if (type == FrameType.Failed)
        {
            throw new InvalidOperationException($"the handler could not do it: {Encoding.UTF8.GetString(payload)}");
        }

        if (type != expected)
        {
            throw new MalformedFrameException($"the handler answered {type} instead of {expected}");
        }
    }

    private uint HoldMilliseconds
        => (uint)(options.WaitForUpload ?? TimeSpan.Zero).TotalMilliseconds + (options.HeapDump == HeapDumpKind.None ? 0 : (uint)ProtocolLimits.HeapDumpLimitMilliseconds);

    private static bool IsUnavailable(Exception problem) => problem is ShimException or HandlerUnavailableException or MalformedFrameException;

    private void ComeBack(bool mayLaunch)
    {
        FindAgain(mayLaunch);
        RegisterOnce();
        _problem = null;
    }

    // At the same address, because children know no other; and without --uploads, because the stored choice may be a later one.
    private void FindAgain(bool mayLaunch)
    {
        HandlerInfo former = _handler ?? throw new HandlerUnavailableException("there was no handler yet");
        string address = former.Address;
        try
        {
            Joined(address, Shim.Connect(address));
        }
        catch (ShimException gone) when (mayLaunch && gone.Errno != ShimException.Busy)
        {
            string handler = File.Exists(former.Executable) ? former.Executable : Places.FindHandler(options.HandlerPath);
            string[] pipe = OperatingSystem.IsWindows() || Directory.Exists(Path.GetDirectoryName(address)) ? ["--pipe", address] : [];
            string url = options.Url ?? former.Welcome.Url ?? "";
            address = Launch(handler, former.Welcome.Database, url, pipe).Address;
            Joined(address, Shim.Connect(address));
        }
    }

    private ReadyLine Launch(string handler, string database, string? url, string[] more)
    {
        List<string> arguments = [handler, "run", "--database", database, .. string.IsNullOrEmpty(url) ? [] : (string[])["--url", url], .. more];
        foreach ((string key, string value) in annotations)
        {
            arguments.Add("--annotation");
            arguments.Add($"{key}={value}");
        }

        return ReadyLine.Parse(Shim.Launch(arguments, ClientLimits.Launch));
    }

    private void Joined(string address, Welcome welcome)
    {
        string? executable = OperatingSystem.IsWindows() ? NativeProcess.Executable(welcome.HandlerProcessId)
            : new FileInfo($"/proc/{welcome.HandlerProcessId}/exe").LinkTarget;
        bool isRun = executable is not null && string.Equals(Path.GetFileName(executable), Places.HandlerFileName, Places.FileNames);
        _handler = new HandlerInfo(address, welcome, isRun ? executable : _handler?.Executable);
        _generation++;
    }

    private Hooks RegisterOnce()
    {
        Hooks hooks = Shim.Register(options.IgnoreSystemCrashHandler ? RegisterOptions.IgnoreSystemCrashHandler : RegisterOptions.None, HoldMilliseconds);
        Environment.SetEnvironmentVariable(EnvironmentNames.Pipe, _handler!.Address);
        return hooks;
    }

    private static void SetUploadsOnce(bool upload) => Request(FrameType.SetUploads, [upload ? (byte)1 : (byte)0], FrameType.Done);
}
