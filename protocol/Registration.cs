namespace CrashHandler.Protocol;

/// <summary>What a registration block says of a client: its fields and its parameters, in no order.</summary>
/// <param name="Fields">Keys of <see cref="RegistrationFields"/>; an absent one was not set.</param>
/// <param name="Parameters">The application's extras.</param>
public sealed record Registration(IReadOnlyDictionary<string, string> Fields, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>A registration that says nothing: a prepared child that never called <c>Start</c>.</summary>
    public static Registration Empty { get; } = new(new Dictionary<string, string>(), new Dictionary<string, string>());

    /// <summary>Whether a field says yes.</summary>
    public bool Says(string field) => Fields.GetValueOrDefault(field) == RegistrationFields.Yes;

    /// <summary>Absolute paths of the files to be sent with the client's reports.</summary>
    public IEnumerable<string> Attachments
        => Enumerable.Range(0, ProtocolLimits.MaxAttachments).Select(index => Fields.GetValueOrDefault(RegistrationFields.Attachment(index))).OfType<string>();
}
