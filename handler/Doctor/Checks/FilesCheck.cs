using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether the installation is whole.</summary>
internal static class FilesCheck
{
    private const string Check = "files";

    /// <summary>Judges.</summary>
    /// <param name="directory">Where they should lie.</param>
    /// <param name="files">All that belong there.</param>
    public static Finding Evaluate(string directory, IReadOnlyList<InstalledFile> files)
    {
        List<InstalledFile> bad = [.. files.Where(file => !file.IsUsable)];
        if (bad.Count == 0)
        {
            return Finding.Ok(Check, $"all {files.Count} in '{directory}'");
        }

        string found = $"in '{directory}': {string.Join(", ", bad.Select(file => $"{file.Name} {(file.Exists ? "cannot be read or executed" : "is missing")}"))}";
        string meaning = string.Join(' ', bad.Select(file => $"Without {file.Name} {file.Purpose}."));
        const string Remedy = "Put them back side by side: they come in one package, and a publish step must not drop or rename them." + SystemWords.OfFiles;
        return bad.Exists(file => file.IsVital) ? Finding.Problem(Check, found, meaning, Remedy) : Finding.Warning(Check, found, meaning, Remedy);
    }
}
