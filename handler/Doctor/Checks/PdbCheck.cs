using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether managed frames have source lines.</summary>
internal static class PdbCheck
{
    private const string Check = "pdb";

    /// <summary>Judges.</summary>
    /// <param name="facts">Of a process; null: none was named, or its maps cannot be read.</param>
    public static Finding Evaluate(SymbolFacts? facts)
    {
        if (facts is null)
        {
            return Finding.NotApplicable(Check, "name a process with --pid");
        }

        int all = facts.WithSymbols + facts.Without.Count;
        string found = $"{facts.WithSymbols} of {all} own assemblies have a portable PDB of their build{(facts.IsTruncated ? " (not all were looked at)" : "")}";
        return all == 0 ? Finding.NotApplicable(Check, "no assemblies of its own are mapped as files")
            : facts.Without.Count == 0 ? Finding.Ok(Check, found)
            : Finding.Warning(
                Check,
                $"{found}; not {Names.List(facts.Without)}",
                "Frames of those have names, and no file and line.",
                "Deploy the PDB of the same build beside the assembly, or build with <DebugType>embedded</DebugType>. Packages often have none; that does no harm.");
    }
}
