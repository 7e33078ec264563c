using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The deaths that every stage must report.</summary>
public static class Deaths
{
    private static readonly (string Kind, string Reason)[] s_kinds =
    [
        ("unhandled", "SIGABRT /SI_TKILL"),
        ("failfast", "SIGABRT /SI_TKILL"),
        ("abort", "SIGABRT /SI_TKILL"),
        ("segv", "SIGSEGV /SEGV_MAPERR"),
        ("caught-failfast", "SIGABRT /SI_TKILL"),
    ];

    /// <summary>Identity, kind of death, reason in the report.</summary>
    public static TheoryData<string, string, string> All
    {
        get
        {
            TheoryData<string, string, string> data = [];
            foreach (string identity in new[] { Identities.Root, Identities.User })
            {
                foreach ((string kind, string reason) in s_kinds)
                {
                    data.Add(identity, kind, reason);
                }
            }

            return data;
        }
    }
}
