using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>An open portable PDB (PortablePdb-Metadata.md of the .NET runtime). Every number in it is a stranger's.</summary>
internal sealed class PortablePdb : IDisposable
{
    private const uint MetadataSignature = 0x424A_5342; // "BSJB", ECMA-335 II.24.2.1

    // A token is a table's number above a row's (ECMA-335 II.22).
    private const int TableShift = 24;
    private const uint RowMask = 0x00FF_FFFF;

    private readonly MetadataReaderProvider _provider;
    private readonly MetadataReader _reader;
    private readonly Dictionary<DocumentHandle, string?> _files = [];

    private PortablePdb(MetadataReaderProvider provider, MetadataReader reader)
    {
        _provider = provider;
        _reader = reader;
    }

    /// <summary>Whether a file begins as a portable PDB does; one for Windows does not.</summary>
    public static bool IsPortable(Stream file)
    {
        Span<byte> signature = stackalloc byte[sizeof(uint)];
        bool isPortable = file.ReadAtLeast(signature, signature.Length, throwOnEndOfStream: false) == signature.Length
            && MemoryMarshal.Read<uint>(signature) == MetadataSignature;
        file.Seek(0, SeekOrigin.Begin);
        return isPortable;
    }

    /// <summary>Takes over a PDB.</summary>
    /// <returns>Null: it is not the one with that id, and is closed.</returns>
    /// <exception cref="BadImageFormatException">It is broken.</exception>
    public static PortablePdb? Of(MetadataReaderProvider provider, PdbId id)
    {
        try
        {
            MetadataReader reader = provider.GetMetadataReader(MetadataReaderOptions.None);
            if (reader.DebugMetadataHeader?.Id is { Length: PdbId.Size } found && MemoryMarshal.Read<PdbId>(found.AsSpan()) == id)
            {
                return new PortablePdb(provider, reader);
            }
        }
        catch
        {
            provider.Dispose();
            throw;
        }

        provider.Dispose();
        return null;
    }

    /// <summary>Finds the line of an instruction: the last visible one that begins at or before it, as the runtime's own stack traces have it.</summary>
    /// <exception cref="BadImageFormatException">It is broken.</exception>
    /// <exception cref="InvalidDataException">The walk's budget is used up.</exception>
    public (string File, int Line)? Find(uint token, int ilOffset, PdbBudget budget)
    {
        int row = (int)(token & RowMask);
        if (token >> TableShift != (uint)TableIndex.MethodDef || row < 1 || row > _reader.MethodDebugInformation.Count)
        {
            return null;
        }

        MethodDebugInformation information = _reader.GetMethodDebugInformation(MetadataTokens.MethodDebugInformationHandle(row));
        SequencePoint? best = null;
        foreach (SequencePoint point in information.GetSequencePoints())
        {
            budget.TakePoint();
            if (point.Offset > ilOffset)
            {
                break;
            }

            best = point.IsHidden ? best : point;
        }

        return best is { } found && FileOf(found.Document) is { } file ? (file, found.StartLine) : null;
    }

    public void Dispose() => _provider.Dispose();

    private string? FileOf(DocumentHandle document)
    {
        if (!_files.TryGetValue(document, out string? file))
        {
            file = document.IsNil ? null : NameOf(_reader.GetDocument(document).Name);
            _files[document] = file;
        }

        return file;
    }

    // Not the reader's own: many parts that all name the same large blob would have no end.
    private string? NameOf(DocumentNameBlobHandle name)
    {
        if (name.IsNil)
        {
            return null;
        }

        BlobReader parts = _reader.GetBlobReader(name);
        byte separator = parts.ReadByte();
        StringBuilder text = new();
        for (bool isFirst = true; parts.RemainingBytes > 0; isFirst = false)
        {
            if (!isFirst && separator != 0)
            {
                text.Append((char)separator);
            }

            BlobHandle handle = parts.ReadBlobHandle();
            if (!handle.IsNil)
            {
                BlobReader part = _reader.GetBlobReader(handle);
                Require(text.Length + part.RemainingBytes);
                text.Append(part.ReadUTF8(part.RemainingBytes));
            }

            Require(text.Length);
        }

        return text.Length > 0 ? text.ToString() : null;
    }

    private static void Require(int length)
    {
        if (length > StacksLimits.SourceFileChars)
        {
            throw new InvalidDataException($"the name of a source file has more than {StacksLimits.SourceFileChars} characters");
        }
    }
}
