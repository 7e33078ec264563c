using static CrashHandler.Tests.Contract.Decisions;

namespace CrashHandler.Tests.Contract;

/// <summary>
/// Electron's cases, and what became of each. M is the process that called <c>Start</c> first, R its child that inherits the handler and calls
/// <c>Start</c>, S such a child under a sandbox's restrictions, N a child of R's with <c>CrashesDirectory</c>.
/// </summary>
internal static class CaseTable
{
    /// <summary>How many cases the suite of version 8 has: 8-01 and so on.</summary>
    public const int OfVersion8 = 22;

    /// <summary>How many cases the newest suite has: N-01 and so on.</summary>
    public const int OfNewest = 40;

    /// <summary>All, in Electron's order.</summary>
    public static IReadOnlyList<Case> All { get; } =
    [
        Twin("8-01", "N calls Start with all options and CrashesDirectory, and dies: every field arrives", Prod, CrashesDirectory),
        Twin("8-02", "R calls Start and dies: every field arrives, and the server's answer is the report's id", Prod),
        Twin("8-03", "the same of S", Prod),
        Twin("8-04", "N adds a parameter, adds and removes another, and dies: the first arrives", Prod, CrashesDirectory),
        AsIs("8-05", "main turns uploads off, R dies: the dump is kept in the directory, nothing is sent"),
        AsIs("8-06", "the same of S"),
        AsIs("8-07", "R starts with three parameters, changes one and removes one, by parameter or by a second Start, and dies: what arrives is the last state"),
        AsIs("8-08", "the same of S"),
        Twin("8-09", "Start without a URL, and without a company, is refused with Electron's words", Required),
        Twin("8-10", "Start again with another company and another URL is no error", SecondStart),
        AsIs("8-11", "GetCrashesDirectory is `<temp>/<name of the application> Crashes`"),
        AsIs("8-12", "GetUploadedReports is a list, at first an empty one"),
        AsIs("8-13", "GetLastCrashReport is the newest of two uploaded reports"),
        AsIs("8-14", "Start with UploadToServer true: GetUploadToServer is true"),
        AsIs("8-15", "SetUploadToServer(false): GetUploadToServer is false"),
        Twin("8-16", "R is refused GetUploadToServer and SetUploadToServer", MainOnly),
        AsIs("8-17", "Start with true, then SetUploadToServer(false): false"),
        AsIs("8-18", "Start with false, then SetUploadToServer(true): true"),
        AsIs("8-19", "GetParameters is a map"),
        AsIs("8-20", "an added parameter is in GetParameters"),
        AsIs("8-21", "a removed one is not"),
        AsIs("8-22", "a process that never called Start ends, whether by a crash or by itself"),

        Twin("N-01", "R dies: every field arrives, and no parameter of main's", Prod, ProcessType),
        Twin("N-02", "the same of S", Prod, ProcessType),
        Twin("N-03", "M dies: every field arrives as `main`, and its parameters", Prod, ProcessType),
        Twin("N-04", "N dies: every field arrives, and no parameter of main's or R's; so of a prepared child, without product and company", Prod, ProcessType, Unprepared),
        Twin("N-05", "a child of N's dies: the same", Prod, ProcessType, CrashesDirectory),
        Twin("N-06", "a child's arguments are its own, and it is reported when main has ended", Prod, ProcessType, Unprepared),
        AsIs("N-07", "guid arrives with M, R and S"),
        AsIs("N-08", "guid is the same in two runs"),
        AsIs("N-09", "R's parameter arrives, its removed one and main's do not"),
        AsIs("N-10", "the same of S"),
        AsIs("N-11", "R adds 50 parameters and dies: all arrive within 30 s"),
        Twin("N-12", "R dies of FailFast, or of an exception that nobody catches: one report, with the exception's type and message, and the default product name", Fatal, ProductName),
        Twin("N-13", "R's heap is full of arrays, or of small objects: one report, with OutOfMemoryException and the method that wanted more", Fatal),
        Twin("N-14", "the same while JSON is written", Fatal),
        Twin("N-15", "the same on another thread", Fatal),
        Twin("N-16", "100,000 characters: 20,480 bytes arrive, the last of them …", Extra),
        Twin("N-17", "keys of 39, 49 and 255 characters arrive; one of 256 is refused, by Start and by AddExtraParameter", Extra),
        Twin("N-18", "the handler's annotation arrives with M", Annotations),
        Twin("N-19", "the same with R", Annotations),
        Twin("N-20", "the same with S", Annotations),
        Twin("N-21", "M's parameter wins over the handler's annotation", Annotations, Precedence),
        Twin("N-22", "the same with R's parameter", Annotations, Precedence),
        AsIs("N-23", "uploads are off, R dies, main ends: nothing is sent"),
        AsIs("N-24", "GetUploadedReports is a list"),
        AsIs("N-25", "R dies: GetLastCrashReport has a date of less than 30 s ago"),
        AsIs("N-26", "a parameter of Start's is in GetParameters"),
        AsIs("N-27", "an added parameter is in GetParameters, a removed one is not"),
        Twin("N-28", "R adds a parameter: GetParameters has it, and the form's own fields besides", Parameters),
        Twin("N-29", "a child that did not call Start is refused AddExtraParameter and GetParameters", BeforeStart),
        AsIs("N-30", "the directory is a text"),
        Twin("N-31", "it is in the directory for temporary files", KeptIn),
        AsIs("N-32", "uploads are off; M, R, S or N dies: `UUID.dmp` appears in the directory's `completed`"),
        Twin("N-33", "the same in a directory of the application's choice", KeptIn),
        Twin("N-34", "Start without options is refused; with a company, it is the URL that is missing", Required),
        Twin("N-35", "Start without a URL, with UploadToServer false, is no error", Required),
        AsIs("N-36", "Start twice is no error"),
        AsIs("N-37", "GetUploadToServer is true by default"),
        AsIs("N-38", "Start with UploadToServer false: GetUploadToServer is false"),
        AsIs("N-39", "SetUploadToServer(false): false; SetUploadToServer(true): true"),
        AsIs("N-40", "a process that never called Start ends by itself"),
    ];

    private static Case AsIs(string number, string text) => new(number, CaseKind.AsIs, text, [], null);

    private static Case Twin(string number, string text, params Decision[] decisions) => new(number, CaseKind.Twin, text, decisions, null);
}
