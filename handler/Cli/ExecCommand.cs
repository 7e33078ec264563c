using System.CommandLine;
using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Minidump;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary><c>exec</c>: starts the handler, then the program, with the startup hook named and, on Linux, the shim preloaded.</summary>
internal static class ExecCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        database.Description = $"Directory of the reports' database; by default {EnvironmentNames.CrashesDirectory}, else 'PROGRAM Crashes' in the temporary directory.";
        Option<string?> url = CommonOptions.Url();
        url.Description = $"Where reports are sent (http or https); by default {EnvironmentNames.SubmitUrl}, else nowhere.";
        Option<string?> product = new("--product") { Description = $"The product, for every program that says none; by default {EnvironmentNames.ProductName}.", HelpName = "NAME" };
        Option<string?> company = new("--company") { Description = $"The company, likewise; by default {EnvironmentNames.CompanyName}.", HelpName = "NAME" };
        Option<string[]> annotation = CommonOptions.Annotation();
        Option<bool> shimOnly = new("--shim-only") { Description = "Without the startup hook, which programs older than .NET 8 cannot load and do not start with." };
        Argument<string[]> program = new("PROGRAM") { Description = "The program and its arguments, after --.", Arity = ArgumentArity.OneOrMore };
        Command command = new("exec", "Run a program so that its crashes, and its children's, are reported.")
        {
            database, url, product, company, annotation, program,
        };
        if (SystemVerbs.PreloadsShim)
        {
            command.Options.Add(shimOnly);
        }

        command.AddExample("crash-handler exec -- ./server --port 8080");
        command.AddExample("crash-handler exec --database /var/lib/app/crashes --url https://crashes.example/submit -- dotnet app.dll");
        command.SetAction(parsed => ProgramExec.Run(
            new ExecOptions(
                parsed.GetValue(database) ?? Variable(EnvironmentNames.CrashesDirectory),
                CommonOptions.ParseUrl(parsed.GetValue(url)) ?? UrlVariable(),
                parsed.GetValue(product) ?? Variable(EnvironmentNames.ProductName),
                parsed.GetValue(company) ?? Variable(EnvironmentNames.CompanyName),
                parsed.GetValue(annotation) ?? [],
                parsed.GetValue(shimOnly)),
            parsed.GetValue(program)!));
        return command;
    }

    // A bad one is no reason not to run the program: the hook, which reads it too, has the same rule.
    private static Uri? UrlVariable()
    {
        string? text = Variable(EnvironmentNames.SubmitUrl);
        Uri? url = CommonOptions.ParseUrl(text);
        if (text is not null && url is null)
        {
            Console.Error.WriteLine($"crash-handler: {EnvironmentNames.SubmitUrl} is not taken: it must be an absolute http or https URL; it is '{TerminalText.Escape(UrlRedaction.Redact(text))}'");
        }

        return url;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
