using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static Option<string?> Database(bool required) => Path(new Option<string?>("--database")
    {
        Description = "Directory of the reports' database.",
        HelpName = "DIR",
        Required = required,
    });

    /// <summary>An option that takes a path, which an empty text is not.</summary>
    public static Option<string?> Path(Option<string?> option)
    {
        option.Validators.Add(result => RefuseEmpty(result, option.Name, result.GetValueOrDefault<string?>()));
        return option;
    }

    /// <summary>An argument that is a path, likewise.</summary>
    public static Argument<string> Path(Argument<string> argument)
    {
        argument.Validators.Add(result => RefuseEmpty(result, argument.Name, result.GetValueOrDefault<string?>()));
        return argument;
    }

    public static Option<string?> Url()
    {
        Option<string?> url = new("--url") { Description = "Where reports are sent (http or https).", HelpName = "URL" };
        url.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && ParseUrl(text) is null)
            {
                result.AddError($"--url must be an absolute http or https URL; it is '{UrlRedaction.Redact(text)}'.");
            }
        });
        return url;
    }

    // The newest report stays in any case, so that there is nothing to say with 0.
    public static Option<int?> MaxAge() => WholeNumber("--max-age", "DAYS", $"Keep reports for so long since their crash. Default: {ReportsLimits.KeptDays}.", ReportsLimits.MostDays);

    public static Option<int?> MaxSize() => WholeNumber("--max-size", "MIB", $"Keep so many MiB of reports, heap dumps and quarantine. Default: {ReportsLimits.KeptMebibytes}.");

    public static Option<int?> MaxCount() => WholeNumber("--max-count", "N", $"Keep so many reports. Default: {ReportsLimits.KeptReports}.");

    public static Option<string[]> Annotation()
    {
        Option<string[]> annotation = new("--annotation") { Description = "Goes into every report; a process's own value wins.", HelpName = "K=V", Arity = ArgumentArity.ZeroOrMore };
        annotation.Validators.Add(result =>
        {
            foreach (string text in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (text.IndexOf('=') < 1)
                {
                    result.AddError($"--annotation takes KEY=VALUE; '{text}' is none.");
                }
            }
        });
        return annotation;
    }

    public static Option<bool> Json() => new("--json") { Description = "Write JSON, for programs." };

    /// <summary>A whole number from 1 on; null: not given.</summary>
    public static Option<int?> WholeNumber(string name, string unit, string description, int most = int.MaxValue, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = unit,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 && value <= most)
            {
                return value;
            }

            result.AddError($"{name} takes a whole number from 1{(most == int.MaxValue ? " on" : $" to {most}")}; it is '{text}'.");
            return null;
        },
    };

    /// <summary>A report's id or the beginning of one, which shells complete from the database that would be taken.</summary>
    public static Argument<T> CompleteReportIds<T>(this Argument<T> id, Option<string?> database)
    {
        // Else the help names the ids that there are.
        id.HelpName = id.Name;
        id.CompletionSources.Add(context => ReportIds(context.ParseResult.GetValue(database)));
        return id;
    }

    /// <summary>For tests: another program than <c>crash-handler-walk</c> beside this one.</summary>
    public static Option<string?> Walk() => new("--walk") { Hidden = true };

    /// <summary>For tests: <c>none</c> is a kernel that does not tell how a process ended.</summary>
    public static Option<string?> ExitStatus()
    {
        Option<string?> exitStatus = new("--exit-status") { Hidden = true };
        exitStatus.AcceptOnlyFromAmong("none");
        return exitStatus;
    }

    /// <summary>For tests: see <see cref="FailSpot"/>.</summary>
    public static Option<string?> FailAt()
    {
        Option<string?> failAt = new("--fail-at") { Hidden = true };
        failAt.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && FailSpot.Parse(text) is null)
            {
                result.AddError($"--fail-at takes kill:STEP or stop:STEP; '{text}' is neither.");
            }
        });
        return failAt;
    }

    public static FailSpot? ParseFailSpot(string? text) => text is null ? null : FailSpot.Parse(text);

    private static IEnumerable<string> ReportIds(string? database)
    {
        try
        {
            return [.. DatabaseFinder.Open(database).ReportIds()];
        }
        catch (Exception none) when (none is DatabaseException or SyscallException or IOException or UnauthorizedAccessException)
        {
            // Nothing can be offered; the verb itself says why.
            return [];
        }
    }

    public static Uri? ParseUrl(string? text)
        => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? url : null;

    private static void RefuseEmpty(SymbolResult result, string name, string? path)
    {
        if (path is "")
        {
            result.AddError($"{name} takes a path; it is empty.");
        }
    }
}
