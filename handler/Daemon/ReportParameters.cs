using CrashHandler.Handler.Walk;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>What is sent with a report beside the dump: the payload table of Electron's document, and the application's own. Pure.</summary>
internal static class ReportParameters
{
    /// <summary>The form's name for the process's kind.</summary>
    public const string ProcessType = RegistrationFields.ProcessType;

    /// <summary>The form's name for the type of the exception that ended the process.</summary>
    public const string ExceptionType = "exception.type";

    /// <summary>The form's name for its message.</summary>
    public const string ExceptionMessage = "exception.message";

    private const string Signature = "signature";
    private const string Guid = "guid";
    private const string Platform = "platform";

    private static readonly string[] s_applications = [RegistrationFields.Version, RegistrationFields.ProductName, RegistrationFields.CompanyName];

    /// <summary>Puts a report's parameters together.</summary>
    /// <param name="registration">What the process said of itself.</param>
    /// <param name="annotations">The handler's own; the process's value wins.</param>
    /// <param name="clientId">The database's guid.</param>
    /// <param name="fallbackProd">prod, ver and process_type of a process that said nothing.</param>
    /// <param name="fallbackVer">See <paramref name="fallbackProd"/>.</param>
    /// <param name="fallbackProcessType">See <paramref name="fallbackProd"/>.</param>
    public static Dictionary<string, string> Of(
        Registration registration, IReadOnlyDictionary<string, string> annotations, System.Guid clientId,
        string fallbackProd, string fallbackVer, string fallbackProcessType)
    {
        Dictionary<string, string> parameters = new(annotations);
        foreach (string key in s_applications)
        {
            if (registration.Fields.TryGetValue(key, out string? value))
            {
                parameters[key] = value;
            }
        }

        foreach ((string key, string value) in registration.Parameters)
        {
            parameters[key] = value;
        }

        // Last, because no application's extra may take their place.
        parameters[RegistrationFields.Prod] = registration.Fields.GetValueOrDefault(RegistrationFields.Prod, fallbackProd);
        parameters[RegistrationFields.Ver] = registration.Fields.GetValueOrDefault(RegistrationFields.Ver, fallbackVer);
        parameters[ProcessType] = registration.Fields.GetValueOrDefault(ProcessType, fallbackProcessType);
        parameters[Platform] = PlatformName.Value;
        parameters[Guid] = clientId.ToString();
        return parameters;
    }

    /// <summary>Adds what is known of the stacks. An application's extra of the same name stays.</summary>
    public static IReadOnlyDictionary<string, string> WithStacks(IReadOnlyDictionary<string, string> parameters, StackSummary stacks)
    {
        Dictionary<string, string> all = new(parameters);
        foreach ((string key, string? value) in ((string, string?)[])
            [(ExceptionType, stacks.ExceptionType), (ExceptionMessage, stacks.ExceptionMessage), (Signature, stacks.Signature)])
        {
            if (value is not null)
            {
                all.TryAdd(key, value);
            }
        }

        return all;
    }
}
