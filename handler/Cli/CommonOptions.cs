using System.CommandLine;
using System.CommandLine.Parsing;
using CrashHandler.Handler.Daemon;
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

    public static FailSpot? ParseFailSpot(string? text) => text is null ? null : FailSpot.Parse(text);

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
