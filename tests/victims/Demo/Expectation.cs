namespace CrashHandler.Demo;

/// <summary>What the report of one process must be.</summary>
/// <param name="ProcessType">Its process_type.</param>
/// <param name="Story">What happened to it, for people.</param>
/// <param name="Reason">The report's reason.</param>
/// <param name="CalledStart">Whether product, company and version are in it.</param>
/// <param name="Own">Its own extras, which must be in it.</param>
/// <param name="Others">Others' extras, which must not.</param>
internal sealed record Expectation(
    string ProcessType, string Story, string Reason, bool CalledStart, IReadOnlyDictionary<string, string> Own, IReadOnlyList<string> Others)
{
    /// <summary>The three of the demo.</summary>
    public static IReadOnlyList<Expectation> All { get; } =
    [
        new("main", "met an exception nobody handles", "SIGABRT /SI_TKILL", true,
            new Dictionary<string, string> { ["windows_open"] = "2" }, ["tab", "last_click"]),
        new("renderer", "wrote to address 0 in native code", "SIGSEGV /SEGV_MAPERR", true,
            new Dictionary<string, string> { ["tab"] = "about:crash", ["last_click"] = "the red button" }, ["windows_open"]),
        new("child", "called FailFast, and had never heard of us", "SIGABRT /SI_TKILL", false,
            new Dictionary<string, string>(), ["windows_open", "tab", "last_click"]),
    ];

    /// <summary>Checks the form that arrived.</summary>
    /// <exception cref="StageException">A field is missing, wrong, or somebody else's.</exception>
    public void Check(IReadOnlyDictionary<string, string> form)
    {
        string[] always = ["prod", "ver", "platform", "process_type", "guid", "crash_report_id"];
        string[] ofStart = ["_version", "_productName", "_companyName"];
        foreach (string field in CalledStart ? [.. always, .. ofStart] : always)
        {
            if (string.IsNullOrEmpty(form.GetValueOrDefault(field)))
            {
                throw new StageException($"the {ProcessType}'s form has no field '{field}'");
            }
        }

        foreach ((string key, string value) in Own)
        {
            if (form.GetValueOrDefault(key) != value)
            {
                throw new StageException($"the {ProcessType}'s form has '{key}' = '{form.GetValueOrDefault(key)}' instead of '{value}'");
            }
        }

        foreach (string key in CalledStart ? Others : [.. Others, .. ofStart])
        {
            if (form.ContainsKey(key))
            {
                throw new StageException($"the {ProcessType}'s form has '{key}', which is not its own");
            }
        }

        Expect("platform", "linux");
        Expect("prod", ".NET");
        if (CalledStart)
        {
            Expect("_productName", Victims.Product);
            Expect("_companyName", Victims.Company);
            Expect("_version", "1.2.3");
        }

        void Expect(string key, string value)
        {
            if (form[key] != value)
            {
                throw new StageException($"the {ProcessType}'s form has '{key}' = '{form[key]}' instead of '{value}'");
            }
        }
    }
}
