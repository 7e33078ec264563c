namespace CrashHandler.Handler.Exec;

/// <summary>Where the file of a program may be, as cmd.exe looks for it. Pure.</summary>
internal static class ProgramSearch
{
    private const char ListSeparator = ';';

    /// <summary>What cmd.exe appends where the variable is unset.</summary>
    private const string UsualExtensions = ".COM;.EXE;.BAT;.CMD";

    /// <summary>The paths to look at, in order.</summary>
    /// <param name="name">As it was typed.</param>
    /// <param name="searchPath"><c>PATH</c>.</param>
    /// <param name="extensions"><c>PATHEXT</c>.</param>
    /// <param name="isCurrentDirectoryFirst">Whether a bare name is looked for in the current directory before all others: not where <c>NoDefaultCurrentDirectoryInExePath</c> is set.</param>
    public static IEnumerable<string> Candidates(string name, string? searchPath, string? extensions, bool isCurrentDirectoryFirst)
    {
        bool isPath = name.AsSpan().IndexOfAny(@"\/:") >= 0;
        // An entry may be quoted, as one with a semicolon must be.
        IEnumerable<string> folders = isPath ? [""]
            : (isCurrentDirectoryFirst ? (string[])["."] : []).Concat((searchPath ?? "").Split(ListSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => folder.Trim('"', ' ')).Where(folder => folder.Length > 0));
        string[] endings = (string.IsNullOrEmpty(extensions) ? UsualExtensions : extensions).Split(ListSeparator, StringSplitOptions.RemoveEmptyEntries);
        // A name that has an extension is taken as it is first; one that has none never is: 'server' beside 'server.exe' is no program.
        IEnumerable<string> names = (FileName(name).Contains('.') ? (string[])[name] : []).Concat(endings.Select(ending => name + ending));
        return folders.SelectMany(_ => names, (folder, file) => folder.Length == 0 ? file : folder.EndsWith('\\') ? folder + file : $@"{folder}\{file}");
    }

    // Not Path's, so that it is the same wherever it is tried.
    private static string FileName(string name) => name[(name.AsSpan().LastIndexOfAny(@"\/:") + 1)..];
}
