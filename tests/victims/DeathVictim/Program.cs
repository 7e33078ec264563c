using System.Runtime.CompilerServices;
using CrashHandler;
using CrashHandler.Victims.Deaths;

// deathvictim KIND FACTS [start|start-ignoring DATABASE HANDLER] [NULLS DIVISIONS]: says "ready", answers "ping" with "pong", and dies at any other line.
string kind = args[0];
Facts facts = new(args[1]);
if (args.ElementAtOrDefault(2) is "start" or "start-ignoring")
{
    StartResult result = CrashReporter.Start(new CrashReporterOptions
    {
        CompanyName = "CrashHandler tests",
        CrashesDirectory = args[3],
        HandlerPath = args[4],
        UploadToServer = false,
        IgnoreSystemCrashHandler = args[2] == "start-ignoring",
    });
    if (!result.IsRunning || result.Degraded.Count > 0)
    {
        Console.Error.WriteLine($"victim: Start is degraded: {string.Join("; ", result.Degraded)}");
        return 97;
    }
}

facts.Write(0);
Console.WriteLine("ready");
while (Console.ReadLine() == "ping")
{
    Console.WriteLine("pong");
}

switch (kind)
{
    case "unhandled-main":
        throw new InvalidOperationException("the victim's exception");
    case "unhandled-thread":
        OnThread(() => throw new InvalidOperationException("the victim's exception"));
        break;
    case "unhandled-null":
        Console.WriteLine(Faults.Length(null));
        break;
    case "fail-fast":
        Environment.FailFast("the victim's FailFast");
        break;
    case "overflow-main":
        Console.WriteLine(Faults.Descend(1));
        break;
    case "overflow-thread":
        OnThread(() => Console.WriteLine(Faults.Descend(1)));
        break;
    case "native-fault":
        facts.Write(Faults.Unmapped);
        NativeDeath.Fault(Faults.Unmapped);
        break;
    case "managed-pointer":
        facts.Write(Faults.Unmapped);
        Faults.Store(Faults.Unmapped);
        break;
    case "native-abort":
        NativeDeath.Abort();
        break;
    case "fpe-raised-twice":
        NativeDeath.Raise(Signals.FloatingPoint);
        NativeDeath.Raise(Signals.FloatingPoint);
        break;
    case "raised-trap":
        NativeDeath.Raise(Signals.Trap);
        break;
    case "native-bus":
        ulong cut = NativeDeath.CutMapping();
        facts.Write(cut);
        NativeDeath.Fault(cut);
        break;
    case "caught":
        Catch();
        break;
    case "caught-then-fail-fast":
        Catch();
        Environment.FailFast("the victim's FailFast");
        break;
    default:
        // The signals came from outside, and were survived.
        break;
}

return 0;

void Catch() => Console.WriteLine($"caught {Faults.CatchNulls(int.Parse(args[^2]))} {Faults.CatchDivisions(int.Parse(args[^1]))}");

[MethodImpl(MethodImplOptions.NoInlining)]
void OnThread(Action death)
{
    Thread thread = new(() =>
    {
        facts.Write(0);
        death();
    });
    thread.Start();
    thread.Join();
}
