using System.CommandLine;
using CrashHandler.Handler.Doctor;
using CrashHandler.Handler.Doctor.Gathering;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary><c>doctor</c>: what of this machine keeps crashes from being reported whole, and how to mend it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        database.Description = "Directory of the reports' database, which need not exist yet; by default the one that is found.";
        Option<string?> url = CommonOptions.Url();
        url.Description = "The server to be reached; by default the running handler's. No report is made of it.";
        Option<int?> process = new("--pid") { Description = "A process that is to be covered: whether it can be captured, its runtime and symbols.", HelpName = "PID" };
        Option<bool> json = CommonOptions.Json();
        Option<bool> attempt = new(AttemptLook.AttemptOption) { Hidden = true };
        Option<bool> subject = new(AttemptLook.SubjectOption) { Hidden = true };
        Command command = new("doctor", "Check what reporting crashes needs here; exits with 1 if there is a problem.")
        {
            database, url, process, json, attempt, subject,
        };
        command.AddExample("crash-handler doctor");
        command.AddExample("crash-handler doctor --pid 1234 --url https://crashes.example/submit");
        command.SetAction(parsed =>
        {
            string program = Environment.ProcessPath ?? throw new DoctorException(SystemVerbs.NoProgram);
            if (parsed.GetValue(subject))
            {
                AttemptLook.BeSubject(Console.In, Console.Out);
                return CommandLine.Done;
            }

            if (parsed.GetValue(attempt))
            {
                Attempts.Run(program, ["doctor", AttemptLook.SubjectOption], Console.Out);
                return CommandLine.Done;
            }

            string? path = DatabaseFinder.TryFind(parsed.GetValue(database));
            Welcome? handler = path is null ? null : DatabaseFinder.HandlerOf(path);
            IReadOnlyList<Finding> findings = Examination.Run(new DoctorRequest
            {
                Database = path,
                Url = CommonOptions.ParseUrl(parsed.GetValue(url) ?? handler?.Url),
                ProcessId = parsed.GetValue(process),
                Installation = Path.GetDirectoryName(program)!,
                Program = program,
                Variable = Environment.GetEnvironmentVariable,
            });
            if (parsed.GetValue(json))
            {
                using Stream output = StandardOutput.Open();
                DoctorJson.Write(output, findings);
                output.WriteByte((byte)'\n');
            }
            else
            {
                DoctorText.Write(Console.Out, findings, TerminalColours.OfOutput());
            }

            return findings.Any(finding => finding.State == FindingState.Problem) ? CommandLine.Failed : CommandLine.Done;
        });
        return command;
    }
}
