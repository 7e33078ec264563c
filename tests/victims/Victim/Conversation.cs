using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CrashHandler.Victims;

/// <summary>
/// A victim that is asked over standard input: a line is a JSON array, a verb and its words, and is answered by one line, <c>{"value": ...}</c> or
/// <c>{"error": TYPE, "message": TEXT}</c>. A child takes the conversation over, beginning with an answer of its own, until it ends: only
/// then does its parent answer how.
/// </summary>
internal static class Conversation
{
    private static string s_handler = "";
    private static Remembered? s_remembered;

    /// <summary>Answers until the process is to end, one way or another.</summary>
    /// <param name="handler">Path of the handler that <c>Start</c> is to use.</param>
    public static int Run(string handler)
    {
        s_handler = handler;
        Say(new JsonObject { ["value"] = Environment.ProcessId });
        while (Console.ReadLine() is { } line)
        {
            JsonArray words = JsonNode.Parse(line)!.AsArray();
            string verb = words[0]!.GetValue<string>();
            if (verb == "exit")
            {
                return words[1]!.GetValue<int>();
            }

            Say(Answer(verb, words));
        }

        return 0;
    }

    private static JsonObject Answer(string verb, JsonArray words)
    {
        try
        {
            return new JsonObject { ["value"] = Do(verb, words) };
        }
        catch (Exception refused) when (refused is ArgumentException or InvalidOperationException && verb != "die")
        {
            return new JsonObject { ["error"] = refused.GetType().Name, ["message"] = refused.Message };
        }
    }

    private static JsonNode? Do(string verb, JsonArray words)
    {
        switch (verb)
        {
            case "start":
                CrashReporterOptions options = words[1]!.Deserialize(Words.Default.CrashReporterOptions)!;
                options.HandlerPath ??= s_handler;
                return JsonSerializer.SerializeToNode(CrashReporter.Start(options), Words.Default.StartResult);
            case "capture":
                return new JsonObject { ["id"] = CrashReporter.CaptureReport(Text(1)!).ToString(), ["thread"] = NativeVictim.ThreadId() };
            case "capture-at-once": return CaptureAtOnce(words[1]!.GetValue<int>());
            case "block": return NativeVictim.Block();
            case "unblock": return NativeVictim.Unblock();
            case "remember": s_remembered = new Remembered(Text(1)!); return null;
            case "add": CrashReporter.AddExtraParameter(Text(1)!, Text(2)!); return null;
            case "remove": CrashReporter.RemoveExtraParameter(Text(1)!); return null;
            case "parameters": return JsonSerializer.SerializeToNode(CrashReporter.GetParameters(), Words.Default.IReadOnlyDictionaryStringString);
            case "uploaded": return JsonSerializer.SerializeToNode(CrashReporter.GetUploadedReports(), Words.Default.IReadOnlyListCrashReport);
            case "last": return CrashReporter.GetLastCrashReport() is { } last ? JsonSerializer.SerializeToNode(last, Words.Default.CrashReport) : null;
            case "uploads": return CrashReporter.GetUploadToServer();
            case "set-uploads": CrashReporter.SetUploadToServer(words[1]!.GetValue<bool>()); return null;
            case "directory": return CrashReporter.GetCrashesDirectory();
            case "set-temp": CrashReporter.TempDirectory = Text(1)!; return null;
            case "attach-file": CrashReporter.AddAttachment(Text(1)!); return null;
            case "detach-file": CrashReporter.RemoveAttachment(Text(1)!); return null;
            case "crashed-last-run": return CrashReporter.CrashedLastRun;
            case "crashes-in-a-row": return CrashReporter.CrashesInARow;
            case "run":
                using (Process program = Process.Start(Text(1)!, words.Skip(2).Select(word => word!.GetValue<string>())))
                {
                    program.WaitForExit();
                    return program.ExitCode;
                }

            case "arguments": return new JsonArray([.. Environment.GetCommandLineArgs()[1..].Select(word => JsonValue.Create(word))]);
            case "restrict": return NativeVictim.Restrict();
            case "catch": return CaughtExceptions.Many();
            case "child":
                using (Process child = StartChild(words[1]!))
                {
                    child.WaitForExit();
                    return child.ExitCode;
                }

            case "leave":
                StartChild(words[1]!).Dispose();
                Environment.Exit(0);
                return null;
            case "die":
                Die(Text(1)!);
                return null;
            default:
                throw new NotSupportedException($"unknown verb {verb}");
        }

        string? Text(int index) => words[index]?.GetValue<string>();
    }

    /// <summary>Calls of several threads; the ids of their reports.</summary>
    private static JsonArray CaptureAtOnce(int count)
    {
        Guid[] ids = new Guid[count];
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() => ids[i] = CrashReporter.CaptureReport($"thread {i}")))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return new JsonArray([.. ids.Select(id => JsonValue.Create(id.ToString()))]);
    }

    private static Process StartChild(JsonNode how)
    {
        ChildWords words = how.Deserialize(Words.Default.ChildWords)!;
        ProcessStartInfo start = new(Environment.ProcessPath!, ["--converse", "--handler", s_handler, .. words.Arguments]);
        if (words.Attach)
        {
            CrashReporter.AttachChild(start);
        }

        if (words.Orphan)
        {
            start.Environment.Remove("CRASH_HANDLER_PIPE");
        }

        foreach ((string name, string value) in words.Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static void Die(string kind)
    {
        switch (kind)
        {
            case "crash": CrashReporter.Crash(); break;
            case "null": NativeVictim.Fault(0); break;
            case "failfast": Environment.FailFast("the victim's FailFast"); break;
            case "unhandled": throw new InvalidOperationException("the victim's exception");
            case "segv": NativeVictim.Fault(NativeVictim.UnmappedAddress); break;
            case "abort": NativeVictim.Abort(); break;
            case "overflow": Overflow(0); break;
            case "capturing": DieWhileOthersCapture(); break;
            default: MemoryKinds.Exhaust(kind); break;
        }
    }

    private static void DieWhileOthersCapture()
    {
        const int Others = 3;
        using CountdownEvent captured = new(Others);
        for (int i = 0; i < Others; i++)
        {
            new Thread(() =>
            {
                for (bool isFirst = true; ; isFirst = false)
                {
                    try
                    {
                        CrashReporter.CaptureReport("before the end");
                    }
                    catch (InvalidOperationException)
                    {
                        // This process is dying.
                    }

                    if (isFirst)
                    {
                        captured.Signal();
                    }
                }
            })
            { IsBackground = true }.Start();
        }

        captured.Wait();
        NativeVictim.Fault(NativeVictim.UnmappedAddress);
    }

    // The addition keeps it from being a loop.
    private static long Overflow(long depth) => Overflow(depth + 1) + s_handler.Length;

    private static void Say(JsonObject answer) => Console.WriteLine(answer.ToJsonString());
}
