using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CrashHandler;
using CrashHandler.Tests.Victims.SituationVictim;

// situation KIND [DATABASE HANDLER]: with the latter, Start is called; before a library does what it does, or after it (KIND-before-start).
string kind = args[0];
const string Before = "-before-start";
bool before = kind.EndsWith(Before, StringComparison.Ordinal);
if (before)
{
    kind = kind[..^Before.Length];
    InstallHandlers(kind);
}

if (args.Length > 1)
{
    StartResult result = CrashReporter.Start(new CrashReporterOptions
    {
        ProductName = "Situation",
        CompanyName = "CrashHandler tests",
        CrashesDirectory = args[1],
        HandlerPath = args[2],
        UploadToServer = false,
    });
    if (!result.IsRunning || result.Degraded.Count > 0)
    {
        Console.Error.WriteLine($"situation: Start is degraded: {string.Join("; ", result.Degraded)}");
        return 97;
    }
}

if (!before)
{
    InstallHandlers(kind);
}

switch (kind)
{
    case "together":
        Together(8);
        break;
    case "finalizer-throws":
        Finalize(() => throw new InvalidOperationException("thrown by a finalizer"));
        break;
    case "finalizer-faults":
        Finalize(NativeSituation.Fault);
        break;
    case "fault-during-gc":
        NativeSituation.FaultOnNativeThread(50);
        CollectForEver();
        break;
    case "throw-during-gc":
        new Thread(CollectForEver) { IsBackground = true }.Start();
        Thread.Sleep(50);
        Dies();
        throw new InvalidOperationException("thrown while another thread collects");
    case "native-handler-faults":
        Dies();
        NativeSituation.RaiseIntoFault();
        break;
    case "chain-fault":
    case "exit-fault":
        CatchMany();
        Dies();
        NativeSituation.Fault();
        break;
    case "chain-failfast":
        CatchMany();
        Dies();
        Environment.FailFast("with a library's handler in place");
        break;
    case "chain-survives":
        CatchMany();
        return 0;
    case "exit-survives":
        return 0;
    case "fork":
        Console.WriteLine($"child ended with {NativeSituation.ForkAndFault()}");
        return 0;
    case "fork-then-fault":
        Console.WriteLine($"child ended with {NativeSituation.ForkAndFault()}");
        Dies();
        NativeSituation.Fault();
        break;
    case "no-descriptors-fault":
        Dies();
        Check(NativeSituation.UseUpDescriptors());
        NativeSituation.Fault();
        break;
    case "no-descriptors-throw":
        Dies();
        Check(NativeSituation.UseUpDescriptors());
        throw new InvalidOperationException("thrown without a free descriptor");
    case "standard-closed-fault":
        Dies();
        NativeSituation.CloseStandard();
        NativeSituation.Fault();
        break;
    case "standard-closed-failfast":
        Dies();
        NativeSituation.CloseStandard();
        Environment.FailFast("to nobody");
        break;
    case "native-overflow":
        NativeSituation.Overflow();
        break;
    case "posix-signals":
        HandleSignals();
        return 0;
    default:
        throw new ArgumentException($"unknown kind {kind}");
}

return 98;

static void Dies() => Console.WriteLine($"dies {Environment.ProcessId} {NativeSituation.ThreadId()}");

static void Check(int error)
{
    if (error != 0)
    {
        throw new InvalidOperationException($"errno {error}");
    }
}

static void InstallHandlers(string kind)
{
    if (kind.StartsWith("chain-", StringComparison.Ordinal))
    {
        Check(NativeSituation.InstallChain());
    }
    else if (kind.StartsWith("exit-", StringComparison.Ordinal))
    {
        Check(NativeSituation.InstallExit());
    }
    else if (kind == "native-overflow")
    {
        Check(NativeSituation.Barrier(1)); // only loads the library
    }
}

static void Together(int count)
{
    Check(NativeSituation.Barrier(count));
    Thread[] threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(() =>
    {
        Dies();
        NativeSituation.FaultTogether();
    }))];
    Array.ForEach(threads, thread => thread.Start());
    Array.ForEach(threads, thread => thread.Join());
}

static void Finalize(Action die)
{
    Abandon(() =>
    {
        Dies();
        die();
    });
    GC.Collect();
    GC.WaitForPendingFinalizers();
    Thread.Sleep(Timeout.Infinite);
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void Abandon(Action die) => _ = new Faulty(die);

static void CollectForEver()
{
    List<object?[]> held = [.. Enumerable.Range(0, 20_000).Select(_ => new object?[8])];
    while (true)
    {
        GC.Collect();
        held[0][0] = held;
        // Collections without a pause starve every other managed thread, with us and without, sometimes for minutes.
        Thread.Sleep(1);
    }
}

static void CatchMany()
{
    int caught = 0;
    for (int i = 0; i < 100; i++)
    {
        try
        {
            caught -= Length(null);
        }
        catch (NullReferenceException)
        {
            caught++;
        }
    }

    Console.WriteLine($"caught {caught}");
}

// The fault must be the processor's, not a check that the compiler put in its place.
[MethodImpl(MethodImplOptions.NoInlining)]
static int Length(string? text) => text!.Length;

static void HandleSignals()
{
    foreach ((PosixSignal signal, int number) in new[] { (PosixSignal.SIGHUP, 1), (PosixSignal.SIGTERM, 15), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), ((PosixSignal)10, 10) })
    {
        using ManualResetEventSlim seen = new();
        using PosixSignalRegistration registration = PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            seen.Set();
        });
        Check(NativeSituation.Send(Environment.ProcessId, number));
        Console.WriteLine($"{signal} seen: {seen.Wait(TimeSpan.FromSeconds(30))}");
    }
}
