using CrashHandler;

namespace CrashHandler.Victims.Windows;

/// <summary>What a report shall hold: [--sanitize] [--heap KIND] before the start, [--attach FILE]... [--capture REASON] after it.</summary>
internal static class Wishes
{
    /// <summary>Those of the options.</summary>
    public static void Set(CrashReporterOptions options, string[] args)
    {
        options.SanitizeStacks = args.Contains("--sanitize");
        if (Of(args, "--heap") is { } kind)
        {
            options.HeapDump = Enum.Parse<HeapDumpKind>(kind);
        }
    }

    /// <summary>Those of a process that has started the reporter; says the report's id.</summary>
    public static void Make(string[] args, Action<string> say)
    {
        foreach (string path in args.Index().Where(argument => argument.Index > 0 && args[argument.Index - 1] == "--attach").Select(argument => argument.Item))
        {
            CrashReporter.AddAttachment(path);
        }

        if (Of(args, "--capture") is { } reason)
        {
            say($"captured {CrashReporter.CaptureReport(reason)}");
        }
    }

    private static string? Of(string[] args, string name) => Array.IndexOf(args, name) is var index and >= 0 ? args[index + 1] : null;
}
