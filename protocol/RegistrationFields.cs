namespace CrashHandler.Protocol;

/// <summary>Keys of the fields (kind 1) of a registration block (protocol/README.md, "The registration block").</summary>
public static class RegistrationFields
{
    /// <summary>Absolute path of the database.</summary>
    public const string Database = "database";
    /// <summary>Where this client's reports go.</summary>
    public const string Url = "url";
    /// <summary>The form's <c>process_type</c>.</summary>
    public const string ProcessType = "process_type";
    /// <summary>The form's <c>prod</c>.</summary>
    public const string Prod = "prod";
    /// <summary>The form's <c>ver</c>.</summary>
    public const string Ver = "ver";
    /// <summary>The form's <c>_version</c>.</summary>
    public const string Version = "_version";
    /// <summary>The form's <c>_productName</c>.</summary>
    public const string ProductName = "_productName";
    /// <summary>The form's <c>_companyName</c>.</summary>
    public const string CompanyName = "_companyName";
    /// <summary>Full name of the unhandled exception's type; at most <see cref="ProtocolLimits.MaxExceptionTypeBytes"/>.</summary>
    public const string ExceptionType = "exception_type";
    /// <summary>Its message; at most <see cref="ProtocolLimits.MaxExceptionMessageBytes"/>.</summary>
    public const string ExceptionMessage = "exception_message";
    /// <summary>The whole of it as text, with its stack; at most <see cref="ProtocolLimits.MaxExceptionTextBytes"/>.</summary>
    public const string ExceptionText = "exception_text";
}
