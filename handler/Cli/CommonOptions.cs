using System.CommandLine;
using CrashHandler.Handler.Daemon;
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
}
