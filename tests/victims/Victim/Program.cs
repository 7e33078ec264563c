using System.Diagnostics;
using System.Runtime.CompilerServices;
using CrashHandler;
using CrashHandler.Victims;

VictimOptions options = VictimOptions.Parse(args);
if (options.Converse)
{
    return Conversation.Run(options.Handler!);
}

if (options.TouchEnvironment)
{
    Environment.SetEnvironmentVariable("VICTIM", "1");
}

if (options.Role != "none" && !options.StartLate && !Start())
{
    return 97;
}

options.Attachments.ForEach(CrashReporter.AddAttachment);
Console.WriteLine("victim");
if (options.WaitAll)
{
    Console.WriteLine($"waited for {NativeVictim.WaitForAllChildren()} children");
}

foreach ((bool attached, string[] arguments) in options.Children)
{
    ProcessStartInfo start = new(Environment.ProcessPath!, arguments);
    if (!attached && options.Handler is not null)
    {
        start.ArgumentList.Add("--handler");
        start.ArgumentList.Add(options.Handler);
    }

    if (attached)
    {
        CrashReporter.AttachChild(start);
    }

    using Process child = Process.Start(start)!;
    child.WaitForExit();
    Console.WriteLine($"{(attached ? "child" : "renderer")} {child.Id} exited with {child.ExitCode}");
}

if (options.Facts is not null)
{
    (ulong start, ulong end) = NativeVictim.FaultRange();
    File.WriteAllText(
        options.Facts,
        $$"""{"pid":{{Environment.ProcessId}},"tid":{{NativeVictim.ThreadId()}},"address":{{NativeVictim.UnmappedAddress}},"codeStart":{{start}},"codeEnd":{{end}}}""");
}

if (options.Hold)
{
    Console.WriteLine("ready");
    Console.ReadLine();
}

if (options.StartLate && !Start())
{
    return 97;
}

string kind = options.Commands ? Commands.Run() : options.Kind;
switch (kind)
{
    case "none": return 0;
    case "unhandled": throw new InvalidOperationException("the victim's exception");
    case "failfast": Environment.FailFast("the victim's FailFast"); break;
    case "segv": NativeVictim.Fault(NativeVictim.UnmappedAddress); break;
    case "abort": NativeVictim.Abort(); break;
    case "overflow": Console.WriteLine(Descend(1)); break;
    case "caught": Console.WriteLine($"caught {CaughtExceptions.Many()}"); return 0;
    case "caught-failfast":
        Console.WriteLine($"caught {CaughtExceptions.Many()}");
        Environment.FailFast("the victim's FailFast after caught exceptions");
        break;
    case "parameter":
        string value = Guid.NewGuid().ToString();
        Console.WriteLine(value);
        CrashReporter.AddExtraParameter("last", value);
        NativeVictim.Fault(NativeVictim.UnmappedAddress);
        break;
    default:
        if (!UnhandledKinds.Throw(kind))
        {
            throw new ArgumentException($"unknown kind {kind}");
        }

        break;
}

return 98;

bool Start()
{
    StartResult result = CrashReporter.Start(new CrashReporterOptions
    {
        ProductName = "Victim",
        CompanyName = "CrashHandler tests",
        SubmitUrl = options.Url,
        CrashesDirectory = options.Database,
        HandlerPath = options.Handler,
        ProcessType = options.Role == "renderer" ? "renderer" : null,
        UploadToServer = options.NoUpload ? false : null,
        Extra = options.Extra,
        IgnoreSystemCrashHandler = options.IgnoreSystemCrashHandler,
    });
    if (!result.IsRunning || (result.Degraded.Count > 0 && !options.Tolerant))
    {
        Console.Error.WriteLine($"victim: Start is degraded: {string.Join("; ", result.Degraded)}");
        return false;
    }

    return true;
}

// Not a tail call: the stack must grow.
[MethodImpl(MethodImplOptions.NoInlining)]
static int Descend(int depth) => Descend(depth + 1) + depth;
