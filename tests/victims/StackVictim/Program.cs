using CrashHandler;
using CrashHandler.Victims.Stacks;

// stackvictim KIND FACTS [start DATABASE HANDLER]: says "ready", answers "ping" with "pong", and at any other line dies on a stack that is known: a comment
// "line: NAME" marks the lines that the tests expect.
Action scene = Scenes.Of(args[0]);
Facts.Path = args[1];
if (args.ElementAtOrDefault(2) == "start")
{
    StartResult result = CrashReporter.Start(new CrashReporterOptions
    {
        CompanyName = "CrashHandler tests",
        CrashesDirectory = args[3],
        HandlerPath = args[4],
        UploadToServer = false,
    });
    if (!result.IsRunning || result.Degraded.Count > 0)
    {
        Console.Error.WriteLine($"victim: Start is degraded: {string.Join("; ", result.Degraded)}");
        return 97;
    }
}

Console.WriteLine("ready");
while (Console.ReadLine() == "ping") // line: main-waits
{
    Console.WriteLine("pong");
}

scene(); // line: main
return 0;
