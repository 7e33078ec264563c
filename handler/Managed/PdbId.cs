using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Managed;

/// <summary>
/// What tells PDBs apart: the first 20 bytes of the stream <c>#Pdb</c> (PortablePdb-Metadata.md of the .NET runtime). An assembly has the GUID in its CodeView
/// entry and the stamp in that entry's head.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct PdbId(Guid Guid, uint Stamp)
{
    public const int Size = 20;
}
