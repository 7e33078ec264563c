using System.CommandLine;
using System.Globalization;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static Option<string?> Database(bool required) => new("--database")
    {
        Description = "Directory of the reports' database.",
        HelpName = "DIR",
        Required = required,
    };

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

    public static Option<int?> MaxAge() => Limit("--max-age", "DAYS", $"Keep reports for so long since their crash. Default: {ReportsLimits.KeptDays}.", ReportsLimits.MostDays);

    public static Option<int?> MaxSize() => Limit("--max-size", "MIB", $"Keep so many MiB of reports, heap dumps and quarantine. Default: {ReportsLimits.KeptMebibytes}.", int.MaxValue);

    public static Option<int?> MaxCount() => Limit("--max-count", "N", $"Keep so many reports. Default: {ReportsLimits.KeptReports}.", int.MaxValue);

    public static Option<bool> Json() => new("--json") { Description = "Write JSON, for programs." };

    /// <summary>For tests: another program than <c>crash-handler-walk</c> beside this one.</summary>
    public static Option<string?> Walk() => new("--walk") { Hidden = true };

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

    // The newest report stays in any case, so that there is nothing to say with 0.
    private static Option<int?> Limit(string name, string unit, string description, int most)
    {
        return new Option<int?>(name)
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

                result.AddError($"{name} takes a whole number from 1 to {most}; it is '{text}'.");
                return null;
            },
        };
    }

    public static FailSpot? ParseFailSpot(string? text) => text is null ? null : FailSpot.Parse(text);

    public static Uri? ParseUrl(string? text)
        => Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? url : null;
}
