using System.CommandLine;
using System.CommandLine.Parsing;
using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor;
using CrashHandler.Handler.Dump;
using CrashHandler.Handler.Export;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>The verbs of <c>crash-handler</c>, and its exit codes.</summary>
internal static class CommandLine
{
    /// <summary>What people call.</summary>
    public const string Name = "crash-handler";

    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It could not be done; one line on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage; one line on standard error says what.</summary>
    public const int WrongUsage = 2;

    /// <summary>Interrupted (Ctrl-C) before it was done; as shells say it, 128 and SIGINT's number.</summary>
    public const int Interrupted = 130;

    /// <summary>All verbs.</summary>
    public static RootCommand CreateRoot()
    {
        RootCommand root = new("Catches crashes of the processes that registered with it, keeps the reports and uploads them.");
        foreach (Command verb in (ReadOnlySpan<Command>)
        [
            .. SystemVerbs.Resident(),
            ExecCommand.Create(),
            AttachCommand.Create(),
            DumpCommand.Create(),
            StatusCommand.Create(),
            DoctorCommand.Create(),
            ReportsCommand.Create(),
            UploadsCommand.Create(),
            MinidumpCommand.Create(),
            CollectCommand.Create(),
            LogCommand.Create(),
            CompletionCommand.Create(),
        ])
        {
            root.Add(verb);
        }

        root.AddExample("crash-handler reports list");
        root.AddExample("crash-handler reports show 3f2a");
        root.AddExample("crash-handler status");
        CommandExamples.ShowInHelp(root);
        return root;
    }

    /// <summary>Parses and carries out.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments) => StandardOutput.Guard(() => Run(CreateRoot(), arguments));

    /// <summary>Parses with these commands, and carries out.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Command root, string[] arguments)
    {
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            // What is not understood comes after what is missing, and explains it.
            ParseError error = parsed.Errors[parsed.UnmatchedTokens.Count > 0 ? ^1 : 0];
            Console.Error.WriteLine($"{Name}: {TerminalText.Escape(error.Message)} See '{CommandPath(parsed)} --help'.");
            return WrongUsage;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception known) when (known is AttachException or DoctorException or DaemonException or ProcessDumpException or DatabaseException or SyscallException or MinidumpFormatException
            or MalformedFrameException or ExportException or IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            Console.Error.WriteLine($"{Name}: {TerminalText.Escape(known.Message)}");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
    }

    private static string CommandPath(ParseResult parsed)
    {
        List<string> names = [];
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = result.Parent)
        {
            names.Insert(0, result.Parent is null ? Name : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
