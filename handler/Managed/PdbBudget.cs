using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>What the PDBs of one walk may cost together.</summary>
internal sealed class PdbBudget
{
    private long _bytes = StacksLimits.PdbBytesTogether;
    private long _points = StacksLimits.SequencePointsTogether;

    /// <summary>Takes memory for a PDB.</summary>
    /// <exception cref="InvalidDataException">It is too large, or those before it were.</exception>
    public void TakeBytes(long count)
    {
        if (count is < 0 or > StacksLimits.PdbBytes)
        {
            throw new InvalidDataException($"its PDB has {count} bytes, and at most {StacksLimits.PdbBytes} are read");
        }

        if (count > _bytes)
        {
            throw new InvalidDataException($"its PDB has {count} bytes, and of the {StacksLimits.PdbBytesTogether} for all PDBs {_bytes} are left");
        }

        _bytes -= count;
    }

    /// <summary>Takes the time for one sequence point.</summary>
    /// <exception cref="InvalidDataException">There were too many.</exception>
    public void TakePoint()
    {
        if (--_points < 0)
        {
            throw new InvalidDataException($"at most {StacksLimits.SequencePointsTogether} sequence points are read");
        }
    }
}
