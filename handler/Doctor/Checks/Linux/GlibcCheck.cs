using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether the C library is new enough for every file of the installation.</summary>
internal static class GlibcCheck
{
    private const string Check = "glibc";

    /// <summary>Judges.</summary>
    /// <param name="version">Of the library that this process runs with; null: it has another C library.</param>
    /// <param name="floors">What the files need.</param>
    public static Finding Evaluate(Version? version, IReadOnlyList<GlibcFloor> floors)
    {
        const string Remedy = "Use a newer distribution or image for the handler, or build the handler on this one; the application itself needs glibc 2.17 only.";
        if (version is null)
        {
            return Finding.Problem(Check, "no glibc", "The handler is built for glibc, and does not run with musl or another C library.", "Use an image with glibc, such as a Debian one.");
        }

        List<GlibcFloor> above = [.. floors.Where(floor => floor.Version > version)];
        return above.Count > 0
            ? Finding.Problem(Check, $"glibc {version}; {string.Join(", ", above.Select(floor => $"{floor.File} needs {floor.Version}"))}", "What needs a newer one does not start.", Remedy)
            : Finding.Ok(Check, $"glibc {version}{(floors.Count > 0 ? $"; the files need {floors.Max(floor => floor.Version)} at most" : "")}");
    }
}
