using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// Source files and lines of methods, by the portable PDBs in or beside their assemblies. For one walk: what was opened stays so until <see cref="Dispose"/>. The
/// files are the target's choice: they are read within limits, and whatever is wrong with one costs its lines only.
/// </summary>
/// <param name="open">Opens a file that the process names, for reading and seeking; null: it is not there. It must not give a pipe or a device.</param>
internal sealed class SourceLines(Func<string, Stream?> open) : IDisposable
{
    private readonly Dictionary<(string Path, Guid Mvid), PortablePdb?> _pdbs = [];
    private readonly Dictionary<(PortablePdb Pdb, uint Token, int IlOffset), (string File, int Line)?> _lines = [];
    private readonly List<string> _problems = [];
    private readonly PdbBudget _budget = new();

    /// <summary>Why assemblies that have a PDB give no lines. That there is none is no problem.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Finds a line.</summary>
    /// <param name="modulePath">Path of the assembly.</param>
    /// <param name="mvid">Its module version id, as it is loaded: the file may have been replaced since.</param>
    /// <param name="token">Metadata token of the method.</param>
    /// <param name="ilOffset">Offset in its IL, of an instruction that is being executed: of a call, not of what follows it.</param>
    /// <returns>Null: nothing that belongs to the module says so.</returns>
    public (string File, int Line)? Find(string modulePath, Guid mvid, uint token, int ilOffset)
    {
        if (ilOffset < 0 || PdbOf(modulePath, mvid) is not { } pdb)
        {
            return null;
        }

        if (!_lines.TryGetValue((pdb, token, ilOffset), out (string File, int Line)? line))
        {
            try
            {
                line = pdb.Find(token, ilOffset, _budget);
            }
            catch (Exception broken) when (IsOfFile(broken))
            {
                // Not asked again: its other methods are no better.
                Tell(modulePath, broken);
                pdb.Dispose();
                _pdbs[(modulePath, mvid)] = null;
            }

            _lines[(pdb, token, ilOffset)] = line;
        }

        return line;
    }

    public void Dispose()
    {
        foreach (PortablePdb? pdb in _pdbs.Values)
        {
            pdb?.Dispose();
        }

        _pdbs.Clear();
        _lines.Clear();
    }

    private PortablePdb? PdbOf(string modulePath, Guid mvid)
    {
        if (!_pdbs.TryGetValue((modulePath, mvid), out PortablePdb? pdb))
        {
            try
            {
                pdb = AssemblySymbols.Open(modulePath, mvid, open, _budget);
            }
            catch (Exception broken) when (IsOfFile(broken))
            {
                Tell(modulePath, broken);
            }

            _pdbs[(modulePath, mvid)] = pdb;
        }

        return pdb;
    }

    private void Tell(string modulePath, Exception problem)
    {
        if (_problems.Count < StacksLimits.PdbProblems)
        {
            _problems.Add($"no source lines of {modulePath}: {problem.Message}");
        }
    }

    // What a reader of metadata throws at numbers that fit nothing is not only BadImageFormatException: it computes with them, and asks for memory.
    private static bool IsOfFile(Exception exception) => exception
        is BadImageFormatException or InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException
        or ArgumentException or OverflowException or InvalidOperationException or IndexOutOfRangeException or OutOfMemoryException;
}
