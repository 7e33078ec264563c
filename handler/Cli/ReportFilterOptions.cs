using System.CommandLine;
using System.CommandLine.Parsing;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>The options of every verb that takes some of the reports.</summary>
internal sealed class ReportFilterOptions
{
    private readonly Option<string?> _since = Time("--since", $"Reports of then and later: {TimeArgument.Forms}.");
    private readonly Option<string?> _until = Time("--until", "Reports of then and before; written as for --since.");
    private readonly Option<string?> _product = new("--product") { Description = "Reports of this product.", HelpName = "NAME" };
    private readonly Option<string?> _type = new("--type") { Description = "Reports of this process type, such as renderer.", HelpName = "TYPE" };
    private readonly Option<string?> _signature = new("--signature") { Description = "Reports whose signature has this in it, in whatever case.", HelpName = "TEXT" };
    private readonly Option<string?> _state = new("--state") { Description = $"Reports in this state: {StateNames()}.", HelpName = "STATE" };

    public ReportFilterOptions()
    {
        _state.CompletionSources.Add([.. Enum.GetValues<ReportState>().Select(ReportJson.StateName)]);
        _state.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && ParseState(text) is null)
            {
                result.AddError($"--state takes one of {StateNames()}; it is '{text}'.");
            }
        });
    }

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new[] { _since, _until, _product, _type, _signature, _state })
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            if (Value(result, _since, now) is { } since && Value(result, _until, now) is { } until && since > until)
            {
                result.AddError("--since is later than --until: no report is of both.");
            }
        });
    }

    /// <summary>What they say.</summary>
    public ReportFilter Read(ParseResult parsed, DateTimeOffset now) => new()
    {
        Since = parsed.GetValue(_since) is { } since ? TimeArgument.Parse(since, now) : null,
        Until = parsed.GetValue(_until) is { } until ? TimeArgument.Parse(until, now) : null,
        Product = parsed.GetValue(_product),
        Type = parsed.GetValue(_type),
        Signature = parsed.GetValue(_signature),
        State = parsed.GetValue(_state) is { } state ? ParseState(state) : null,
    };

    private static Option<string?> Time(string name, string description)
    {
        Option<string?> option = new(name) { Description = description, HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && TimeArgument.Parse(text, DateTimeOffset.UtcNow) is null)
            {
                result.AddError($"{name} takes {TimeArgument.Forms}; it is '{text}'.");
            }
        });
        return option;
    }

    private static DateTimeOffset? Value(CommandResult result, Option<string?> option, DateTimeOffset now)
        => result.GetValue(option) is { } text ? TimeArgument.Parse(text, now) : null;

    private static ReportState? ParseState(string text)
        => Enum.GetValues<ReportState>().Select(state => (ReportState?)state).FirstOrDefault(state => string.Equals(ReportJson.StateName(state!.Value), text, StringComparison.OrdinalIgnoreCase));

    private static string StateNames() => string.Join(", ", Enum.GetValues<ReportState>().Select(ReportJson.StateName));
}
