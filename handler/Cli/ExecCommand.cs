using System.CommandLine;
using CrashHandler.Handler.Exec;

namespace CrashHandler.Handler.Cli;

/// <summary><c>exec</c>: starts the handler, then becomes the program, with the shim preloaded.</summary>
internal static class ExecCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<string?> url = CommonOptions.Url();
        Argument<string[]> program = new("PROGRAM") { Description = "The program and its arguments, after --.", Arity = ArgumentArity.OneOrMore };
        Command command = new("exec", "Run a program so that its crashes, and its children's, are reported.") { database, url, program };
        command.AddExample("crash-handler exec -- ./server --port 8080");
        command.AddExample("crash-handler exec --database /var/lib/app/crashes --url https://crashes.example/submit -- dotnet app.dll");
        command.SetAction(parsed => ProgramExec.Run(parsed.GetValue(database), CommonOptions.ParseUrl(parsed.GetValue(url)), parsed.GetValue(program)!));
        return command;
    }
}
